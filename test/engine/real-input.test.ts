import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isProtected } from '../../main/engine/domain/paths.ts'
import { added, deleted, diffed, entry, replaced, request, type Json } from '../support/requests.ts'
import { realVersions, type RealFile, type RealVersion } from '../support/real-versions.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

const NOTHING_PROTECTED = JSON.stringify({ approvals: { protectedPaths: [] } })
const CONFIG = 'hyperion.config.json'
const WORKERS = 4

type Files = ReadonlyMap<string, RealFile>

/** What becomes of one path; a new mode needs a delete before the add, and a change may name a path once. */
interface Step {
  path: string
  /** The file goes first, because it comes back with another mode. */
  clear: Json | null
  put: Json | null
}

const isFlip = (before: RealFile | undefined, after: RealFile | undefined): boolean =>
  before !== undefined && after !== undefined && before.executable !== after.executable

function stepsBetween(before: Files, after: Files): Step[] {
  const paths = new Set([...before.keys(), ...after.keys()])
  return [...paths].flatMap((path): Step[] => {
    const [old, now] = [before.get(path), after.get(path)]
    if (isFlip(old, now)) {
      return [{ path, clear: diffed(path, old?.bytes ?? null, null), put: addition(path, now as RealFile) }]
    }
    if (now === undefined) return [{ path, clear: diffed(path, old?.bytes ?? null, null), put: null }]
    if (old === undefined) return [{ path, clear: null, put: addition(path, now) }]
    if (old.bytes.equals(now.bytes)) return []
    return [{ path, clear: null, put: diffed(path, old.bytes, now.bytes) }]
  })
}

const addition = (path: string, { bytes, executable }: RealFile): Json =>
  diffed(path, null, bytes, { executable })

/** Approves what is held, as a person at the inbox would, until all changes have ended. */
async function approveUntilApplied(bench: Workbench, ids: readonly number[]): Promise<void> {
  for (;;) {
    const rows = bench.engine.list({})
    for (const { id, status } of rows)
      if (status === 'held') await bench.engine.approve(id, 'operator', null, null)
    const stuck = rows.filter(({ status }) => !['pending', 'in_progress', 'held', 'applied'].includes(status))
    expect(stuck.map(({ id, status, last_error }) => ({ id, status, last_error }))).toEqual([])
    if (ids.every((id) => rows.find((row) => row.id === id)?.status === 'applied')) return
    // Another process works; there is nothing here to be told of its progress.
    await pause(20)
  }
}

async function landWithWorkers(bench: Workbench, requests: readonly Json[]): Promise<number[]> {
  const ids = await bench.enqueue(...requests)
  const { child, ended } = bench.start('worker', '--workers', String(WORKERS), '--poll-interval-ms', '20')
  try {
    await approveUntilApplied(bench, ids)
  } finally {
    child.kill('SIGTERM')
    const ran = await ended
    expect(ran.stderr).toBe('')
    expect(ran.code).toBe(130)
  }
  return ids
}

/** Compares the target with a version, byte by byte and mode by mode. */
function expectTree(bench: Workbench, version: RealVersion, rev = 'hyperion/main'): void {
  const tree = bench.repo.tree(rev).filter(({ path }) => path !== CONFIG)
  const mode = (executable: boolean): string => (executable ? '100755' : '100644')
  expect(tree.map(({ path, mode: found }) => `${found} ${path}`)).toEqual(
    [...version.files].map(([path, file]) => `${mode(file.executable)} ${path}`),
  )
  for (const { path, bytes } of tree)
    expect(bytes.equals(version.files.get(path)?.bytes ?? Buffer.alloc(0)), path).toBe(true)
}

async function benchAt(first: RealVersion): Promise<Workbench> {
  const files = Object.fromEntries(
    [...first.files].map(([path, { bytes, executable }]) => [path, { content: bytes, executable }]),
  )
  return workbench({ files: { ...files, [CONFIG]: NOTHING_PROTECTED } })
}

const pairs = (versions: readonly RealVersion[]): { from: RealVersion; to: RealVersion }[] =>
  versions.slice(1).map((to, index) => ({ from: versions[index] as RealVersion, to }))

test('published versions, one change request each, by four workers, give the last one', async () => {
  const versions = realVersions()
  expect(versions.length).toBeGreaterThanOrEqual(12)
  const bench = await benchAt(versions[0] as RealVersion)
  try {
    const requests: Json[] = []
    let before: string | null = null
    const add = (task: string, entries: readonly (Json | null)[]): void => {
      const present = entries.filter((one) => one !== null)
      if (present.length === 0) return
      requests.push(request({ task, ...(before === null ? {} : { dependsOn: [before] }) }, ...present))
      before = task
    }
    for (const { from, to } of pairs(versions)) {
      const steps = stepsBetween(from.files, to.files)
      const flips = steps.filter(({ clear, put }) => clear !== null && put !== null)
      add(`modes-${to.version}`, flips.map(({ clear }) => clear))
      add(`version-${to.version}`, steps.map(({ clear, put }) => put ?? clear))
    } // prettier-ignore
    const ids = await landWithWorkers(bench, requests)
    expect(bench.landed().length).toBe(ids.length)
    for (const [index, value] of requests.entries()) {
      const version = versions.find((one) => `version-${one.version}` === value['task_id'])
      if (version !== undefined) expectTree(bench, version, bench.show(ids[index] ?? 0).landed_commit ?? '')
    }
    expectTree(bench, versions.at(-1) as RealVersion)
    bench.repo.git('fsck', '--strict', '--full')
  } finally {
    bench.dispose()
  }
})

test('published versions, one change request for each file, by four workers, give the last one', async () => {
  const versions = realVersions()
  const bench = await benchAt(versions[0] as RealVersion)
  try {
    const requests: Json[] = []
    const lastOf = new Map<string, string>()
    for (const { from, to } of pairs(versions)) {
      for (const { path, clear, put } of stepsBetween(from.files, to.files)) {
        for (const one of [clear, put]) {
          if (one === null) continue
          const task = `file-${requests.length + 1}`
          // Later changes do not wait for one that waits for a person, unless they say so.
          const waits = isProtected(path, []) ? lastOf.get(path) : undefined
          requests.push(request({ task, ...(waits === undefined ? {} : { dependsOn: [waits] }) }, one))
          lastOf.set(path, task)
        }
      }
    }
    expect(requests.length).toBeGreaterThan(100)
    const ids = await landWithWorkers(bench, requests)
    expect(bench.landed().length).toBe(ids.length)
    expectTree(bench, versions.at(-1) as RealVersion)
    bench.repo.git('fsck', '--strict', '--full')
  } finally {
    bench.dispose()
  }
})

const UNUSUAL: readonly { name: string; path: string; before: string | null; after: string | null; executable?: boolean }[] = [
  { name: 'CR LF', path: 'crlf.txt', before: 'a\r\nb\r\nc\r\n', after: 'a\r\nB\r\nc\r\n' },
  { name: 'CR LF, added', path: 'crlf-new.txt', before: null, after: 'a\r\nb\r\n' },
  { name: 'CR LF without a final newline', path: 'crlf-end.txt', before: 'a\r\nb', after: 'a\r\nB' },
  { name: 'mixed line endings', path: 'mixed.txt', before: 'a\r\nb\nc\r\n', after: 'a\r\nB\nc\r\n' },
  { name: 'a lone CR', path: 'cr.txt', before: 'a\rb\nc\n', after: 'a\rb\nC\n' },
  { name: 'no final newline', path: 'end.txt', before: 'a\nb', after: 'a\nB' },
  { name: 'a final newline that goes', path: 'end-goes.txt', before: 'a\nb\n', after: 'a\nb' },
  { name: 'a final newline that comes', path: 'end-comes.txt', before: 'a\nb', after: 'a\nb\n' },
  { name: 'a byte order mark', path: 'bom.txt', before: '\ufeffa\nb\n', after: '\ufeffa\nB\n' },
  { name: 'a name outside ASCII', path: 'd\u00e9j\u00e0/\u65e5\u672c\u8a9e \u{1f600}.txt', before: 'a\n', after: 'b\n' },
  { name: 'a name outside ASCII, added', path: '\u043d\u043e\u0432\u044b\u0439.txt', before: null, after: '\u043f\u0440\u0438\u0432\u0435\u0442\n' },
  { name: 'a name with spaces and quotes', path: 'a "quoted" \'name\'.txt', before: 'a\n', after: 'b\n' },
  { name: 'an executable', path: 'run.sh', before: '#!/bin/sh\nid\n', after: '#!/bin/sh\ntrue\n', executable: true },
  { name: 'an executable, added', path: 'new.sh', before: null, after: '#!/bin/sh\n', executable: true },
  { name: 'an executable, deleted', path: 'old.sh', before: '#!/bin/sh\n', after: null, executable: true },
  { name: 'form feeds and other rare characters', path: 'rare.txt', before: 'a\u000cb\u0085c\u2028d\n', after: 'a\u000cb\u0085c\u2028D\n' },
] // prettier-ignore

test.each(['patches', 'replacements'])(
  'unusual files keep their bytes and modes, changed by %s',
  async (how) => {
    const files = UNUSUAL.flatMap(({ path, before, executable = false }) =>
      before === null ? [] : [[path, { content: before, executable }] as const],
    )
    const bench = await workbench({
      files: Object.fromEntries(files),
      before: (repo) => repo.git('config', 'core.autocrlf', 'true'),
    })
    try {
      const changes = UNUSUAL.map(({ path, before, after, executable = false }) => {
        if (how === 'patches') return diffed(path, before, after, { executable })
        if (after === null) return deleted(path)
        return before === null ? added(path, after, executable) : replaced(path, after)
      })
      await bench.enqueue(...changes.map((one, index) => request({ task: `U-${index}` }, one)))
      await bench.drain()
      expect(
        bench.engine
          .list({})
          .filter(({ status }) => status !== 'applied')
          .map((row) => row.last_error),
      ).toEqual([])
      const expected = UNUSUAL.flatMap(({ path, after, executable = false }) =>
        after === null ? [] : [{ path, mode: executable ? '100755' : '100644', text: after }],
      ).sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
      expect(
        bench.repo
          .tree('hyperion/main')
          .map(({ path, mode, bytes }) => ({ path, mode, text: bytes.toString('utf8') })),
      ).toEqual(expected)
    } finally {
      bench.dispose()
    }
  },
)

test('an empty file is added, filled and emptied again', async () => {
  const bench = await workbench({ files: { 'full.txt': 'a\nb\n' } })
  try {
    await bench.enqueue(
      request({ task: 'E-1' }, added('empty.txt', ''), added('empty.sh', '', true)),
      request({ task: 'E-2' }, entry('empty.txt', 'update', { patch: '@@ -0,0 +1 @@\n+x\n' })),
      request({ task: 'E-3' }, entry('full.txt', 'update', { patch: '@@ -1,2 +0,0 @@\n-a\n-b\n' })),
    )
    await bench.drain()
    expect(bench.engine.list({}).map((row) => row.last_error)).toEqual([null, null, null])
    expect(
      bench.repo.tree('hyperion/main').map(({ path, mode, bytes }) => [path, mode, String(bytes)]),
    ).toEqual([
      ['empty.sh', '100755', ''],
      ['empty.txt', '100644', 'x\n'],
      ['full.txt', '100644', ''],
    ])
  } finally {
    bench.dispose()
  }
})
