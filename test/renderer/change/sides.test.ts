/** Sides of a conflict that can be taken as a whole. */
import { describe, expect, it } from 'vitest'
import { choicesFor, decisionsOf, type Side } from '../../../renderer/change/sides.ts'
import type { ConflictRecord } from '../../../schemas/conflict.ts'

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
