/** What the editor is given: texts it can hold, in languages it knows, with nothing unseen in them. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  differingPart,
  lineCount,
  MAX_CHARACTERS,
  MAX_LINE,
  MAX_LINES,
  pieces,
  whyPlain,
} from '../../../renderer/editor/bounds.ts'
// eslint-disable-next-line import/default -- the bundler gives its text
import definitions from '../../../renderer/editor/definitions.ts?raw'
import { LANGUAGES, languageOf, PLAIN } from '../../../renderer/editor/languages.ts'
import { inertJson } from '../../../renderer/ui/inert.ts'

const lines = (count: number, length: number): string => `${'x'.repeat(length)}\n`.repeat(count - 1)

describe('a text', () => {
  it.each([
    ['one as long as can be', lines(10, MAX_CHARACTERS / 9 - 2), null],
    ['one character more', 'x\n'.repeat(MAX_CHARACTERS / 2) + 'x', /has 1,000,001 characters/],
    ['as many lines as can be', lines(MAX_LINES, 1), null],
    ['one line more', lines(MAX_LINES + 1, 1), /has 50,001 lines/],
    ['the longest line, last', `x\n${'x'.repeat(MAX_LINE)}`, null],
    ['a longer line, last', `x\n${'x'.repeat(MAX_LINE + 1)}`, /longer than the editor's 200,000 characters/],
    ['a longer line, first', `${'x'.repeat(MAX_LINE + 1)}\nx`, /longer than/],
    ['nothing', '', null],
  ])('%s', (_name, text, said) => {
    const why = whyPlain(text)
    if (said === null) expect(why).toBeNull()
    else expect(why).toMatch(said)
    expect(why ?? 'plain text').toContain('plain text')
  })

  it('is drawn in pieces that are the text, end at lines, and split no character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '\n', '😀'), maxLength: 200 }),
        fc.integer({ min: 2, max: 40 }),
        (text, size) => {
          const parts = pieces(text, size)
          expect(parts.join('')).toBe(text)
          for (const [index, part] of parts.entries()) {
            expect(part.length).toBeGreaterThan(0)
            expect(part.length).toBeLessThanOrEqual(size)
            expect(part.isWellFormed()).toBe(true)
            if (part.includes('\n') && index < parts.length - 1) expect(part.endsWith('\n')).toBe(true)
          }
        },
      ),
    )
  })

  it('becomes another by the part that differs, which splits no character', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', '\n', '😀', '😁', '𐐷'), maxLength: 12 })
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        const { from, to, text } = differingPart(one, other)
        expect(one.slice(0, from) + text + one.slice(to)).toBe(other)
        expect(
          [one.slice(0, from), one.slice(from, to), one.slice(to), text].every((part) => part.isWellFormed()),
        ).toBe(true)
      }),
    )
    expect(differingPart('one two three', 'one 2 three')).toEqual({ from: 4, to: 7, text: '2' })
    expect(differingPart('same', 'same')).toEqual({ from: 4, to: 4, text: '' })
  })

  it('has one line more than line breaks', () => {
    expect([lineCount(''), lineCount('a'), lineCount('a\n'), lineCount('a\nb\n\n')]).toEqual([1, 1, 2, 4])
  })
})

describe('JSON on screen', () => {
  it('is the same JSON, with nothing unseen in it', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({
          stringUnit: fc.constantFrom(
            'a',
            '"',
            '\\',
            '\u202e',
            '\u200b',
            '\u2028',
            '\u{e0041}',
            '\ud800',
            '\u0085',
            'é',
          ),
        }),
        (value) => {
          const shown = inertJson(JSON.stringify(value, null, 2))
          expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(value)))
          expect(shown).not.toMatch(/[\u202a-\u202e\u200b\u2028\u0080-\u009f]|\u{e0041}/u)
        },
      ),
    )
    expect(inertJson('"\u202e \u{e0041}"')).toBe('"\\u202e \\udb40\\udc41"')
  })
})

describe('the language of a path', () => {
  it.each([
    ['src/index.ts', 'typescript'],
    ['a/b.test.TSX', 'typescript'],
    ['Dockerfile', 'dockerfile'],
    ['deploy/values.yaml', 'yaml'],
    ['Cargo.toml', 'ini'],
    ['README', PLAIN],
    ['constructor', PLAIN],
    ['x.constructor', PLAIN],
    ['.gitignore', PLAIN],
    ['', PLAIN],
  ])('%s', (path, language) => {
    expect(languageOf(path)).toBe(language)
  })

  it('has a grammar that is bundled', () => {
    const bundled = [...definitions.matchAll(/definitions\/(\w+)\/register/g)].map(([, name]) => name)
    // JSON comes with its own language service.
    expect([...bundled, PLAIN, 'json'].sort()).toEqual([...LANGUAGES].sort())
  })
})
