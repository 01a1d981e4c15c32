/** The list of what waits: which item is shown, what is set aside, what of a patch is shown, how sides are chosen. */
import { describe, expect, it } from 'vitest'
import { EXCERPT_LINES, excerptOf } from '../../../renderer/views/inbox/excerpt.ts'
import { readKept, writeKept } from '../../../renderer/views/inbox/kept.ts'
import { isAside, prune, setAside, shownOf, step, takeBack } from '../../../renderer/views/inbox/order.ts'
import { choicesFor, decisionsOf, type Side } from '../../../renderer/views/inbox/sides.ts'
import type { FileChange } from '../../../schemas/change-request.ts'
import type { ConflictRecord } from '../../../schemas/conflict.ts'
import type { InboxItem } from '../../../schemas/view.ts'

const item = (key: string, since: number | null = 1): InboxItem => ({
  key,
  kind: 'held',
  change_id: 1,
  task_id: key,
  request_id: null,
  agent: null,
  title: key,
  reason: '',
  code: null,
  since,
})
const [a, b, c] = [item('a'), item('b'), item('c')]

describe('the item shown', () => {
  it('is the chosen one, and once that is gone whatever took its place', () => {
    expect(shownOf([a, b, c], 'b', 0)).toBe(b)
    expect(shownOf([a, c], 'b', 1)).toBe(c)
    expect(shownOf([a], 'b', 1)).toBe(a)
    expect(shownOf([], 'b', 1)).toBeNull()
  })

  it('moves by one and stops at both ends', () => {
    expect(step([a, b, c], 'a', 1)).toBe(b)
    expect(step([a, b, c], 'c', 1)).toBe(c)
    expect(step([a, b, c], 'a', -1)).toBe(a)
    expect(step([a, b, c], 'gone', 1)).toBe(a)
    expect(step([], null, 1)).toBeNull()
  })
})

describe('what is set aside', () => {
  it('comes back by itself once something happened to it', () => {
    const aside = setAside(a, {})
    expect(isAside(a, aside)).toBe(true)
    expect(isAside(item('a', 2), aside)).toBe(false)
    expect(isAside(a, takeBack(a, aside))).toBe(false)
    expect(isAside(item('toString'), {})).toBe(false)
  })

  it('is forgotten once it waits no more', () => {
    const aside = setAside(item('quiet', null), setAside(a, {}))
    expect(prune([b, item('quiet', null)], aside)).toEqual({ quiet: 0 })
  })

  it('survives a shelf that holds garbage or refuses', () => {
    const isText = (value: unknown): value is string => typeof value === 'string'
    const shelf = (text: string | null): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> => ({
      getItem: () => text,
      setItem: () => {
        throw new Error('full')
      },
      removeItem: () => undefined,
    })
    expect(readKept(shelf('{'), 'key', isText)).toBeNull()
    expect(readKept(shelf('1'), 'key', isText)).toBeNull()
    expect(readKept(shelf(null), 'key', isText)).toBeNull()
    expect(readKept(shelf('"x"'), 'key', isText)).toBe('x')
    expect(writeKept(shelf(null), 'key', 'x')).toBe(false)
    expect(writeKept(shelf(null), 'key', null)).toBe(true)
  })
})

describe('an excerpt of a patch', () => {
  const change = (patch: string): FileChange => ({
    path: 'a',
    operation: 'update',
    patch,
    patch_hash: '0'.repeat(64),
  })

  it('leaves heads out, but nothing that stands within a hunk', () => {
    const patch =
      'diff --git a/a b/a\nindex 1..2\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n same\n--- old\n+++ new\n'
    const { lines, counts } = excerptOf(change(patch))
    expect(lines.map(({ kind }) => kind)).toEqual(['hunk', 'same', 'remove', 'add'])
    expect(counts).toEqual({ added: 1, removed: 1 })
  })

  it('is short, counts all of it, and gives the rest on demand', () => {
    const patch = `@@ -0,0 +1,100 @@\n${Array.from({ length: 100 }, (_, n) => `+${n}`).join('\n')}\n`
    const short = excerptOf(change(patch))
    expect([short.lines.length, short.left, short.counts?.added]).toEqual([EXCERPT_LINES, 61, 100])
    expect(excerptOf(change(patch), true).lines).toHaveLength(101)
  })

  it('spells what would act on the screen', () => {
    const { lines } = excerptOf(change('@@ -0,0 +1 @@\n+\u202e\u001b[31m<b>\n'))
    expect(lines[1]?.text).toBe('+\\u{202e}\\x1b[31m<b>')
    expect(excerptOf(change(`@@ @@\n+${'x'.repeat(1_000_000)}\n`)).lines[1]?.text.length).toBeLessThan(500)
  })

  it('does not count where the whole new text is given', () => {
    const whole: FileChange = {
      path: 'a',
      operation: 'update',
      replacement: '-a\n+b\n',
      patch_hash: '0'.repeat(64),
    }
    expect(excerptOf(whole)).toMatchObject({ counts: null, lines: [{ kind: 'same' }, { kind: 'same' }] })
    const gone: FileChange = { path: 'a', operation: 'delete', patch_hash: '0'.repeat(64) }
    expect(excerptOf(gone).lines).toEqual([])
  })
})

describe('the sides of a conflict', () => {
  const blob = { oid: 'a'.repeat(40), mode: '100644' } as const
  const conflict: ConflictRecord = {
    path: 'src/a',
    kind: 'content',
    base: blob,
    ours: blob,
    theirs: blob,
    markers: '',
    rename_source: null,
    base_commit: null,
    base_origin: 'given',
    tip: 'b'.repeat(40),
    line_ending: 'lf',
    final_newline: true,
    touched_by: [
      { change_id: 3, commit: 'c'.repeat(40), task_id: 'REQ-1-2', agent: 'agent-2', intent: null },
    ],
  }
  const reasons = (record: ConflictRecord): Record<string, string | null> =>
    Object.fromEntries(choicesFor(record, 'REQ-9-1').map(({ side, reason }) => [side, reason]))

  it('are named for what they are', () => {
    const labels = choicesFor(conflict, 'REQ-9-1').map(({ label }) => label)
    expect(labels.slice(0, 2)).toEqual(['Keep REQ-1-2', 'Take REQ-9-1'])
    expect(choicesFor({ ...conflict, touched_by: [] }, 'REQ-9-1')[0]?.label).toBe('Keep the target')
    expect(choicesFor({ ...conflict, ours: null }, 'REQ-9-1')[0]?.detail).toMatch(/deletes the file/)
  })

  it('cannot be taken where the engine has no such text', () => {
    expect(reasons(conflict)).toEqual({ ours: null, theirs: null, base: null, delete: null })
    expect(reasons({ ...conflict, kind: 'base_unknown', base_origin: 'unknown' })).toMatchObject({
      ours: null,
      theirs: expect.stringMatching(/no base/) as string,
      base: 'The base is not known',
    })
    expect(reasons({ ...conflict, base: null })['base']).toMatch(/did not exist/)
  })

  it('become decisions once every path has one', () => {
    const paths = [{ path: 'a' }, { path: 'constructor' }]
    expect(decisionsOf(paths, { a: 'ours' })).toBeNull()
    const chosen = Object.fromEntries<Side>([
      ['a', 'ours'],
      ['constructor', 'delete'],
    ])
    expect(decisionsOf(paths, chosen)).toEqual([
      { path: 'a', how: 'ours', content: null },
      { path: 'constructor', how: 'delete', content: null },
    ])
    expect(decisionsOf([], {})).toBeNull()
  })
})
