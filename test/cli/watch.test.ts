/** `watch`: files of change requests in a folder, taken in by real processes, killed and restarted. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { until } from '../support/processes.ts'
import { change } from '../support/requests.ts'
import { thingsForEach, type Running, type Workspace } from './support.ts'

const { prepared, folder, undo } = thingsForEach()

const request = (n: number): string =>
  JSON.stringify(change({ task: `T-${n}`, path: `f/${n}.txt`, add: `${n}\n` }))

/** Starts `watch` and waits until it does. */
async function watching(space: Workspace, ...args: string[]): Promise<Running> {
  const running = space.start('watch', ...args)
  undo(() => running.kill('SIGKILL'))
  await running.says(/Watching /)
  return running
}

async function stop(running: Running): Promise<string> {
  running.kill('SIGINT')
  const ran = await running.ended
  expect(ran.code).toBe(130)
  return ran.stderr
}

const inboxOf = (space: Workspace): string => join(space.dir, '.hyperion/inbox')
const names = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).toSorted() : [])
const files = (dir: string): string[] => names(dir).filter((name) => name.endsWith('.json'))
const reason = (
  dir: string,
  name: string,
): { code: string; message: string; hint: string; errors: string[] } =>
  JSON.parse(readFileSync(join(dir, 'rejected', `${name}.error.json`), 'utf8'))

/** Every task of the queue, which must be there once. */
function tasks(space: Workspace): string[] {
  const counter = space.counter()
  counter.close()
  return [...space.dump().matchAll(/"task_id":"(T-\d+)","agent":"[^"]*","request_id"/g)].map(
    ([, task]) => task ?? '',
  )
}

describe('a file in the inbox', () => {
  test('is queued and moved to accepted, or rejected with the reason beside it; no name replaces another', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    const running = await watching(space)
    expect(files(inbox)).toEqual([])
    writeFileSync(join(inbox, 'one.json'), request(1))
    await until('it is taken', () => existsSync(join(inbox, 'accepted/one.json')))
    writeFileSync(join(inbox, 'one.json'), `[${request(2)},${request(3)}]`)
    await until('the second is taken', () => files(join(inbox, 'accepted')).length === 2)
    expect(readFileSync(join(inbox, 'accepted/one.json'), 'utf8')).toBe(request(1))
    writeFileSync(join(inbox, 'bad.json'), '{"task_id": "T-9"}')
    await until('it is rejected', () => existsSync(join(inbox, 'rejected/bad.json')))
    expect(reason(inbox, 'bad.json')).toMatchObject({ file: 'bad.json', hint: null })
    expect(reason(inbox, 'bad.json').errors.join()).toMatch(/agent/)
    // One of an array is wrong: none of it comes in.
    writeFileSync(join(inbox, 'half.json'), `[${request(4)},{}]`)
    await until('it is rejected', () => existsSync(join(inbox, 'rejected/half.json')))
    const said = await stop(running)
    expect(said).toMatch(/Rejected bad\.json: /)
    expect(tasks(space)).toEqual(['T-1', 'T-2', 'T-3'])
    expect(names(join(inbox, '.processing'))).toEqual([])
  })

  test('is left alone while it is being written, and rejected only once it stays torn', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    const running = await watching(space)
    const [first, second] = [request(1).slice(0, 40), request(1).slice(40)]
    writeFileSync(join(inbox, 'slow.json'), first)
    // Others go on meanwhile, so that it has been looked at.
    writeFileSync(join(inbox, 'quick.json'), request(2))
    await until('the other is taken', () => existsSync(join(inbox, 'accepted/quick.json')))
    expect(existsSync(join(inbox, 'slow.json'))).toBe(true)
    appendFileSync(join(inbox, 'slow.json'), second)
    await until('it is taken', () => existsSync(join(inbox, 'accepted/slow.json')))
    writeFileSync(join(inbox, 'torn.json'), first)
    writeFileSync(join(inbox, 'empty.json'), '')
    await until('they are rejected', () => files(join(inbox, 'rejected')).length === 4)
    expect(reason(inbox, 'torn.json').code).toBe('malformed_json')
    await stop(running)
    expect(tasks(space).toSorted()).toEqual(['T-1', 'T-2'])
  })

  test('of an editor, a copying program or another kind is not touched, and none is followed or waited for', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    mkdirSync(inbox, { recursive: true })
    const outside = join(folder(), 'secret.json')
    writeFileSync(outside, request(66))
    for (const name of [
      '.a.json.swp',
      'a.json~',
      '.#a.json',
      '#a.json#',
      'a.json.tmp',
      '4913',
      '.hidden.json',
      '~$a.json',
    ])
      writeFileSync(join(inbox, name), request(67))
    symlinkSync(outside, join(inbox, 'link.json'))
    mkdirSync(join(inbox, 'folder.json'))
    execFileSync('mkfifo', [join(inbox, 'pipe.json')])
    const before = names(inbox)
    const running = await watching(space)
    // Saved as an editor does: beside it, then renamed.
    writeFileSync(join(inbox, 'late.json.tmp'), request(1))
    renameSync(join(inbox, 'late.json.tmp'), join(inbox, 'late.json'))
    await until('it is taken', () => existsSync(join(inbox, 'accepted/late.json')))
    await stop(running)
    expect(names(inbox)).toEqual([...before, '.processing', 'accepted', 'rejected'].toSorted())
    expect(tasks(space)).toEqual(['T-1'])
    expect(readFileSync(outside, 'utf8')).toBe(request(66))
  })

  test('that is huge is refused unread; hostile and long names are moved as they are or shortened', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    const running = await watching(space)
    writeFileSync(join(inbox, 'huge.json'), '')
    truncateSync(join(inbox, 'huge.json'), 40 * 1024 * 1024)
    const ansi = 'a\u001b[31m\n"b.json'
    const long = `${'l'.repeat(250)}.json`
    writeFileSync(join(inbox, ansi), request(1))
    writeFileSync(join(inbox, long), 'null')
    await until(
      'all are moved',
      () => files(inbox).length === 0 && files(join(inbox, 'rejected')).length === 4,
    )
    expect(reason(inbox, 'huge.json')).toMatchObject({ code: 'too_large' })
    const shortened = files(join(inbox, 'rejected')).find(
      (name) => name.startsWith('lll') && !name.includes('.error.'),
    )
    expect(reason(inbox, shortened ?? '').errors).not.toEqual([])
    const said = await stop(running)
    expect(said).not.toContain('\u001b')
    expect(names(join(inbox, 'accepted'))).toEqual([ansi])
  })

  test('that the queue holds already is accepted, unless that change ended without landing', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    await space.enqueue(JSON.parse(request(1)), JSON.parse(request(2)))
    await space.ok('cancel', '2')
    const running = await watching(space)
    writeFileSync(join(inbox, 'one.json'), request(1))
    writeFileSync(join(inbox, 'two.json'), request(2))
    await until('both are moved', () => existsSync(join(inbox, 'accepted/one.json')) && existsSync(join(inbox, 'rejected/two.json'))) // prettier-ignore
    expect(reason(inbox, 'two.json')).toMatchObject({
      code: 'duplicate',
      hint: 'retry that one: `hyperion retry 2`',
    })
    await stop(running)
    expect(tasks(space)).toHaveLength(2)
  })
})

describe('thousands of files', () => {
  const drop = (inbox: string, from: number, to: number): void => {
    for (let n = from; n < to; n += 1) writeFileSync(join(inbox, `${n}.json`), request(n))
  }

  test('at once, for two processes: all in, none twice', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    const [one, two] = await Promise.all([watching(space), watching(space)])
    drop(inbox, 0, 5_000)
    await until(
      'all are taken',
      () => files(inbox).length === 0 && files(join(inbox, 'accepted')).length === 5_000,
      120_000,
    )
    await Promise.all([stop(one), stop(two)])
    const found = tasks(space)
    expect(found).toHaveLength(5_000)
    expect(new Set(found).size).toBe(5_000)
    // Nobody even tried to queue what the other had.
    expect(space.dump()).not.toContain('duplicate change request')
    expect(names(join(inbox, 'rejected'))).toEqual([])
  })

  test('through kills in the middle and restarts with a full inbox: all in, none twice', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    mkdirSync(inbox, { recursive: true })
    drop(inbox, 0, 1_500)
    const counter = space.counter()
    undo(() => counter.close())
    for (const reached of [1, 300, 700, 1_100]) {
      const running = await watching(space)
      await until(`${reached} are in`, () => counter.count() >= reached, 60_000)
      running.kill('SIGKILL')
      await running.ended
    }
    const running = await watching(space)
    await until('all are taken', () => files(join(inbox, 'accepted')).length === 1_500, 60_000)
    await stop(running)
    const found = tasks(space)
    expect(found).toHaveLength(1_500)
    expect(new Set(found).size).toBe(1_500)
    expect(names(inbox)).toEqual(['.processing', 'accepted', 'rejected'])
    expect(names(join(inbox, '.processing'))).toEqual([])
    expect(names(join(inbox, 'rejected'))).toEqual([])
  })

  test('what a killed program had queued and not moved is accepted, whatever became of it', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    await space.enqueue(JSON.parse(request(1)))
    await space.ok('cancel', '1')
    const first = await watching(space)
    await stop(first)
    // As a process that is dead by now left it.
    const [machine] = [execFileSync('hostname', { encoding: 'utf8' }).trim().replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 60)] // prettier-ignore
    const hand = join(inbox, '.processing', `${machine}_${first.process.pid}_1`)
    mkdirSync(hand)
    writeFileSync(join(hand, 'one.json'), request(1))
    const running = await watching(space)
    await until('it is accepted', () => existsSync(join(inbox, 'accepted/one.json')))
    await stop(running)
    // Killed between the new name and the old one: it has both.
    mkdirSync(hand)
    linkSync(join(inbox, 'accepted/one.json'), join(hand, 'one.json'))
    const third = await watching(space)
    await until('the old name is gone', () => names(join(inbox, '.processing')).length === 0)
    await stop(third)
    expect(names(join(inbox, 'accepted'))).toEqual(['one.json'])
    expect(tasks(space)).toEqual(['T-1'])
    // Another machine's is left to it.
    const foreign = join(inbox, '.processing', 'elsewhere_1_1')
    mkdirSync(foreign)
    writeFileSync(join(foreign, 'two.json'), request(2))
    const again = await watching(space)
    writeFileSync(join(inbox, 'three.json'), request(3))
    await until('it is accepted', () => existsSync(join(inbox, 'accepted/three.json')))
    await stop(again)
    expect(names(foreign)).toEqual(['two.json'])
  })
})

describe('a folder', () => {
  test('elsewhere is watched in the same way, by looking where asked, and needs to be there', async () => {
    const space = await prepared()
    const dir = folder()
    const running = await watching(space, dir, '--poll')
    writeFileSync(join(dir, 'one.json'), request(1))
    await until('it is taken', () => existsSync(join(dir, 'accepted/one.json')))
    expect(await stop(running)).toMatch(/by looking every second/)
    const gone = await space.run('watch', join(dir, 'nowhere'))
    expect(gone).toMatchObject({ code: 1, stdout: '' })
    expect(gone.stderr).toMatch(/the folder .*nowhere to watch does not exist; make it, or name another one/)
  })

  test('that vanishes or turns unwritable is told of once, and it goes on when that is mended', async () => {
    const space = await prepared()
    const dir = folder()
    const running = await watching(space, dir, '--poll')
    renameSync(dir, `${dir}-away`)
    undo(() => rmSync(`${dir}-away`, { recursive: true, force: true }))
    await running.says(/hyperion: the inbox .* is not there; make the folder again; it goes on by itself/)
    mkdirSync(dir)
    writeFileSync(join(dir, 'one.json'), request(1))
    await until('it is taken', () => existsSync(join(dir, 'accepted/one.json')))
    // A link where a folder has to be would move files to wherever it leads.
    rmSync(join(dir, 'accepted'), { recursive: true })
    const elsewhere = folder()
    symlinkSync(elsewhere, join(dir, 'accepted'))
    await running.says(/accepted is a link or a file where the inbox needs a folder; move it away/)
    writeFileSync(join(dir, 'two.json'), request(2))
    rmSync(join(dir, 'accepted'))
    await until('it is taken', () => existsSync(join(dir, 'accepted/two.json')))
    expect(names(elsewhere)).toEqual([])
    await stop(running)
    expect(tasks(space)).toEqual(['T-1', 'T-2'])
  })

  test('of the workspace is made again where it vanished, private', async () => {
    const space = await prepared()
    const inbox = inboxOf(space)
    const running = await watching(space, '--poll')
    renameSync(inbox, `${inbox}-away`)
    await until('it is there again', () => existsSync(join(inbox, 'accepted')))
    expect(execFileSync('stat', ['-c', '%a', inbox], { encoding: 'utf8' }).trim()).toBe('700')
    writeFileSync(join(inbox, 'one.json'), request(1))
    await until('it is taken', () => existsSync(join(inbox, 'accepted/one.json')))
    await stop(running)
  })

  test('that cannot be written queues nothing', async (context) => {
    if (process.getuid?.() === 0) context.skip('root writes everywhere')
    const space = await prepared()
    const dir = folder()
    writeFileSync(join(dir, 'one.json'), request(1))
    chmodSync(dir, 0o500)
    undo(() => chmodSync(dir, 0o700))
    const ran = await space.run('watch', dir)
    expect(ran.stderr).toMatch(/cannot be read and written; make it writable/)
    expect(tasks(space)).toEqual([])
  })
})
