/** Dropped files: told apart by what they hold, and refused in words. */
import { describe, expect, it } from 'vitest'
import { MAX_BYTES, readDocument, tellApart } from '../../../renderer/views/requests/documents.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const kindOf = (value: unknown): string => {
  const told = tellApart(value)
  return told.ok ? told.kind : told.refusal.message
}
const change = { task_id: 'A-1', agent: 'a', changes: [], checks: ['none'] }
const request = { request_id: 'A', summary: 's', requested_changes: [] }

describe('documents', () => {
  it('are told apart by what they hold', () => {
    expect(kindOf(request)).toBe('task request')
    expect(kindOf({ schema: 'hyperion.cast/1', ...request })).toBe('cast')
    expect(kindOf(change)).toBe('change request')
    expect(kindOf([change, change])).toBe('change requests')
  })

  it('count as what they were meant to be where something is missing', () => {
    expect(kindOf({ ...change, request_id: 'A' })).toBe('change request')
    expect(kindOf({ request_id: 'A', summary: 's' })).toBe('task request')
    expect(kindOf({ task_id: 'A', agent: 'a' })).toBe('change request')
    expect(kindOf({ schema: 'hyperion.cast/2' })).toBe('cast')
  })

  it.each([
    ['{"request_id":"A",\n "request_id":"B"}', /^The file is not taken, 2:2: has the key "request_id" twice/],
    ['{"__proto__": {}}', /has the key "__proto__"; rename it/],
    [`${'['.repeat(70)}${']'.repeat(70)}`, /nested deeper than 65 levels/],
    ['{"a": 1', /^The file is not JSON, 1:8: expected/],
    ['{"\u202e": 1, "\u202e": 2}', /the key "\\u\{202e\}" twice/],
  ])('are refused as the command line refuses them: %s', (text, sentence) => {
    const told = readDocument(bytes(text))
    expect(told.ok ? null : told.refusal.message).toMatch(sentence)
  })

  it('are refused, with what is expected, where they are neither', () => {
    for (const value of [null, 1, 'text', {}, { schema: 'other' }, []]) {
      const told = tellApart(value)
      expect(told.ok).toBe(false)
      expect(told.ok ? '' : told.refusal.hint).toContain('requested_changes')
    }
    expect(kindOf([change, request])).toBe('[1] is a task request; an array holds change requests only')
    expect(kindOf([change, 7])).toBe('[1] is no object; an array holds change requests only')
  })

  it('that cannot be read say why', () => {
    const messageOf = (input: Uint8Array): string => {
      const told = readDocument(input)
      return told.ok ? told.kind : told.refusal.message
    }
    expect(messageOf(bytes(''))).toBe('The file is empty')
    expect(messageOf(bytes('{"a":'))).toMatch(/^The file is not JSON, 1:6: expected a value/)
    expect(messageOf(new Uint8Array([0x22, 0xff, 0x22]))).toBe('The file is not valid UTF-8')
    expect(messageOf(new Uint8Array(MAX_BYTES + 1))).toMatch(/10,485,761 bytes/)
    expect(messageOf(bytes(JSON.stringify(request)))).toBe('task request')
    // With the mark some editors put first.
    expect(messageOf(bytes(`\ufeff${JSON.stringify(request)}`))).toBe('task request')
  })
})
