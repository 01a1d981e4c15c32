/** Text from elsewhere, made harmless to look at. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inert, inertBlock, inertJson } from '../../main/engine/base/inert.ts'

describe('inert', () => {
  test.each([
    ['plain text, ünïcode and 漢字 stay', 'plain text, ünïcode and 漢字 stay'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u009b2J', '\\x9b2J'],
    ['a\r\nb\tc\0', 'a\\r\\nb\\tc\\x00'],
    ['user\u202egpj.exe', 'user\\u{202e}gpj.exe'],
    ['\u2066x\u2069\u200f\u061c', '\\u{2066}x\\u{2069}\\u{200f}\\u{61c}'],
    ['.g\u200cit', '.g\\u{200c}it'],
    ['a\u2028b', 'a\\u{2028}b'],
    ['\ufff9', '\\u{fff9}'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud800', '\\u{d800}'],
    ['<b>&amp;</b>', '<b>&amp;</b>'],
  ])('%j → %s', (text, shown) => expect(inert(text)).toBe(shown))

  test('truncates by characters, never inside one', () => {
    expect(inert('abcdef', 3)).toBe('abc…')
    expect(inert('abc', 3)).toBe('abc')
    expect(inert('ab😀', 3)).toBe('ab…')
    expect(inert('\u001b\u001b', 5)).toBe('\\x1b\\…')
  })

  test('nothing invisible gets through, at any length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.integer({ min: 1, max: 30 }),
        (text, max) => {
          const shown = inert(text, max)
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
          expect(shown.length).toBeLessThanOrEqual(max + 1)
        },
      ),
      { seed: 4, numRuns: 2000 },
    )
  })
})

test('inertBlock keeps lines and tabs and nothing else that is invisible', () => {
  expect(inertBlock('a\n\tb\r\nc\rd\u001b[2J\u202e')).toBe('a\n\tb\nc\\rd\\x1b[2J\\u{202e}')
  expect(inertBlock('abcdef', 2)).toBe('ab…')
})

test('inertJson reads back the same and prints nothing that cannot be seen', () => {
  const every = Array.from({ length: 0x110000 }, (_, code) =>
    code >= 0xd800 && code < 0xe000 ? '' : String.fromCodePoint(code),
  )
  const value = { [`key \u202e`]: every.join(''), half: '\ud800', list: ['\n', '\u009b'] }
  const text = inertJson(value, 2)
  expect(JSON.parse(text)).toEqual(value)
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u)
})
