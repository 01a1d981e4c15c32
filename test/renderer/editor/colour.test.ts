/** Code in colour outside the editor: where a line is cut, and what of a patch is read together. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { colourPassages, spansOf, type Mark } from '../../../renderer/editor/colour.ts'
import { passagesOf } from '../../../renderer/change/patch-colour.ts'
import { patchFile } from '../../../renderer/change/patch-model.ts'
import type { FileChange } from '../../../schemas/change-request.ts'

const HASH = '0'.repeat(64)
const patched = (path: string, patch: string): FileChange => ({
  path,
  operation: 'update',
  patch,
  patch_hash: HASH,
})
const replaced = (path: string, replacement: string): FileChange => ({
  path,
  operation: 'add',
  replacement,
  patch_hash: HASH,
})

describe('the spans of a line', () => {
  it('begin where the ink changes, and neighbours of one ink are one', () => {
    const marks: Mark[] = [
      { offset: 0, ink: 'conflict' },
      { offset: 5, ink: 'text' },
      { offset: 6, ink: 'text' },
      { offset: 7, ink: 'warn' },
    ]
    expect(spansOf('const x=1', marks)).toEqual([
      { text: 'const', ink: 'conflict' },
      { text: ' x', ink: 'text' },
      { text: '=1', ink: 'warn' },
    ])
    expect(spansOf('as it is', [])).toEqual([{ text: 'as it is', ink: 'text' }])
    expect(spansOf('', [{ offset: 0, ink: 'ok' }])).toEqual([])
  })

  it('are the line again, and split no character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '😀', '\u202e'), maxLength: 30 }),
        fc.array(fc.record({ offset: fc.nat(70), ink: fc.constantFrom('ok', 'warn', 'text') }), {
          maxLength: 8,
        }),
        (line, unordered) => {
          const marks = unordered.sort((one, other) => one.offset - other.offset)
          const spans = spansOf(line, marks as Mark[])
          expect(spans.map(({ text }) => text).join('')).toBe(line)
          expect(spans.every(({ text }) => text !== '' && text.isWellFormed())).toBe(true)
        },
      ),
    )
  })
})

describe('what of a patch is read together', () => {
  const PATCH =
    '--- a/x.ts\n+++ b/x.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n@@ -9 +9 @@\n-nine\n+NINE\n'
  const texts = (files: FileChange[]): [string, string][] =>
    passagesOf(files.map(patchFile)).map(({ language, lines }) => [language, lines.join('|')])

  it('is each side of each hunk, the new one last, so that what stays has its colours', () => {
    expect(texts([patched('x.ts', PATCH)])).toEqual([
      ['typescript', 'one|two|three'],
      ['typescript', 'one|TWO|three'],
      ['typescript', 'nine'],
      ['typescript', 'NINE'],
    ])
    const [old, now] = passagesOf([patchFile(patched('x.ts', PATCH))])
    expect(old?.from[0]).toBe(now?.from[0])
  })

  it('is a whole text at once, and ends after five thousand lines', () => {
    const files = [
      replaced('a.py', 'a\nb\n'),
      replaced('long.go', 'x\n'.repeat(6_000)),
      replaced('c.rs', 'c\n'),
    ]
    const read = passagesOf(files.map(patchFile))
    expect(read.map(({ language, lines }) => [language, lines.length])).toEqual([
      ['python', 2],
      ['go', 4_998],
    ])
  })

  it('leaves out a side with a line nobody reads, not the other side', () => {
    const minified = `@@ -1 +1 @@\n-a()\n+${'b'.repeat(1_001)}\n`
    expect(texts([patched('x.js', minified)])).toEqual([['javascript', 'a()']])
  })

  it('has no colours where there is no grammar, and loads nothing for it', async () => {
    expect(await colourPassages([{ language: 'plaintext', lines: ['a'] }])).toEqual([null])
  })
})
