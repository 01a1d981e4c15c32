import { expect, test } from 'vitest'
import { isProtected } from '../../main/engine/domain/paths.ts'
import { validateChangeRequest } from '../../main/engine/domain/validate-change.ts'
import { hostileCases } from '../support/hostile.ts'

const CASES = hostileCases()

test('there are enough of them, each under a name of its own', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(200)
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
})

const REFUSED = CASES.flatMap(({ name, request, expect: end }) =>
  end.stage === 'refused' ? [{ name, request, code: end.code }] : [],
)

test.each(REFUSED)('$name: refused as $code', ({ request, code }) => {
  const verdict = validateChangeRequest(request)
  expect(verdict.ok ? [] : verdict.errors.map((error) => error.code)).toContain(code)
})

const ACCEPTED = CASES.filter(({ expect: end }) => end.stage !== 'refused')

test.each(ACCEPTED)('$name: valid, and $expect.stage', ({ request, expect: end }) => {
  const verdict = validateChangeRequest(request)
  expect(verdict.ok ? [] : verdict.errors).toEqual([])
  const paths = verdict.ok ? verdict.request.changes.map(({ path }) => path) : []
  expect(paths.some((path) => isProtected(path, []))).toBe(end.stage === 'held')
})
