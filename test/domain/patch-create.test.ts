import { array, assert, boolean, constantFrom, pre, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatch } from '../../main/engine/domain/patch/apply.ts'
import { createPatch } from '../../main/engine/domain/patch/create.ts'
import { parsePatch } from '../../main/engine/domain/patch/parse.ts'

function roundTrip(
  base: string | null,
  result: string,
): { patch: string; applied: string; normalised: string[] } {
  const old = base === null ? null : Buffer.from(base)
  const operation = base === null ? 'add' : 'update'
  const patch = createPatch(old, Buffer.from(result)) ?? ''
  const parsed = parsePatch(patch, 'a.txt', operation)
  if (!parsed.ok) throw new Error(`${parsed.code}: ${patch}`)
  const applied = applyPatch(old, parsed.patch, operation)
  if (!applied.ok) throw new Error(`${applied.code}: ${patch}`)
  return { patch, applied: applied.result?.toString() ?? '', normalised: applied.normalised }
}

describe('createPatch', () => {
  it('writes one hunk with three lines around it', () => {
    const lines = Array.from({ length: 20 }, (_, n) => `${n + 1}\n`)
    const { patch } = roundTrip(lines.join(''), lines.with(9, 'ten\n').join(''))
    expect(patch).toBe('@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n')
  })

  it('marks the line that has no newline at the end', () => {
    expect(roundTrip('a', 'a\nb').patch).toBe(
      '@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n',
    )
  })

  it('writes a new file', () => {
    expect(roundTrip(null, 'a\nb\n').patch).toBe('@@ -0,0 +1,2 @@\n+a\n+b\n')
  })

  it('has nothing to write for equal texts', () => {
    expect(createPatch(Buffer.from('a\n'), Buffer.from('a\n'))).toBeNull()
    expect(createPatch(null, null)).toBeNull()
  })

  it('means exactly the difference, whatever the texts', () => {
    const line = constantFrom('', 'a', 'b', 'é😀', ' x', '-', '+y', '\\ No')
    const ending = constantFrom('\n', '\r\n')
    const text = tuple(array(line, { maxLength: 12 }), ending, boolean()).map(
      ([lines, end, final]) =>
        lines.map((one) => one + end).join('') + (final || lines.length === 0 ? '' : 'z'),
    )
    assert(
      property(text, text, boolean(), (base, result, add) => {
        const isCrlf = (content: string): boolean => content.includes('\r\n')
        // Two endings in one patch is the other side's question: a change of endings comes as a replacement.
        pre(base !== result && result !== '' && (isCrlf(base) === isCrlf(result) || !base.includes('\n')))
        pre(base.includes('\n') || !isCrlf(result) || add)
        const made = roundTrip(add ? null : base, result)
        expect(made.applied).toBe(result)
        expect(made.normalised).toEqual([])
      }),
      { seed: 7, numRuns: 1500 },
    )
  })
})
