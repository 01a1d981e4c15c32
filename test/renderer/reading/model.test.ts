/** What a reader says and where it goes next, without a window. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aboutLine, reasonAbout } from '../../../renderer/change/about-line.ts'
import {
  asLines,
  besideLines,
  changesOf,
  changeWords,
  defaultLook,
  lookFrom,
  stepFrom,
  type DiffChange,
} from '../../../renderer/editor/diff-model.ts'
import {
  comparable,
  fileAddress,
  fileWords,
  lineFrom,
  nextPath,
  originWords,
  sentence,
  totalOf,
  whyCommand,
  whyNoText,
} from '../../../renderer/reading/model.ts'
import { placeFrom } from '../../../renderer/views/files/file-view.tsx'
import type { ChangedFile, ChangedTexts, ReadText } from '../../../schemas/reading.ts'

const change = (from: number, to = from, gone = false): DiffChange => ({ from, to, gone })
const file = (path: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  path,
  state: 'changed',
  added: 1,
  removed: 2,
  note: null,
  ...more,
})
const side = (more: Partial<ReadText> = {}): ReadText => ({
  text: 'x\n',
  absent: false,
  bytes: 2,
  executable: false,
  reason: null,
  ...more,
})
const texts = (more: Partial<ChangedTexts> = {}): ChangedTexts => ({
  path: 'a.ts',
  base_origin: 'given',
  before: side(),
  after: side({ text: 'y\n' }),
  before_commit: 'a'.repeat(40),
  after_commit: null,
  note: null,
  ...more,
})

describe('how it is looked at', () => {
  it('is read from preferences field by field, and nothing else found there counts', () => {
    expect(lookFrom(undefined)).toEqual(defaultLook)
    expect(lookFrom({ split: false, wrap: true, blanks: 'yes', other: 1 })).toEqual({
      ...defaultLook,
      split: false,
      wrap: true,
    })
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const look = lookFrom(value)
        expect(Object.keys(look).toSorted()).toEqual(Object.keys(defaultLook).toSorted())
        expect(Object.values(look).every((flag) => typeof flag === 'boolean')).toBe(true)
      }),
    )
  })
})

describe('changes', () => {
  it('are lines of the newer text; where lines only went, the line before them', () => {
    expect(
      changesOf([
        { modifiedStartLineNumber: 3, modifiedEndLineNumber: 5 },
        { modifiedStartLineNumber: 0, modifiedEndLineNumber: 0 },
        { modifiedStartLineNumber: 9, modifiedEndLineNumber: 0 },
      ]),
    ).toEqual([change(3, 5), change(1, 1, true), change(9, 9, true)])
    expect(changeWords([change(3, 5), change(8), change(9, 9, true)], 0)).toBe('Change 1 of 3, lines 3 to 5')
    expect(changeWords([change(3, 5), change(8), change(9, 9, true)], 1)).toBe('Change 2 of 3, line 8')
    expect(changeWords([change(9, 9, true)], 0)).toBe('Change 1 of 1, lines removed after line 9')
  })

  it('are gone through one after the other, and back the same way', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 20 }) // prettier-ignore
    fc.assert(
      fc.property(spans, (pairs) => {
        let at = 0
        const changes = pairs.map(([gap, more]) => {
          const from = at + gap
          at = from + more
          return change(from, at)
        })
        const walk = (direction: 1 | -1): number[] => {
          const seen: number[] = []
          let line: number | null = null
          for (;;) {
            const next = stepFrom(changes, line, direction)
            if (next === null) return seen
            seen.push(next)
            line = changes[next]?.from ?? null
          }
        }
        const all = changes.map((_, index) => index)
        expect(walk(1)).toEqual(all)
        expect(walk(-1)).toEqual(all.toReversed())
      }),
    )
    expect(stepFrom([], null, 1)).toBeNull()
  })
})

describe('what no line shows', () => {
  it('is said: endings of lines, and the last line break', () => {
    expect(besideLines('a\nb\n', 'a\nb\n')).toEqual([])
    expect(besideLines('a\r\nb\r\n', 'a\nb\n')).toEqual(['Line endings: CR LF becomes LF.'])
    expect(besideLines('a\nb\n', 'a\r\nb\n')).toEqual(['Line endings: LF becomes mixed.'])
    expect(besideLines('a\n', 'a')).toEqual(['The last line break is taken away.'])
    expect(besideLines('a', 'a\n')).toEqual(['A last line break is added.'])
    expect(besideLines('', 'a')).toEqual([])
  })

  it('the last line break begins no line', () => {
    expect([asLines('a\n'), asLines('a\n\n'), asLines('a'), asLines('')]).toEqual(['a', 'a\n', 'a', ''])
  })
})

describe('files', () => {
  it('are said with their state and figures, and counted only where they are', () => {
    expect(fileWords(file('a.ts'))).toBe('a.ts, changed, 1 line added, 2 removed')
    expect(fileWords(file('b', { state: 'refused', added: null, removed: null, note: 'it is binary' }))).toBe(
      'b, refused, it is binary',
    )
    expect(totalOf([file('a'), file('b', { added: null, removed: null }), file('c', { added: 4 })])).toEqual({
      added: 5,
      removed: 4,
    })
    expect(totalOf([file('b', { added: null, removed: null })])).toBeNull()
  })

  it('follow each other and end', () => {
    const files = [file('a'), file('b')]
    expect([nextPath(files, 'a', 1), nextPath(files, 'b', 1), nextPath(files, 'a', -1)]).toEqual([
      'b',
      null,
      null,
    ])
    expect([nextPath(files, null, 1), nextPath([], 'a', 1)]).toEqual(['a', null])
  })
})

describe('texts', () => {
  it('are compared where both are there; a file that is not there has no lines', () => {
    expect(comparable(texts())).toEqual({ before: 'x\n', after: 'y\n' })
    expect(comparable(texts({ before: side({ text: null, absent: true, bytes: null }) }))).toEqual({
      before: '',
      after: 'y\n',
    })
  })

  it('are not where one cannot be shown, and why is said', () => {
    expect(comparable(texts({ after: side({ text: null, reason: 'binary', bytes: 1234 }) }))).toEqual({
      why: 'What it becomes is binary (1,234 bytes), so its lines cannot be shown.',
    })
    expect(comparable(texts({ before: null, after: null, note: 'no commit is known' }))).toEqual({
      why: 'No commit is known. Nothing can be compared.',
    })
    for (const reason of ['not_utf8', 'too_large', 'not_a_file', 'gone'] as const)
      expect(whyNoText(side({ text: null, reason, bytes: null }), 'The file')).toMatch(/^The file is .*\.$/)
    expect(whyNoText(side(), 'The file')).toBeNull()
    expect(sentence('done!')).toBe('Done!')
  })

  it('say what is compared with what', () => {
    const none = { landed: null, files: [], more: 0, note: null }
    expect(originWords({ ...none, landed: 'b'.repeat(40) }, texts())).toMatch(/^Landed as b{10}, against/)
    expect(originWords(none, texts())).toBe('As it was written, on the base it names: aaaaaaaaaa.')
    expect(originWords(none, texts({ base_origin: 'inferred' }))).toMatch(/on the base found for it/)
    expect(originWords(none, texts({ base_origin: 'unknown', before_commit: null }))).toMatch(
      /its base is not known/,
    )
  })
})

describe('lines', () => {
  it('are named as the command line names them, quoted for a shell where that is needed', () => {
    expect(whyCommand('src/a.ts', 12)).toBe('hyperion why src/a.ts:12')
    expect(whyCommand('a b', null)).toBe("hyperion why 'a b'")
    expect(whyCommand("it's;rm", 1)).toBe("hyperion why 'it'\\''s;rm:1'")
    expect(whyCommand('-x', null)).toBe("hyperion why '-x'")
  })

  it('have an address and are read from it; what is no line is none', () => {
    const address = new URL(fileAddress('a b&c/d?.ts', 7), 'http://x.invalid')
    expect([address.pathname, address.searchParams.get('path'), address.searchParams.get('line')]).toEqual([
      '/file',
      'a b&c/d?.ts',
      '7',
    ])
    expect(fileAddress('a', null)).toBe('/file?path=a')
    expect(['7', '0', '-1', '1e3', '', 'x', '12345678901'].map(lineFrom)).toEqual([7, null, null, null, null, null, null]) // prettier-ignore
    expect(placeFrom(' src/a.ts:12 ')).toEqual({ path: 'src/a.ts', line: 12 })
    expect(placeFrom('src/a.ts')).toEqual({ path: 'src/a.ts', line: null })
    expect(placeFrom('odd:name')).toEqual({ path: 'odd:name', line: null })
  })

  it('that are gone are said to be, unless the reason is about another place', () => {
    const gone = aboutLine('a.ts', 'before', 3)
    expect(gone.place).toBe('a.ts:3')
    expect(reasonAbout('keep it', 'a.ts:3', gone)).toBe('keep it (the line as it was before the change)')
    expect(reasonAbout('keep it', 'a.ts:9', gone)).toBe('keep it')
    expect(reasonAbout('no', 'a.ts:3', aboutLine('a.ts', 'after', 3))).toBe('no')
  })
})
