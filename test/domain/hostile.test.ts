import { expect, test } from 'vitest'
import { isProtected } from '../../main/engine/domain/paths.ts'
import { validateChangeRequest } from '../../main/engine/domain/validate-change.ts'
import { hostileCases } from '../support/hostile.ts'

const CASES = hostileCases()

test('there are enough of them, each under a name of its own', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(200)
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
})

test.each(CASES)('$name: $expect.stage', ({ request, expect: expected }) => {
  const verdict = validateChangeRequest(request)
  if (expected.stage === 'refused') {
    expect(verdict.ok ? [] : verdict.errors.map(({ code }) => code)).toContain(expected.code)
    return
  }
  expect(verdict.ok ? [] : verdict.errors).toEqual([])
  const paths = verdict.ok ? verdict.request.changes.map(({ path }) => path) : []
  expect(paths.some((path) => isProtected(path, []))).toBe(expected.stage === 'held')
})
