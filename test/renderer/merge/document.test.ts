/** What the editor holds becomes the file again, byte for byte, whatever its line breaks and its mark are. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeOf, toDocument, toFile } from '../../../renderer/merge/document.ts'

const BOM = '\ufeff'

const text = fc
  .array(fc.constantFrom('a', 'b', '\n', '\r\n', '\r', '\u240d', '\ufeff', '\u2028', '😀'), { maxLength: 20 })
  .map((parts) => parts.join(''))

describe('the shape of a file', () => {
  test('every side comes back byte for byte, but for the mark, which is merged by itself', () => {
    fc.assert(
      fc.property(text, text, text, (base, cur, inc) => {
        const shape = shapeOf(base, cur, inc)
        for (const side of [base, cur, inc]) {
          const document = toDocument(side, shape)
          expect(document).not.toContain('\r')
          const bare = side.startsWith(BOM) ? side.slice(1) : side
          expect(toFile(document, shape)).toBe((shape.bom ? BOM : '') + bare)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['lf', 'a\nb\n', 'a\n', ''],
    ['crlf', 'a\r\nb\r\n', 'a\r\n', 'x'],
    ['mixed', 'a\r\nb\n', 'a\r\n', ''],
    ['mixed', 'a\r\n', 'a\n', 'a\n'],
    ['mixed', 'a\rb\r\n', 'a\r\n', 'a\r\n'],
  ])('line breaks are %s', (breaks, base, cur, inc) => {
    expect(shapeOf(base, cur, inc).breaks).toBe(breaks)
  })

  test('what a person types into a text of CRLF lines ends as they do', () => {
    const shape = shapeOf('a\r\n', 'b\r\n', 'c\r\n')
    expect(toFile('b\nnew\n', shape)).toBe('b\r\nnew\r\n')
  })

  test('a byte order mark is kept, given or taken away as the side did that changed it', () => {
    const [yes, no] = [`${BOM}a`, 'a']
    expect(shapeOf(no, no, yes).bom).toBe(true)
    expect(shapeOf(yes, no, yes).bom).toBe(false)
    expect(shapeOf(yes, yes, no).bom).toBe(false)
    expect(shapeOf(yes, yes, yes).bom).toBe(true)
    // Nothing is known of before: the target's.
    expect(shapeOf(null, no, yes).bom).toBe(false)
    // Only one side has the file.
    expect(shapeOf(yes, null, yes).bom).toBe(true)
  })

  test('a carriage return that does not belong is shown as a sign that no side uses', () => {
    const shape = shapeOf('a\r\n\u240d', 'a\n', 'b\n')
    expect(shape.mark).not.toBe('\u240d')
    expect(toDocument('a\r\n', shape)).toBe(`a${shape.mark}\n`)
  })
})
