/** What counts as the same change. */
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChangeRequest } from '../../schemas/change-request.ts'
import { patchHash, payloadHash } from '../../main/engine/domain/payload-hash.ts'

const request: ChangeRequest = {
  task_id: 'T-1',
  agent: 'a',
  changes: [{ path: 'é.txt', operation: 'add', replacement: 'ü\n', patch_hash: 'f'.repeat(64) }],
  checks: ['npm test'],
  metadata: { intent: 'x', approvals: [{ approver: 'ada', approved_at: 1 }], extra: { b: 1, a: 2 } },
}

/** The same content with every object's keys in another order. */
function shuffled(value: unknown, turn: number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, turn))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const cut = entries.length === 0 ? 0 : turn % entries.length
  const turned = [...entries.slice(cut), ...entries.slice(0, cut)].toReversed()
  return Object.fromEntries(turned.map(([key, member]) => [key, shuffled(member, turn)]))
}

test('key order does not count', () => {
  fc.assert(
    fc.property(fc.nat(20), (turn) => {
      expect(payloadHash(shuffled(request, turn) as ChangeRequest)).toBe(payloadHash(request))
    }),
    { seed: 1, numRuns: 21 },
  )
})

test('claimed approvals do not count, everything else does', () => {
  const hash = payloadHash(request)
  expect(payloadHash({ ...request, metadata: { ...request.metadata, approvals: [] } })).toBe(hash)
  const { approvals: _none, ...rest } = request.metadata ?? {}
  expect(payloadHash({ ...request, metadata: rest })).toBe(hash)
  const others: ChangeRequest[] = [
    { ...request, agent: 'b' },
    { ...request, priority: 'normal' },
    { ...request, checks: ['npm test', 'npm test'] },
    { ...request, metadata: { ...request.metadata, extra: { b: 1, a: 3 } } },
    { ...request, metadata: { ...request.metadata, note: null } },
    { ...request, metadata: undefined },
  ]
  expect(new Set([hash, ...others.map(payloadHash)]).size).toBe(others.length + 1)
})

test('a key that is undefined is a key that is absent', () => {
  expect(payloadHash({ ...request, base_commit: undefined })).toBe(payloadHash(request))
})

test('is the SHA-256 of the canonical JSON', () => {
  const canonical =
    '{"agent":"a","changes":[{"operation":"delete","patch_hash":"0","path":"é"}],"checks":["x"],"task_id":"T"}'
  const small: ChangeRequest = {
    task_id: 'T',
    changes: [{ path: 'é', operation: 'delete', patch_hash: '0' }],
    checks: ['x'],
    agent: 'a',
  }
  expect(payloadHash(small)).toBe(createHash('sha256').update(canonical).digest('hex'))
})

test('a patch is hashed by its UTF-8 bytes exactly as sent, a bare delete as nothing', () => {
  const sha = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
  expect(patchHash({ patch: '@@\r\n-é' })).toBe(sha('@@\r\n-é'))
  expect(patchHash({ replacement: '' })).toBe(sha(''))
  expect(patchHash({})).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})
