/** Operator acts by their commands: pause, resume, prioritize, revert, wait, why, events, what `show` says meanwhile. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { eventSchema, pauseSchema, whySchema } from '../../schemas/acts.ts'
import { change, numbered, patched, replaced, request, type Json } from '../support/requests.ts'
import { sentence, workspace, type Running, type Workspace, type WorkspaceOptions } from './support.ts'

const QUICK = ['--poll-interval-ms', '20', '--workers', '1']
const PROGRAM = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

const open: Workspace[] = []
const running: Running[] = []
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.kill('SIGKILL')
    await one.ended
  }
  for (const one of open.splice(0)) one.dispose()
})

async function prepared(options?: WorkspaceOptions): Promise<Workspace> {
  const made = await workspace(options)
  open.push(made)
  return made
}

function begin(w: Workspace, ...args: string[]): Running {
  const started = w.start(...args)
  running.push(started)
  return started
}

const plain = (n: number): Json => change({ task: `T-${n}`, path: `file-${n}.txt`, add: `${n}\n` })
const drain = (w: Workspace) => w.run('worker', '--drain', ...QUICK)

/** The sentence a command is refused with, exit code 1. */
const refused = async (w: Workspace, ...args: string[]): Promise<string> => {
  const ran = await w.run(...args)
  expect(ran.code).toBe(1)
  return sentence(ran)
}

describe('pause and resume', () => {
  test('nothing is claimed or landed by any program until resume, and everybody is told', async () => {
    const w = await prepared()
    await w.enqueue(plain(1))
    const said = await w.ok('pause', '--reason', 'release day')
    expect(said).toMatch(/^the queue is paused by \S+@cli since \S+Z: release day\n$/)
    expect(await w.ok('pause', '--reason', 'another')).toMatch(
      /^the queue is already paused by .*: release day\n$/,
    )

    const ran = await drain(w)
    expect([ran.code, ran.stderr]).toEqual([
      3,
      expect.stringMatching(/^hyperion: paused by \S+@cli since \S+Z: release day; run `hyperion resume`\n$/),
    ])
    expect((await w.run('dequeue')).stderr).toBe('nothing to dequeue\n')
    const list = await w.run('list')
    expect(list.stderr).toMatch(/^paused by .*: release day; run `hyperion resume`\n$/)
    expect(list.stdout).toMatch(/^1 +pending .* waits for the queue to be resumed: paused by /m)
    expect((await w.run('list', '--format', 'json')).stderr).toBe('')
    expect(await w.ok('doctor')).toMatch(/^notice {2}landing {8}paused by .*; run `hyperion resume`$/m)
    expect((await w.show(1)).waits).toMatchObject([{ kind: 'paused' }])
    expect(w.repo.git('rev-list', '--count', 'main..hyperion/main')).toBe('0')

    expect(await w.ok('resume')).toMatch(/^the queue is worked again; it was paused by .*: release day\n$/)
    expect(await w.ok('resume')).toBe('the queue is not paused\n')
    expect(await drain(w)).toMatchObject({ code: 0, stderr: '' })
    expect((await w.row(1)).status).toBe('applied')
    const messages = (JSON.parse(await w.ok('logs', '--format', 'json')) as { message: string }[]).map(
      (row) => row.message,
    )
    expect(messages.filter((one) => one === 'paused' || one === 'resumed')).toEqual(['paused', 'resumed'])
  })

  test('a drain with nothing to do is done, paused or not', async () => {
    const w = await prepared()
    await w.ok('pause')
    expect((await drain(w)).code).toBe(0)
  })

  test('a worker that is at work stops at once and goes on by itself', async () => {
    const w = await prepared()
    const worker = begin(w, 'worker', ...QUICK)
    await w.enqueue(plain(1))
    await w.ok('wait', '1')
    await w.ok('pause')
    await w.enqueue(plain(2))
    await worker.says(/^hyperion: paused by /m)
    expect((await w.row(2)).status).toBe('pending')
    await w.ok('resume')
    await w.ok('wait', '2')
    await worker.says(/^hyperion: the queue is worked again$/m)
  })

  test('a stop of its own is broken for doctor, and ends only where it is accepted', async () => {
    const w = await prepared()
    const stop = pauseSchema
      .partial()
      .parse({ by: 'hyperion', at: 1_700_000_000, reason: 'it was set back', code: 'target_rewound' })
    w.sql(`INSERT INTO workspace VALUES ('paused', '${JSON.stringify(stop)}')`)
    expect(await refused(w, 'resume')).toBe(
      'landing was stopped: it was set back; to go on as it is, run `hyperion resume --accept target_rewound`',
    )
    expect(await refused(w, 'resume', '--accept', 'something')).toContain('landing was stopped')
    const doctor = await w.run('doctor')
    expect([doctor.code, doctor.stdout]).toEqual([
      1,
      expect.stringMatching(/^BROKEN {2}landing .*--accept target_rewound/m),
    ])
    await w.ok('resume', '--accept', 'target_rewound')
    expect((await w.run('doctor')).code).toBe(0)
  })
})

test('prioritize puts changes ahead, names whom it may not move, and show says the position', async () => {
  const w = await prepared()
  await w.enqueue(plain(1), plain(2), plain(3), plain(4))
  await w.ok('cancel', '4')
  const ran = await w.run('prioritize', '2', '3', '4', '9')
  expect([ran.code, ran.stdout, ran.stderr]).toEqual([
    1,
    'change 2 is urgent, was normal\nchange 3 is urgent, was normal\n',
    'hyperion: change 4 is cancelled; prioritize takes a change that is pending, held, conflict\n' +
      'hyperion: there is no change 9; see `hyperion list`\n',
  ])
  expect(await w.ok('prioritize', '3', '--to', 'low')).toBe('change 3 is low, was urgent\n')
  expect(await w.ok('show', '1')).toMatch(/^position 2 in line\nwaits for a worker: none runs$/m)
  expect([(await w.show(2)).position, (await w.show(3)).position, (await w.show(4)).position]).toEqual([
    1,
    3,
    null,
  ])
  expect((await drain(w)).code).toBe(0)
  const landed = w.repo.git(
    'log',
    '--format=%(trailers:key=Task-Id,valueonly,separator=)',
    '--reverse',
    'main..hyperion/main',
  )
  expect(landed.split('\n').filter(Boolean)).toEqual(['T-2', 'T-1', 'T-3'])
})

test('revert queues the inverse, why tells of both, and a second one is refused', async () => {
  const w = await prepared()
  const metadata = { intent: 'Say \u001b[31mzwei\u202e', agent_model: 'gpt-5-mini' }
  await w.enqueue(request({ task: 'T-1', metadata }, patched('a.txt', '@@ -2 +2 @@\n-two\n+zwei\n')))
  expect((await drain(w)).code).toBe(0)
  const text = await w.ok('why', 'a.txt:2')
  for (const line of [
    /^a\.txt:2 {2}zwei$/m,
    /^commit {5}[0-9a-f]{10} {2}\S+Z {2}change 1 {2}T-1: Say /m,
    /^agent {6}developer-1, model gpt-5-mini$/m,
    /^intent {5}Say \\x1b\[31mzwei\\u\{202e\}$/m,
    /^approval {3}none was needed or given$/m,
    /^check {6}not_run$/m,
  ])
    expect(text).toMatch(line)
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u001b\u202e]/)
  const json = whySchema.parse(JSON.parse(await w.ok('why', 'a.txt:2', '--format', 'json')))
  expect(json).toMatchObject({ line: 2, change: { id: 1, task_id: 'T-1' } })

  expect(await w.ok('revert', '1')).toBe('Enqueued change request 2, which reverts change 1\n')
  expect(await refused(w, 'revert', '1')).toBe(
    'change 1 is reverted by change 2 (pending) already; see `hyperion show 2`',
  )
  expect((await drain(w)).code).toBe(0)
  expect(w.repo.git('show', 'hyperion/main:a.txt')).toBe('one\ntwo\nthree')
  const file = await w.ok('why', 'a.txt')
  expect(file).toMatch(
    /^change {5}2, landed .*[^]*^reverts {4}change 1\nbefore .*change 1 .*\n .*the operator's own, by Author /m,
  )
  for (const [place, said] of [
    ['b.txt', /^b\.txt is not in hyperion\/main at [0-9a-f]{10}; name a path from the root/],
    ['a.txt:9', /^a\.txt has 3 lines in hyperion\/main, not 9$/],
  ] as const)
    expect(await refused(w, 'why', place)).toMatch(said)
  expect(await refused(w, 'revert', '9')).toBe('there is no change 9; see `hyperion list`')
})

describe('wait', () => {
  test('says how it ended: 0 applied, 3 with the reason, at once where it ended before', async () => {
    const w = await prepared({ config: { approvals: { protectedPaths: ['a.txt'] } } })
    const waiting = begin(w, 'wait', '1')
    expect(await waiting.ended).toMatchObject({
      code: 1,
      stderr: 'hyperion: there is no change 1; see `hyperion list`\n',
    })
    await w.enqueue(plain(1), change({ task: 'T-2', path: 'a.txt', replacement: 'x\n' }))
    const both = [begin(w, 'wait', '1'), begin(w, 'wait', '2', '--timeout', '120')]
    await Promise.all(both.map((one) => one.says(/waits for a worker: none runs/)))
    await drain(w)
    const [applied, held] = await Promise.all(both.map((one) => one.ended))
    expect(applied).toMatchObject({
      code: 0,
      stdout: `change 1 is applied as ${w.repo.git('rev-parse', 'hyperion/main')}\n`,
    })
    expect(held).toMatchObject({
      code: 3,
      stdout: 'change 2 is held: a.txt is protected and needs an approval\n',
    })
    await w.ok('cleanup', '--ttl-seconds', '0')
    expect((await w.run('wait', '1')).code).toBe(0)
  })

  test('gives up with 4 and says what it waits for; an interruption ends it with 130', async () => {
    const w = await prepared()
    await w.enqueue(plain(1))
    const ran = await w.run('wait', '1', '--timeout', '0')
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([
      4,
      '',
      'change 1 waits for a worker: none runs\n' +
        'hyperion: change 1 is still pending after 0 s: waits for a worker: none runs; see `hyperion show 1`\n',
    ])
    const waiting = begin(w, 'wait', '1')
    await waiting.says(/waits for/)
    waiting.kill('SIGINT')
    expect((await waiting.ended).code).toBe(130)
  })
})

describe('events', () => {
  const parse = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => eventSchema.parse(JSON.parse(line)))

  test('prints what there is and ends; --after goes on where a reader was', async () => {
    const w = await prepared()
    await w.enqueue(plain(1), plain(2))
    await drain(w)
    const all = parse(await w.ok('events'))
    expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1))
    expect(all.find(({ message }) => message === 'enqueued')?.change).toMatchObject({
      id: 1,
      status: 'applied',
      archived: false,
    })
    expect(all.find(({ queue_id }) => queue_id === null)?.change).toBeNull()
    const middle = all[3]?.id ?? 0
    expect(parse(await w.ok('events', '--after', String(middle)))).toEqual(all.slice(4))
    expect(await w.ok('events', '--after', String(all.length))).toBe('')
    expect(await refused(w, 'events', '--after', '9999')).toBe(
      `event 9999 is not in the log, whose newest is ${all.length}; read from an event that is there, or from 0 to have all`,
    )
  })

  test('--follow tells what other programs do, once and in order, until interrupted', async () => {
    const w = await prepared()
    await w.enqueue(plain(1))
    const following = begin(w, 'events', '--follow', '--after', '0')
    await following.says(/"enqueued"/)
    await w.enqueue(...Array.from({ length: 700 }, (_, n) => plain(n + 10)))
    await following.says(/"file-709\.txt"|"T-709"/)
    await w.ok('pause')
    await following.says(/"message":"paused"/)
    following.kill('SIGINT')
    const { code, stdout, stderr } = await following.ended
    expect([code, stderr]).toEqual([130, ''])
    const events = parse(stdout)
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    expect(events.filter(({ message }) => message === 'enqueued')).toHaveLength(701)
  })

  test('a reader that goes away ends it quietly, and a slow one loses nothing', async () => {
    const w = await prepared()
    await w.enqueue(...Array.from({ length: 2_000 }, (_, n) => plain(n)))
    const script = `"$0" "$1" events --follow --after 0 | (read first; echo "$first"; exec <&-)`
    const child = spawn('bash', ['-c', script, process.execPath, PROGRAM], {
      cwd: w.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stdout.resume()
    const [code] = (await once(child, 'close')) as [number]
    expect([code, said]).toEqual([0, ''])

    // A reader that takes nothing until the pipe has long been full.
    const slow = spawn(process.execPath, [PROGRAM, 'events'], {
      cwd: w.dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(slow.stdout, 'readable')
    await w.enqueue(plain(9_000))
    let text = ''
    slow.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await once(slow, 'close')
    const ids = parse(text).map(({ id }) => id)
    expect(ids).toEqual(ids.map((_, index) => index + 1))
    expect(ids.length).toBeGreaterThanOrEqual(2_000)
  })
})

test('who edits the same lines is warned of at enqueue, with exit code 0, and shown', async () => {
  const w = await prepared({ files: { 'src/x.ts': numbered(60) } })
  const edit = (task: string, line: number): Json =>
    request({ task }, patched('src/x.ts', `@@ -${line} +${line} @@\n-line ${line}\n+${task}\n`))
  await w.enqueue(edit('REQ-140-2', 40), edit('REQ-140-3', 50))
  const ran = await w.run('enqueue', w.file('one.json', edit('REQ-141-1', 41)))
  expect([ran.code, ran.stdout]).toEqual([0, 'Enqueued change request 3\n'])
  expect(ran.stderr).toMatch(
    /^warning: .*one\.json: REQ-140-2 \(change 1\) also edits line 40 of src\/x\.ts$/m,
  )
  expect(ran.stderr).not.toContain('REQ-140-3')
  expect(await w.ok('show', '3')).toMatch(
    /^overlap: REQ-140-2 \(change 1\) also edits line 40 of src\/x\.ts$/m,
  )
  const made = replaced('src/x.ts', 'x\n')
  expect((await w.run('enqueue', w.file('two.json', request({ task: 'REQ-9' }, made)))).stderr).toMatch(
    /REQ-141-1 \(change 3\)/,
  )
})

test('request warns of open changes to the same lines', async () => {
  const w = await prepared({ files: { 'a.md': 'one\n' } })
  await w.enqueue(change({ task: 'T-1', path: 'a.md', replacement: 'x\n' }))
  const task = {
    request_id: 'REQ-1',
    summary: 's',
    requested_changes: [{ path: 'a.md', summary: 'change it' }],
  }
  const ran = await w.run('request', w.file('task.json', task))
  expect([ran.code, ran.stderr]).toEqual([
    0,
    expect.stringMatching(/^warning: T-1 \(change 1\) also edits a\.md$/m),
  ])
})

test('an approval of what a change was before its conflict was resolved is shown as void', async () => {
  const w = await prepared({
    files: { 'a.txt': 'one\n' },
    config: { approvals: { required: 1 }, checks: { allow: { fine: ':' } } },
  })
  const to = (task: string, text: string): Json => ({
    ...request({ task, base: w.repo.head() }, patched('a.txt', `@@ -1 +1 @@\n-one\n+${text}\n`)),
    checks: ['none'],
  })
  const ids = await w.enqueue(to('A-1', 'uno'), to('A-2', 'eins'))
  await drain(w)
  for (const id of ids) await w.ok('approve', String(id), '--by', 'Ada')
  await drain(w)
  const second = String(ids[1])
  expect(await w.ok('show', second)).toMatch(/^approved by Ada at \S+$/m)
  await w.ok('resolve', second, '--by', 'Ada', '--path', 'a.txt', '--theirs')
  expect(await w.ok('show', second)).toMatch(/^approved by Ada at \S+ \(void: the content changed since\)$/m)
})
