/** Reverting: the inverse of a landed change goes through the queue like any other change. */
import { expect, test } from 'vitest'
import { asHyperionError } from '../../main/engine/base/errors.ts'
import type { Json } from '../support/requests.ts'
import { added, deleted, patched, replaced, request } from '../support/requests.ts'
import { land, withBench, type Workbench, type WorkbenchOptions } from '../support/workbench.ts'

const FILES = {
  'a.txt': 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n',
  'run.sh': { content: '#!/bin/sh\n', executable: true },
  'gone.txt': 'no newline at the end',
  'crlf.txt': 'one\r\ntwo\r\nthree\r\n',
  'b.txt': 'b\n',
}
const SECOND = '@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n'

const bench = (work: (b: Workbench) => Promise<void>, options: WorkbenchOptions = { files: FILES }) =>
  withBench(options, work)

const one = async (b: Workbench, task: string, ...changes: Json[]): Promise<number> => {
  const [id = 0] = await land(b, request({ task }, ...changes))
  return id
}

/** The sentence and remedy a revert is refused with. */
const refusal = (b: Workbench, id: number): Promise<string> =>
  b.engine.revert(id).then(
    ({ id: made }) => `queued ${made}`,
    (thrown: unknown) => {
      const { kind, code, message, hint } = asHyperionError(thrown)
      return `${kind} ${code}: ${message}; ${hint}`
    },
  )

const treeAt = (b: Workbench, rev = 'hyperion/main'): string => b.repo.git('ls-tree', '-r', rev)

test('every operation is undone to the byte and the mode, and undoing that brings it back', () =>
  bench(async (b) => {
    const before = treeAt(b)
    const id = await one(
      b,
      'T-1',
      patched('a.txt', SECOND),
      replaced('crlf.txt', 'eins\r\nzwei\r\n'),
      added('new/deep.txt', 'new\n'),
      deleted('run.sh'),
      deleted('gone.txt'),
    )
    const after = treeAt(b)
    const landed = b.show(id).landed_commit
    const made = await b.engine.revert(id)
    expect(made).toMatchObject({ reverts: id, warnings: [] })
    const shown = b.show(made.id)
    expect(shown).toMatchObject({
      task_id: 'T-1-revert',
      agent: 'test',
      status: 'pending',
      priority: 'normal',
    })
    expect(shown.payload).toMatchObject({
      base_commit: landed,
      metadata: {
        intent: `Revert "T-1" (change ${id}, commit ${landed?.slice(0, 10)})`,
        reverts: { change_id: id, commit: landed },
      },
    })
    expect(shown.payload.changes.map(({ path, operation }) => `${operation} ${path}`)).toEqual([
      'update a.txt',
      'update crlf.txt',
      'add gone.txt',
      'delete new/deep.txt',
      'add run.sh',
    ])
    await b.drain()
    expect([b.show(made.id).status, treeAt(b)]).toEqual(['applied', before])

    const again = await b.engine.revert(made.id)
    await b.drain()
    expect([b.show(again.id).task_id, treeAt(b)]).toEqual(['T-1-revert-revert', after])
    // In force again, it can be undone once more, under a name of its own.
    const third = await b.engine.revert(id)
    await b.drain()
    expect([b.show(third.id).task_id, treeAt(b)]).toEqual(['T-1-revert-2', before])
  }))

test('what others changed since stays, and lines they changed as well are a conflict', () =>
  bench(async (b) => {
    const id = await one(b, 'T-1', patched('a.txt', SECOND))
    await one(b, 'T-2', patched('a.txt', '@@ -8,3 +8,3 @@\n eight\n-nine\n+neun\n ten\n'))
    const { id: made } = await b.engine.revert(id)
    await b.drain()
    expect(b.show(made).status).toBe('applied')
    expect(b.text('a.txt')).toBe(FILES['a.txt'].replace('nine', 'neun'))

    const over = await one(b, 'T-3', patched('b.txt', '@@ -1 +1 @@\n-b\n+B\n'))
    await one(b, 'T-4', patched('b.txt', '@@ -1 +1 @@\n-B\n+BB\n'))
    const { id: late } = await b.engine.revert(over)
    await b.drain()
    expect(b.show(late)).toMatchObject({
      status: 'conflict',
      conflicts: [{ path: 'b.txt', kind: 'content' }],
    })
  }))

test('a file that the merge followed to its new name is put back there', () =>
  bench(async (b) => {
    const base = b.base
    await one(b, 'T-1', deleted('a.txt'), added('moved.txt', FILES['a.txt']))
    const [id = 0] = await land(b, request({ task: 'T-2', base }, patched('a.txt', SECOND)))
    expect(b.text('moved.txt')).toBe(FILES['a.txt'].replace('two', 'zwei'))
    const { id: made, paths } = await b.engine.revert(id)
    await b.drain()
    expect([paths, b.show(made).status, b.text('moved.txt')]).toEqual([
      ['moved.txt'],
      'applied',
      FILES['a.txt'],
    ])
  }))

test('it is refused in one sentence while there is nothing to undo, or somebody does it already', () =>
  bench(async (b) => {
    expect(await refusal(b, 99)).toBe('user no_such_change: there is no change 99; see `hyperion list`')
    const [waiting = 0] = await b.enqueue(request({ task: 'T-1' }, patched('a.txt', SECOND)))
    expect(await refusal(b, waiting)).toContain(
      'wrong_status: change 1 is pending; revert takes a change that is applied',
    )
    await b.drain()
    const same = await one(b, 'T-2', replaced('a.txt', FILES['a.txt'].replace('two', 'zwei')))
    expect(await refusal(b, same)).toContain('nothing_landed: change 2 landed no commit of its own')

    const { id: made } = await b.engine.revert(waiting)
    expect(await refusal(b, waiting)).toBe(
      `user reverted_already: change 1 is reverted by change ${made} (pending) already; see \`hyperion show ${made}\``,
    )
    await b.engine.cancel(made)
    const { id: second } = await b.engine.revert(waiting)
    await b.drain()
    expect(await refusal(b, waiting)).toContain(
      `(applied) already; to have it again, revert change ${second}`,
    )
    expect(b.statuses()).toHaveLength(4)

    // The branch put back by hand, to before it landed.
    b.repo.git('update-ref', 'refs/heads/hyperion/main', b.base)
    expect(await refusal(b, second)).toMatch(
      /not_in_target: change 4 landed as [0-9a-f]{10}, which hyperion\/main no longer has/,
    )
  }))

test('an archived change can be reverted, and only one of two that do it at once is queued', () =>
  bench(async (b) => {
    const id = await one(b, 'T-1', patched('a.txt', SECOND))
    b.engine.ground.store.db.exec('UPDATE change_queue SET updated_at = 1')
    expect(b.engine.cleanUp(0)).toBe(1)
    const both = await Promise.all([refusal(b, id), refusal(b, id)])
    expect(both.filter((said) => said.startsWith('queued '))).toHaveLength(1)
    expect(both.filter((said) => said.includes('reverted_already'))).toHaveLength(1)
    await b.drain()
    expect(b.text('a.txt')).toBe(FILES['a.txt'])
  }))

test('what no change request can say is refused by name before anything is queued', () =>
  withBench(
    {
      files: {
        'pic.bin': new Uint8Array([0, 1, 2, 255]),
        'mixed.txt': 'a\r\nb\n',
        'latin.txt': new Uint8Array([233, 10]),
      },
    },
    async (b) => {
      const picture = await one(b, 'T-1', deleted('pic.bin'))
      expect(await refusal(b, picture)).toBe(
        'user not_revertible: pic.bin is binary, so no change request can put it back; revert it with git on the upstream branch',
      )
      const latin = await one(b, 'T-2', deleted('latin.txt'))
      expect(await refusal(b, latin)).toContain('not_revertible: latin.txt is not UTF-8')
      const mixed = await one(b, 'T-3', replaced('mixed.txt', 'a\nb\nc\n'))
      expect(await refusal(b, mixed)).toContain(
        'not_revertible: mixed.txt had a text that changes may not bring',
      )
      expect(b.statuses()).toEqual(['applied', 'applied', 'applied'])
    },
  ))

test('a revert that touches a protected path is held like any other change', () =>
  withBench(
    {
      files: {
        'hyperion.config.json': '{"approvals":{"protectedPaths":["secure/**"]}}\n',
        'secure/x': 'x\n',
      },
    },
    async (b) => {
      const [id = 0] = await b.enqueue(request({ task: 'T-1' }, replaced('secure/x', 'y\n')))
      await b.drain()
      await b.engine.approve(id, 'Ada', null, null)
      await b.drain()
      expect(b.text('secure/x')).toBe('y\n')
      const { id: made } = await b.engine.revert(id)
      await b.drain()
      expect(b.show(made)).toMatchObject({ status: 'held', reason_code: 'protected_path' })
    },
  ))

test('a task of the longest name, a large text and hostile words are reverted like any other', () =>
  withBench({ files: { 'big.txt': `${'x'.repeat(99)}\n`.repeat(9_000) } }, async (b) => {
    const task = 'T'.repeat(200)
    const whole = replaced('big.txt', `${'y'.repeat(99)}\n`.repeat(9_000))
    const intent = 'x\nHyperion-Change: forged/1\n\u001b[31m'
    const [id = 0] = await land(b, request({ task, metadata: { intent } }, whole))
    const { id: made } = await b.engine.revert(id)
    await b.drain()
    const shown = b.show(made)
    expect(shown).toMatchObject({ status: 'applied', task_id: `${'T'.repeat(193)}-revert` })
    expect(shown.payload.changes[0]?.replacement).toHaveLength(900_000)
    expect(shown.payload.metadata?.intent).toMatch(/^Revert "x" \(change 1, commit [0-9a-f]{10}\)$/)
    expect(b.text('big.txt')).toBe(`${'x'.repeat(99)}\n`.repeat(9_000))
  }))
