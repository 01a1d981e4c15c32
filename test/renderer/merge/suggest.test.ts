/** Each known move: where it fires, what it offers, and where it must not. */
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunksOf } from '../../../renderer/merge/chunks.ts'
import { linesOf, textOf } from '../../../renderer/merge/lines.ts'
import { MAX_LINES, MAX_WORDS_TEXT } from '../../../renderer/merge/suggest/bounds.ts'
import { chunkKey, linesAround, suggestionsFor, type SuggestContext, type Suggestion } from '../../../renderer/merge/suggest/index.ts' // prettier-ignore
import { sha256 } from '../../../renderer/merge/suggest/key.ts'
import { compared } from '../../../renderer/merge/suggest/versions.ts'

const sides = (base: string, cur: string, inc: string) => ({
  base: linesOf(base),
  cur: linesOf(cur),
  inc: linesOf(inc),
})
const NAMES = { cur: 'REQ-1', inc: 'REQ-2' }

function offers(base: string, cur: string, inc: string, more: Partial<SuggestContext> = {}): Suggestion[] {
  return suggestionsFor(sides(base, cur, inc), { path: 'src/a.ts', names: NAMES, ...more })
}
const idsOf = (list: readonly Suggestion[]): string[] => list.map(({ id }) => id)
const textsOf = (list: readonly Suggestion[]): string[] => list.map(({ lines }) => textOf(lines))
/** The id and text of what stands first. */
function first(...given: Parameters<typeof offers>): [string, string] {
  const [one] = offers(...given)
  return [one?.id ?? '', textOf(one?.lines ?? [])]
}
const textFor = (id: string, ...given: Parameters<typeof offers>): string | null => {
  const one = offers(...given).find((suggestion) => suggestion.id === id)
  return one === undefined ? null : textOf(one.lines)
}

describe('both sides insert', () => {
  test("both, the target's first, turned round by one key", () => {
    const [one] = offers('', 'alpha()\n', 'beta()\n')
    expect([one?.id, one?.choice, textOf(one?.lines ?? [])]).toEqual(['both', 'both', 'alpha()\nbeta()\n'])
    expect([one?.label, one?.swap?.label]).toEqual(['Both, REQ-1 first', 'Both, REQ-2 first'])
    expect([one?.swap?.choice, textOf(one?.swap?.lines ?? [])]).toEqual([
      'both_reversed',
      'beta()\nalpha()\n',
    ])
  })
  test('entries of a sorted list as the list is', () => {
    const around = { before: ['  "ant": "1",\n'], after: ['  "zoo": "1",\n'] }
    expect(first('', '  "cat": "1",\n  "fox": "1",\n', '  "bee": "1",\n  "dog": "1",\n', around)).toEqual([
      'sorted',
      '  "bee": "1",\n  "cat": "1",\n  "dog": "1",\n  "fox": "1",\n',
    ])
    expect(idsOf(offers('', '  "fox": "1",\n  "cat": "1",\n', '  "bee": "1",\n', around))).not.toContain(
      'sorted',
    )
    expect(idsOf(offers('', '  "cat": "1",\n', '  "bee": "1",\n'))).not.toContain('sorted')
  })
  test('sections of versions: the newest first', () => {
    expect(first('', '## 0.1.9\n\n* a\n\n', '## 0.1.10\n\n* b\n\n')).toEqual([
      'both-reversed',
      '## 0.1.10\n\n* b\n\n## 0.1.9\n\n* a\n\n',
    ])
    expect(first('', '## 2.0.0\n\n* a\n\n', '## 1.9.1\n\n* b\n\n')[0]).toBe('both')
  })
  test('an entry both insert is there once', () => {
    const around = { before: ['ant\n'], after: ['zoo\n'] }
    expect(first('', 'bee\ncat\n', 'bee\ndog\n', around)).toEqual(['sorted', 'bee\ncat\ndog\n'])
  })
  test('two wordings of one thing are not both wanted', () => {
    const list = offers('', 'function f() {\n  one()\n', 'function f() {\n  two(three, four)\n')
    expect([list[0]?.id, list[0]?.choice]).toEqual(['incoming', 'incoming'])
    expect(list.findIndex(({ id }) => id === 'both')).toBeGreaterThan(1)
  })
  test('a last line without an end is not glued to the next', () => {
    expect(textFor('both', '', '10', '60')).toBe('10\n60')
    expect(textFor('both-reversed', '', '10', '60\n')).toBe('60\n10')
    expect(textFor('both', '', 'a\r\n10', '60')).toBe('a\r\n10\r\n60')
    for (const text of textsOf(offers('', '10', '60'))) expect(text).not.toMatch(/10 ?60|60 ?10/)
  })
})

describe('both sides edit', () => {
  test('neighbouring lines: both edits', () => {
    expect(first('one\ntwo\n', 'ONE\ntwo\n', 'one\nTWO\n')).toEqual(['touching', 'ONE\nTWO\n'])
  })
  test('not where both insert between the same two lines, or edit one line', () => {
    expect(idsOf(offers('a\nb\n', 'x\na\nB\n', 'y\na\nb\n'))).not.toContain('touching')
    expect(idsOf(offers('a\nb\n', 'A\nb\n', '1\nB\n'))).not.toContain('touching')
  })
  test('words with an untouched one between: both edits', () => {
    expect(first('call(a, b)\n', 'call(x, b)\n', 'call(a, y)\n')).toEqual(['words', 'call(x, y)\n'])
  })
  test('the same word: never joined, and a whole side first', () => {
    const list = offers('timeout = 5\n', 'timeout = 10\n', 'timeout = 60\n')
    expect(idsOf(list).slice(0, 2).toSorted()).toEqual(['current', 'incoming'])
    for (const text of textsOf(list)) expect(text).not.toMatch(/10 ?60|60 ?10/)
  })
  test('values with a blank alone between them are no merge of words', () => {
    const list = offers('range 5 30\n', 'range 10 30\n', 'range 5 60\n')
    expect(idsOf(list)).not.toContain('words')
    expect(textsOf(list)).not.toContain('range 10 60\n')
  })
  test('values added at one place are no merge of words', () => {
    const places: Parameters<typeof offers>[] = [
      ['wait()\n', 'wait(10)\n', 'wait(60)\n'],
      ['wait\n', 'wait(10)\n', 'wait(60)\n'],
    ]
    for (const given of places) {
      expect(idsOf(offers(...given))).not.toContain('words')
      for (const text of textsOf(offers(...given))) expect(text).not.toMatch(/10\W{0,2}60|60\W{0,2}10/)
    }
  })
  test('entries both add to a list: one behind the other, turned round by one key', () => {
    const [one] = offers('f(a)\n', 'f(a, b)\n', 'f(a, c)\n')
    expect([one?.id, textOf(one?.lines ?? [])]).toEqual(['words', 'f(a, b, c)\n'])
    expect([one?.swap?.id, textOf(one?.swap?.lines ?? [])]).toEqual(['words-reversed', 'f(a, c, b)\n'])
  })
  test('where words meet, the other edits of both can still be had', () => {
    const given = ['f(a, 1)\n', 'g(a, 2)\n', 'f(b, 3)\n'] as const
    expect(textFor('words', ...given)).toBeNull()
    expect(textFor('words-current', ...given)).toBe('g(b, 2)\n')
    expect(textFor('words-incoming', ...given)).toBe('g(b, 3)\n')
  })
  test('a merge that says something twice does not stand first', () => {
    const base = '"a": "1",\n"z": "1",\n'
    const cur = '"a": "1",\n"b": "1",\n"z": "1",\n'
    const inc = '"a": "2",\n"b": "2",\n"z": "2",\n'
    expect(textFor('words', base, cur, inc) ?? textFor('touching', base, cur, inc)).toMatch(/"b".*\n.*"b"/)
    expect(first(base, cur, inc)).toEqual(['incoming', inc])
  })
  test('the side that changed more names comes first, whatever its punctuation', () => {
    const base = 'one(two)\n'
    expect(first(base, 'alpha(beta, gamma)\n', 'three(two)\n')[0]).toBe('current')
    expect(first(base, 'three(two)\n', 'alpha(beta, gamma)\n')[0]).toBe('incoming')
    expect(first(base, 'alpha(beta)\n', 'uno<[{~!@#%^&*+(two)}]>;\n')[0]).toBe('current')
  })
})

describe('white space', () => {
  test('a side that changed nothing else gives way', () => {
    expect(first('a( b )\n', 'a(b)\n', 'a( c )\n')).toEqual(['current-only-blanks', 'a( c )\n'])
    expect(first('a( b )\n', 'a( c )\n', 'a(b)\n')).toEqual(['incoming-only-blanks', 'a( c )\n'])
  })
  test('sides that differ in nothing else: the target', () => {
    expect(first('x\n', 'a(b)\n', 'a( b )\n')).toEqual(['same-but-blanks', 'a(b)\n'])
  })
  test('an edit is indented anew with what the other side wrapped', () => {
    const base = 'one()\ntwo()\nthree()\n'
    const cur = 'if (x) {\n  one()\n  two()\n  three()\n}\n'
    expect(textFor('reindented', base, cur, 'one()\ntwo()\nnew()\nthree()\n')).toBe(
      'if (x) {\n  one()\n  two()\n  new()\n  three()\n}\n',
    )
    // Where both edited one of the lines, indent is not all there is to it.
    expect(textFor('reindented', base, cur.replace('two', 'TWO'), 'one()\n2()\nthree()\n')).toBeNull()
  })
})

describe('one side contains the other', () => {
  test('the larger', () => {
    expect(first('', 'a()\n', 'a()\nb()\n')).toEqual(['incoming-contains', 'a()\nb()\n'])
    expect(first('x\n', 'a()\n\nb()\n', 'a()\n')).toEqual(['current-contains', 'a()\n\nb()\n'])
  })
  test('not because the smaller one only took lines away', () => {
    expect(idsOf(offers('a\nb\nc\n', 'a\nB\nb\nc\n', 'a\nc\n'))).not.toContain('current-contains')
  })
  test('nothing is contained in nothing', () => {
    expect(idsOf(offers('', 'a\n', '\n')).filter((id) => id.endsWith('contains'))).toEqual([])
  })
})

describe('imports', () => {
  test('names of one place, in the style of the statement', () => {
    const given = [
      "import { a } from 'x'\n",
      "import { a, b } from 'x'\n",
      "import { c, a } from 'x'\n",
    ] as const
    expect(textFor('imports', ...given)).toBe("import { a, b, c } from 'x'\n")
    expect(first('from x import b\n', 'from x import b, a\n', 'from x import b, c\n')).toEqual([
      'words',
      'from x import b, a, c\n',
    ])
    const many = 'import {\n  a,\n  b,\n} from "x"\n'
    expect(textFor('imports', '', many, 'import { c } from "x"\n')).toBe(many.replace('b,\n', 'b,\n  c,\n'))
    expect(
      textFor('imports', '', 'from x import (\n    a,\n    c,\n)\n', 'from x import (\n    b,\n)\n'),
    ).toBe('from x import (\n    a,\n    b,\n    c,\n)\n')
  })
  test('statements, each once', () => {
    const [two] = offers('', 'import os\n', 'import sys\n')
    expect([two?.id, two?.choice, textOf(two?.swap?.lines ?? [])]).toEqual([
      'imports',
      'both',
      'import sys\nimport os\n',
    ])
    const [one] = offers('', 'import os\nimport sys\n', 'import sys\nimport re\n')
    expect([one?.id, textOf(one?.lines ?? [])]).toEqual(['imports', 'import os\nimport sys\nimport re\n'])
  })
  test('what either side removes is gone, and a name follows to where the other side moved it', () => {
    const base = "import { a, b, c } from './old'\n"
    expect(
      textFor(
        'imports',
        base,
        "import { a, b, c } from './new'\n",
        "import { d } from 'd'\nimport { a, b } from './old'\n",
      ),
    ).toBe("import { a, b } from './new'\nimport { d } from 'd'\n")
  })
  test('blank lines between groups stay', () => {
    expect(textFor('imports', '', 'import os\n\nimport b\n\n', 'import os\n\nimport c\n')).toBe(
      'import os\n\nimport c\n\nimport b\n\n',
    )
  })
  test('two statements for one place: nothing, rather than a name too few', () => {
    const twice = "import { a } from 'x'\nimport { b } from 'x'\n"
    expect(idsOf(offers('', twice, "import { c } from 'x'\n"))).not.toContain('imports')
    expect(idsOf(offers('', "import { c } from 'x'\n", twice))).not.toContain('imports')
  })
  test('one name replaced by each side with its own is not two names', () => {
    expect(
      idsOf(offers("import { a } from 'x'\n", "import { b } from 'x'\n", "import { c } from 'x'\n")),
    ).not.toContain('imports')
  })
  test('one name from two new places is nobody’s to decide here', () => {
    expect(idsOf(offers('', "import { a } from 'x'\n", "import { a } from 'y'\n"))).not.toContain('imports')
  })
  test('not among other code, nor with comments among the names', () => {
    expect(idsOf(offers('', 'import os\nrun()\n', 'import sys\n'))).not.toContain('imports')
    expect(
      textFor('imports', '', "import {\n  // why\n  a,\n} from 'x'\n", "import {\n  b,\n} from 'x'\n"),
    ).toBe("import {\n  // why\n  a,\n} from 'x'\nimport {\n  b,\n} from 'x'\n")
    expect(idsOf(offers('', 'import {\n a,\n', 'import {\n b,\n'))).not.toContain('imports')
  })
})

describe('versions', () => {
  const at = (version: string): string => `  "left-pad": "${version}",\n`
  test('the higher, line by line, and which they are', () => {
    const [one] = offers(at('^1.0.0') + at('1.0'), at('^1.2.0') + at('1.10.0'), at('^1.1.0') + at('1.9.0'))
    expect([one?.id, textOf(one?.lines ?? [])]).toEqual(['higher', at('^1.2.0') + at('1.10.0')])
    expect(one?.why).toContain('left-pad 1.10.0 (REQ-1)')
    expect(first('requests>=1.0\n', 'requests>=2.0\n', 'requests>=10.0\n')).toEqual([
      'higher',
      'requests>=10.0\n',
    ])
  })
  test('never across different keys, nor for plain numbers', () => {
    expect(idsOf(offers('"a": "1.0.0"\n', '"b": "1.1.0"\n', '"c": "1.2.0"\n'))).not.toContain('higher')
    expect(idsOf(offers('timeout: 5\n', 'timeout: 10\n', 'timeout: 60\n'))).not.toContain('higher')
    expect(idsOf(offers('share: 0.1\n', 'share: 0.5\n', 'share: 0.7\n'))).not.toContain('higher')
    expect(idsOf(offers('a: 1\n', 'a: 1.2.3\n', 'a: 2\n'))).not.toContain('higher')
    expect(idsOf(offers('a: 1\n', 'a: 2\n', 'a: 1.2.3\n'))).not.toContain('higher')
    expect(idsOf(offers(at('1.0.0'), at('1.1.0'), `${at('1.2.0')}x\n`))).not.toContain('higher')
  })
  test('a pre-release comes before its release', () => {
    const rising = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0', '1.0.10', '1.2']
    for (const [index, version] of rising.entries())
      for (const [other, than] of rising.entries())
        expect([version, than, Math.sign(compared(version, than))]).toEqual([
          version,
          than,
          Math.sign(index - other),
        ])
  })
})

describe('one deletes, one edits', () => {
  test('asks whether it is still wanted', () => {
    const list = offers('a()\n', '', 'b()\n')
    expect(list.slice(0, 2).map(({ id, choice, label }) => [id, choice, label])).toEqual([
      ['unwanted', 'current', 'Still wanted? No: leave them out'],
      ['wanted', 'incoming', 'Still wanted? Yes: keep the edit'],
    ])
    expect(list[0]?.why).toBe('REQ-1 removed these lines and REQ-2 edited them.')
    expect(idsOf(offers('a()\n', 'b()\n', '')).slice(0, 2)).toEqual(['unwanted', 'wanted'])
  })
  test('not where both deleted, or nothing was there', () => {
    expect(idsOf(offers('a\n', '', '\n'))).not.toContain('unwanted')
    expect(idsOf(offers('', '', 'b\n'))).not.toContain('unwanted')
  })
  test('only white space edited: deleted', () => {
    expect(first('a( b )\n', '', 'a(b)\n')).toEqual(['incoming-only-blanks', ''])
  })
})

test('what was decided before for the same texts comes first, and says how its checks went', () => {
  const precedents = [
    { lines: ['new\n'], by: 'Ada', decided: 'yesterday', verdict: 'passed' },
    { lines: ['old\n'], by: 'Bob', decided: 'last week', verdict: null },
  ]
  const list = offers('a\n', 'b\n', 'c\n', { precedents })
  expect(list.slice(0, 2).map(({ id, why }) => [id, why])).toEqual([
    ['precedent', 'Ada decided the same conflict so, yesterday; its checks: passed.'],
    ['precedent-2', 'Bob decided the same conflict so, last week; how its checks went is not known.'],
  ])
  const [side] = offers('a\n', 'b\n', 'c\n', {
    precedents: [{ ...(precedents[0] as (typeof precedents)[0]), lines: ['c\n'] }],
  })
  expect([side?.id, side?.choice]).toEqual(['precedent', 'incoming'])
})

test('a file that a program writes is not merged by lines or words', () => {
  const given = ['a: 1\nb: 1\n', 'a: 2\nb: 1\n', 'a: 1\nb: 2\n'] as const
  expect(first(...given, { path: 'src/a.yml' })[0]).toBe('touching')
  for (const path of ['yarn.lock', 'web/package-lock.json', 'pnpm-lock.yaml', 'test/a.test.ts.snap'])
    expect(
      idsOf(offers(...given, { path }))
        .slice(0, 2)
        .toSorted(),
    ).toEqual(['current', 'incoming'])
  expect(first(...given, { path: 'src/block.ts' })[0]).toBe('touching')
})

test('says what either side would lose, line for line', () => {
  const one = offers('', 'same\nmine\n', 'same\n\nsame\ntheirs\n').find(({ choice }) => choice === 'current')
  expect(one?.loses).toEqual({ cur: [], inc: ['same\n', 'theirs\n'] })
})

const line = fc.constantFrom('a\n', ' a\n', 'b()\n', 'f(a, b)\n', '\n', '"k": "1.2.0",\n', '"k": "1.3.0",\n', "import { a } from 'x'\n", "import { b, a } from 'x'\n", 'import os\n', 'c\r\n', '}\n', '## 1.2.0\n') // prettier-ignore
const text = fc
  .tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom('', '10', '60'))
  .map(([lines, last]) => lines.join('') + last)

test('whatever the texts: whole sides are in the list, no text is there twice, no line is made of two', () => {
  fc.assert(
    fc.property(text, text, text, text, (base, cur, inc, around) => {
      const list = offers(base, cur, inc, { before: linesOf(around), after: linesOf(around) })
      const texts = textsOf(list)
      expect(new Set(texts).size).toBe(texts.length)
      expect(new Set(idsOf(list)).size).toBe(list.length)
      for (const side of [base, cur, inc]) expect(texts).toContain(side)
      for (const { lines, choice, loses, swap } of [...list, ...list.flatMap((one) => one.swap ?? [])]) {
        for (const [index, one] of lines.entries())
          expect(
            one === '' ||
              one.indexOf('\n') === one.length - 1 ||
              (index === lines.length - 1 && !one.includes('\n')),
          ).toBe(true)
        expect(choice === 'current').toBe(textOf(lines) === cur)
        expect(loses.cur.every((lost) => linesOf(cur).includes(lost))).toBe(true)
        expect(choice === 'current' && loses.cur.length > 0).toBe(false)
        if (swap !== undefined) expect(texts).toContain(textOf(swap.lines))
      }
    }),
    { numRuns: 1_500 },
  )
})

describe('bounds', () => {
  /** Lines that count how often one of them is looked at. */
  function counting(lines: readonly string[], count: { reads: number }): readonly string[] {
    return new Proxy(lines, {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) count.reads += 1
        return Reflect.get(target, key, receiver) as unknown
      },
    })
  }
  function readsOf(n: number): number {
    const count = { reads: 0 }
    const side = (name: string): readonly string[] =>
      counting(
        Array.from({ length: n }, (_, index) => `${index % 3 === 0 ? name : 'x'} ${index % 50}\n`),
        count,
      )
    suggestionsFor({ base: side('b'), cur: side('c'), inc: side('i') }, { path: 'a', names: NAMES })
    return count.reads
  }
  test('ten times as many lines are looked at ten times as often', () => {
    const few = readsOf(MAX_LINES)
    expect(few).toBeGreaterThan(MAX_LINES)
    expect(readsOf(MAX_LINES * 10) / few).toBeLessThan(11)
  })
  test('beyond them only whole sides are offered', () => {
    const lines = Array.from({ length: MAX_LINES / 3 }, (_, index) => `line ${index}\n`).join('')
    const given = (more: string) =>
      [`${lines}${more}a\nb\n`, `${lines}${more}A\nb\n`, `${lines}${more}a\nB\n`] as const
    expect(idsOf(offers(...given('')))).not.toContain('touching')
    expect(idsOf(offers('a\nb\n', 'A\nb\n', 'a\nB\n'))).toContain('touching')
    const long = 'w '.repeat(MAX_WORDS_TEXT / 6)
    expect(idsOf(offers(`${long}, a.b\n`, `${long}, c.b\n`, `${long}, a.d\n`))).not.toContain('words')
    expect(idsOf(offers('w, a.b\n', 'w, c.b\n', 'w, a.d\n'))).toContain('words')
  })
})

describe('the key of a conflict', () => {
  test('is the SHA-256 of Node', () => {
    const node = (given: string): string => createHash('sha256').update(given).digest('hex')
    for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1_000, 100_000])
      expect(sha256('é'.repeat(length))).toBe(node('é'.repeat(length)))
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        expect(sha256(given)).toBe(node(given))
      }),
    )
  })
  test('is another where any text is, or a line moves from one to the next', () => {
    const keys = [
      ['a\n', 'b\n', 'c\n'],
      ['a\n', 'c\n', 'b\n'],
      ['a\nb\n', '', 'c\n'],
      ['', 'a\nb\n', 'c\n'],
      ['a\n', 'b\n', 'c'],
    ].map(([base = '', cur = '', inc = '']) => chunkKey(sides(base, cur, inc)))
    expect(new Set(keys).size).toBe(5)
    expect(chunkKey({ base: ['a\nb\n'], cur: [], inc: [] })).toBe(
      chunkKey({ base: ['a\n', 'b\n'], cur: [], inc: [] }),
    )
  })
})

test('settled lines around a conflict: the nearest, up to the next conflict', () => {
  const many = Array.from({ length: 60 }, (_, index) => `line ${index}\n`)
  const chunks = chunksOf(
    ['a\n', ...many, 'b\n', 'x\n', 'c\n', 'y\n', 'z\n', 'd\n'],
    ['A\n', ...many, 'B\n', 'X\n', 'c\n', 'y\n', 'z\n', 'D\n'],
    ['1\n', ...many, '2\n', 'x\n', 'c\n', 'Y\n', 'z\n', '4\n'],
  )
  const conflicts = chunks.filter(({ kind }) => kind === 'conflict')
  const [one, two, three] = conflicts.map((chunk) => linesAround(chunks, chunk))
  expect([one?.before, one?.after]).toEqual([[], many.slice(0, 40)])
  expect([two?.before, two?.after]).toEqual([many.slice(-40), ['c\n', 'Y\n', 'z\n']])
  expect([three?.before, three?.after]).toEqual([['c\n', 'Y\n', 'z\n'], []])
})
