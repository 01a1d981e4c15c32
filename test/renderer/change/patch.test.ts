/** The lines of patches. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  diffLines,
  LINES_AT_FIRST,
  patchFile,
  patchRows,
  sameFiles,
} from '../../../renderer/change/patch-model.ts'
import type { FileChange } from '../../../schemas/change-request.ts'

describe('the patch view', () => {
  it('numbers lines on both sides and keeps removed lines that look like headers', () => {
    const lines = diffLines(
      '--- a/x\n+++ b/x\n@@ -3,3 +3,3 @@ in\n keep\n--- gone\n+++ came\n end\n\\ No newline at end of file\n',
    )
    expect(lines).toEqual([
      { kind: 'meta', old: null, new: null, text: '--- a/x' },
      { kind: 'meta', old: null, new: null, text: '+++ b/x' },
      { kind: 'hunk', old: null, new: null, text: '@@ -3,3 +3,3 @@ in' },
      { kind: 'context', old: 3, new: 3, text: 'keep' },
      { kind: 'removed', old: 4, new: null, text: '-- gone' },
      { kind: 'added', old: null, new: 4, text: '++ came' },
      { kind: 'context', old: 5, new: 5, text: 'end' },
      { kind: 'meta', old: null, new: null, text: '\\ No newline at end of file' },
    ])
  })

  it('shows bare hunks without numbers as such', () => {
    expect(diffLines('@@\n-a\n+b\n').map(({ kind, old, new: now }) => [kind, old, now])).toEqual([
      ['hunk', null, null],
      ['removed', null, null],
      ['added', null, null],
    ])
  })

  const whole = (replacement: string): FileChange => ({ path: 'a', operation: 'add', replacement, patch_hash: '0'.repeat(64) }) // prettier-ignore

  it('shows a whole replacement as added lines and says where the last one has no end', () => {
    expect(patchFile(whole('a\nb\n'))).toMatchObject({
      form: 'replacement',
      counts: { added: 2, removed: 0 },
    })
    expect(patchFile(whole('a\nb')).lines.at(-1)?.kind).toBe('meta')
    expect(patchFile(whole('')).lines).toEqual([])
  })

  it('counts nothing where it is not known what was there before', () => {
    const rewritten = patchFile({
      path: 'a',
      operation: 'update',
      replacement: '-a\n+b\n',
      patch_hash: '0'.repeat(64),
    })
    expect(rewritten.counts).toBeNull()
    expect(rewritten.lines.map(({ kind }) => kind)).toEqual(['context', 'context'])
    const gone: FileChange = { path: 'a', operation: 'delete', patch_hash: '0'.repeat(64) }
    expect(patchFile(gone)).toMatchObject({ counts: null, lines: [] })
  })

  it('cuts a long file until all of it is asked for', () => {
    const files = [patchFile(whole('x\n'.repeat(LINES_AT_FIRST + 7))), patchFile(whole('y\n'))]
    const cut = patchRows(files, new Set())
    expect(cut.filter(({ kind }) => kind === 'more')).toEqual([{ kind: 'more', index: 0, left: 7 }])
    expect(cut.filter(({ kind }) => kind === 'file')).toHaveLength(2)
    const all = patchRows(files, new Set([0]))
    expect(all.filter(({ kind }) => kind === 'line')).toHaveLength(LINES_AT_FIRST + 8)
  })

  it('knows the same files again when they are read again', () => {
    const files = (): FileChange[] => [whole('a\n'), { ...whole('b\n'), executable: true } as FileChange]
    expect(sameFiles(files(), files())).toBe(true)
    expect(sameFiles([], [])).toBe(true)
    for (const other of [
      files().slice(0, 1),
      [...files(), whole('c')],
      files().toReversed(),
      [whole('A\n'), ...files().slice(1)],
      [whole('a\n'), whole('b\n')],
      [whole('a\n'), { ...whole('b\n'), executable: false } as FileChange],
    ])
      expect(sameFiles(files(), other)).toBe(false)
  })

  it('keeps every line of any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }).map((line) => line.replaceAll(/[\n]/g, '')), { minLength: 1, maxLength: 30 }), (lines) => {
        expect(diffLines(`${lines.join('\n')}\n`)).toHaveLength(lines.length)
      }), // prettier-ignore
    )
  })
})
