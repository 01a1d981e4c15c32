/** Edits as an agent writes them: found once, as they stand or by their lines, and refused in words it can mend by. */
import { describe, expect, test } from 'vitest'
import { toFileChange } from '../../main/engine/agents/draft.ts'
import { applyPatch } from '../../main/engine/domain/patch/apply.ts'
import { parsePatch } from '../../main/engine/domain/patch/parse.ts'
import { filesOf } from './support.ts'

interface Edit {
  search: string
  replace: string
}

/** What a file is after an edit, or why not. */
async function edited(base: string, ...edits: Edit[]): Promise<string | { code: string; message: string }> {
  const made = await toFileChange({ path: 'f', action: 'edit', edits }, filesOf({ f: base }), () =>
    Promise.resolve(undefined),
  )
  if (!made.ok) return { code: made.code, message: made.message }
  const parsed = parsePatch(made.value.patch ?? '', 'f', 'update')
  if (!parsed.ok) throw new Error(parsed.message)
  const applied = applyPatch(Buffer.from(base), parsed.patch, 'update')
  if (!applied.ok) throw new Error(applied.message)
  return applied.result?.toString() ?? ''
}
const edit = (search: string, replace: string): Edit => ({ search, replace })

describe('text that is there as it stands', () => {
  test.each([
    ['within a line', 'let a = 1\n', edit('a = 1', 'b = 2'), 'let b = 2\n'],
    ['lines', 'a\nb\nc\n', edit('a\nb\n', 'x\n'), 'x\nc\n'],
    ['the last line, without a newline', 'a\nb', edit('b', 'x'), 'a\nx'],
    ['to nothing', 'a\nb\n', edit('a\n', ''), 'b\n'],
    ['of many lines', `a\n${'long\n'.repeat(500)}b\n`, edit(`${'long\n'.repeat(500)}b`, 'x'), 'a\nx\n'],
    ['with a sign that means something to a replacement', 'a\n', edit('a', '$& $1 $$'), '$& $1 $$\n'],
    ['in CR LF, written in LF', 'a\r\nb\r\nc\r\n', edit('a\nb', 'x\ny\nz'), 'x\r\ny\r\nz\r\nc\r\n'],
    ['in LF, written in CR LF', 'a\nb\nc\n', edit('a\r\nb', 'x\r\ny'), 'x\ny\nc\n'],
    ['in CR LF, one line by several', 'a\r\nb\r\n', edit('b', 'x\ny'), 'a\r\nx\r\ny\r\n'],
    ['in both', 'a\r\nb\nc\n', edit('b\n', 'x\n'), 'a\r\nx\nc\n'],
  ])('%s', async (_, base, one, after) => {
    expect(await edited(base, one)).toBe(after)
  })
})

describe('text that differs in white space alone', () => {
  test.each([
    ['further in', 'f {\n    a\n    b\n}\n', edit('a\nb', 'x\n  y'), 'f {\n    x\n      y\n}\n'],
    ['less far in', '  a\n  b\n', edit('    a\n    b\n', '    x\n      y\n'), '  x\n    y\n'],
    ['tabs for spaces', 'f {\n\ta\n\t\tb\n}\n', edit('    a\n        b', '    x\n        y\n            z'), 'f {\n\tx\n\t\ty\n\t\t\tz\n}\n'],
    ['spaces for tabs', '  a\n    b\n', edit('\ta\n\t\tb', '\tx\n\t\t\ty'), '  x\n      y\n'],
    ['tabs for spaces, of one line', '\treturn a\n', edit('    return a', '    if (b)\n        return a'), '\tif (b)\n\t\treturn a\n'],
    ['each as it was', 'a\n  b\n\tc\n', edit(' a\n   b\n  c', ' x\n   y\n  z'), 'x\n  y\n\tz\n'],
    ['trailing blanks in the file', 'a  \nb\t\nc\n', edit('a\nb\n', 'x\n'), 'x\nc\n'],
    ['trailing blanks in the search', 'a\nb\nc\n', edit('a \nb\t \n', 'x\n'), 'x\nc\n'],
    ['in CR LF', 'f\r\n\ta\r\n\tb\r\n', edit('  a\n  b\n', '  x\n'), 'f\r\n\tx\r\n'],
    ['in both, whose lines keep their endings', 'f\n\ta\r\n\tb\r\nc\n', edit('  a\n  b\n', '  x\n  y\n'), 'f\n\tx\r\n\ty\r\nc\n'],
    ['blank lines within', '\ta\n\n\tb\n', edit('a\n  \nb', 'x\n\ny'), '\tx\n\n\ty\n'],
    ['the last line, which has no newline', 'a\n  b', edit('b\n', 'x\n'), 'a\n  x'],
    ['to nothing, with its newline', 'a\n  b\nc\n', edit('  a\n    b\n', ''), 'c\n'],
    ['to an empty line', 'a\n\tb \nc\n', edit('    b\n', '\n'), 'a\n\nc\n'],
    ['without its newline', 'a\n\tb \nc\n', edit('  b', '  x'), 'a\n\tx\nc\n'],
    ['one more newline', 'a\n\tb\nc\n', edit('  b', '  x\n'), 'a\n\tx\n\nc\n'],
    ['behind a byte order mark', '\ufeffa\n\tb\nc\n', edit('  b', '  x'), '\ufeffa\n\tx\nc\n'],
  ])('%s', async (_, base, one, after) => {
    expect(await edited(base, one)).toBe(after)
  }) // prettier-ignore

  test.each([
    ['is not found where white space within a line differs', 'a  =  "x  y"\n', edit('  a = "x y"', 'b'), 'search_not_found'],
    ['is not found where a tab in a string is a space', 'a = "\t"\nb\n', edit('  a = " "\n  b', 'c'), 'search_not_found'],
    ['is not found by blank lines', 'a\n\n\nb\n', edit('  \n', 'c'), 'search_not_found'],
    ['does not take a byte order mark for a blank', '\ufeffa\nb\n', edit('  a\n  b', 'x'), 'search_not_found'],
    ['does not take a blank that does not break for one', 'a\u00a0\nb\n', edit('  a\n  b', 'x'), 'search_not_found'],
    ['is refused where tabs stand for different numbers of spaces', '\ta\n\t\tb\n', edit('    a\n      b', '    a\n        x'), 'search_indentation'],
    ['is not found where a line is in between', 'a\nx\nb\n', edit(' a\n b', 'c'), 'search_not_found'],
    ['is refused where it is there twice', '\ta\n\tb\n  a\n', edit('    a', 'c'), 'search_ambiguous'],
    ['is refused where lines shift by different amounts and the replacement has others', '    a\n  b\n', edit('a\nb', 'x\n y'), 'search_indentation'],
    ['is refused where a replacement stands less far in than can be', 'a\n', edit('    a', '  x'), 'search_indentation'],
    ['is refused where tabs would go on in spaces', '\ta\n', edit('a \n', 'if (b)\n  a\n'), 'search_indentation'],
    ['is refused where a tab would be cut', '\t\ta\n', edit('    a', '   x'), 'search_indentation'],
  ])('%s', async (_, base, one, code) => {
    expect(await edited(base, one)).toMatchObject({ code })
  }) // prettier-ignore
})

describe('what is told of a text that cannot be replaced', () => {
  const numbered = Array.from({ length: 40 }, (_, index) => `  step${index + 1}(one, two)\n`).join('')

  test('the nearest lines with their numbers, from before the first that differs', async () => {
    const answer = await edited(
      numbered,
      edit('  step20(one, two)\n  step21(one, tow)\n  step22(one, two)\n', 'x'),
    )
    expect(answer).toEqual({
      code: 'search_not_found',
      message:
        'edit 1 of f: the text to replace is not in the file; the nearest lines are these, of which line 21 is the ' +
        'first that differs:\n19|   step19(one, two)\n20|   step20(one, two)\n21|   step21(one, two)\n' +
        '22|   step22(one, two)\n23|   step23(one, two)\nGive them as they are there, without the numbers',
    })
  })

  test('of a long text, where it differs', async () => {
    const answer = await edited(numbered, edit(numbered.replace('step30(one', 'step30(eins'), 'x'))
    const { message } = answer as { message: string }
    expect(message).toContain('line 30 is the first that differs')
    expect(message).toContain('\n30|   step30(one, two)\n')
    expect(message).not.toContain('step1(')
    expect(message.split('\n').length).toBeLessThan(16)
  })

  test('a line that is alike, where none is the same', async () => {
    expect(await edited('alpha()\nconst total = add(one, two)\nomega()\n', edit('const totals = add(one, three)', 'x'))) // prettier-ignore
      .toMatchObject({ message: expect.stringContaining('\n2| const total = add(one, two)\n') })
    expect(await edited('alpha\nbeta\n', edit('zzz()', 'x'))).toMatchObject({
      code: 'search_not_found',
      message: 'edit 1 of f: the text to replace is not in the file; and no line of the file is like it: give lines as they are there',
    }) // prettier-ignore
  })

  test('the lines it is at, where it is in several', async () => {
    const twice = await edited('a\nb\na\nb\na\n', edit('a', 'x'))
    expect(twice).toEqual({
      code: 'search_ambiguous',
      message:
        'edit 1 of f: the text to replace is in the file more than once, at lines 1, 3 and 5; give more of the lines around it',
    })
    expect(await edited('\ta\nb\n  a\n', edit('    a', 'x'))).toMatchObject({
      message: expect.stringContaining('at lines 1 and 3;'),
    })
    expect(await edited('aaaa\n', edit('aa', 'x'))).toMatchObject({ message: expect.stringContaining('at line 1;') })
    expect(await edited('a\n'.repeat(99), edit('a', 'x'))).toMatchObject({
      message: expect.stringContaining('and 10 and perhaps further down;'),
    })
  }) // prettier-ignore

  test('that an empty text is none, and which edit it was', async () => {
    expect(await edited('a\nb\n', edit('a', 'x'), edit('', 'y'))).toEqual({
      code: 'search_not_found',
      message:
        'edit 2 of f (after the edits before it): the text to replace is empty; give lines of the file, or replace the whole file',
    })
  })

  test('nothing that would move a cursor, and no more than can be read', async () => {
    const base = `${'long '.repeat(5_000)}\nword() // \u001b[2J\u202e\nend\n`
    const { message } = (await edited(base, edit('word() // x', 'y'))) as { message: string }
    expect(message).toContain('\\x1b[2J\\u{202e}')
    expect(message.length).toBeLessThan(1_000)
  })
})

describe('a file of a megabyte', () => {
  const line = (index: number): string => `\tconst value${index} = compute(${'x'.repeat(75)}, ${index})\n`
  const lines = Array.from({ length: 10_000 }, (_, index) => line(index))

  test('is edited by its lines in many places', async () => {
    const edits = [5_000, 5_003, 6_000, 6_001].map((index) =>
      edit(line(index).replace('\t', '    '), `    changed(${index})\n`),
    )
    const after = (await edited(lines.join(''), ...edits)) as string
    expect(after.split('\n').filter((one) => one.startsWith('\tchanged('))).toHaveLength(4)
    expect(after.split('\n')).toHaveLength(10_001)
    // Larger than what a change may put in, and the change is not.
    expect(Buffer.byteLength(after)).toBeGreaterThan(1024 * 1024)
    expect(await edited('a\n', edit('a', 'x'.repeat(1024 * 1024 + 1)))).toMatchObject({
      code: 'replacement_too_large',
    })
    expect(await edited('a\n', edit('a', '\ud800'))).toMatchObject({ code: 'replacement_not_unicode' })
  })

  test('and is searched in one pass, whatever repeats in it', async () => {
    // A search that begins everywhere and ends nowhere: line by line from each place would take a day.
    const same = 'a\n'.repeat(300_000)
    expect(await edited(same, edit(`${' a\n'.repeat(150_000)} b\n`, 'x'))).toMatchObject({ code: 'search_not_found' })
    expect(await edited(same, edit(' a\n', 'x'))).toMatchObject({ code: 'search_ambiguous' })
    expect(await edited(lines.join(''), edit('const valeu = compute(y)', 'x'))).toMatchObject({
      code: 'search_not_found',
    })
  }) // prettier-ignore

  test('and takes no longer for a text that is made to', async () => {
    const took = async (letter: string): Promise<number> => {
      const half = Array.from({ length: 64 * 1024 }, (_, index) => (index % 97 === 0 ? letter : 'a')).join('')
      const base = half.repeat(4)
      const before = performance.now()
      expect(await edited(base, edit(`${half}b${half}`, 'x'))).toMatchObject({ code: 'search_not_found' })
      return performance.now() - before
    }
    await took('c')
    const [plain, made] = [await took('c'), await took('a')]
    // It is about once as long; the language's own search takes some thousand times as long.
    expect(made / plain).toBeLessThan(100)
  })
})
