/** `cast`: the steps of the builder on a terminal and through a pipe, from a file, interrupted and gone on with. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { openEngine } from '../../main/engine/engine.ts'
import { castSchema } from '../../schemas/cast.ts'
import {
  hyperion,
  sentence,
  start,
  workspace,
  type Ran,
  type Workspace,
  type WorkspaceOptions,
} from './support.ts'

const open: Workspace[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.dispose()
})

async function prepared(options: WorkspaceOptions = {}): Promise<Workspace> {
  const made = await workspace({ ...options, files: { 'src/list.txt': 'one\ntwo\n', ...options.files } })
  open.push(made)
  return made
}

const say = (w: Workspace, lines: readonly string[], ...flags: string[]): Promise<Ran> =>
  hyperion(['cast', ...flags], { cwd: w.dir, input: lines.map((line) => `${line}\n`).join('') })

/** Answers to the questions of a step, in their order. */
const INTENT = ['REQ-7', 'Renumber', 'So that it \\', 'is read', '', 'first', 'second', '', '']
const files = (w: Workspace): string[] => {
  const made = w.file('new.txt', 'one\n2\n')
  return ['src/list.txt', 'Use digits', `text ${made}`, '', '']
}
const ANCHORS = ['anchor-1', 'anchor-2', '', '2', '', '']
const NO_APPROVAL = ['']
const all = (w: Workspace): string[] => [...INTENT, ...files(w), ...ANCHORS, ...NO_APPROVAL]
const castOf = (w: Workspace, id = 'REQ-7'): string =>
  readFileSync(join(w.dir, `taskjson/${id}.json`), 'utf8')

describe('through all steps', () => {
  test('writes the cast, tells what the next task is, queues it, and it lands', async () => {
    const w = await prepared()
    const ran = await say(w, [...all(w), 'y', 'y'])
    expect([ran.code, ran.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^Wrote taskjson\/REQ-7\.json \(\d+ bytes, sha256 [0-9a-f]{64}\)\nProcessed request taskjson\/REQ-7\.json and enqueued 1 change request\(s\)\n$/,
      ),
    ])
    expect(castSchema.parse(JSON.parse(castOf(w)))).toMatchObject({
      summary: 'Renumber',
      acceptance_criteria: ['first', 'second'],
      metadata: {
        intent: 'So that it \nis read',
        complexity: 2,
        telemetry_anchors: ['anchor-1', 'anchor-2'],
      },
    })
    const context = JSON.parse(readFileSync(join(w.dir, 'execution/next_task_context.json'), 'utf8'))
    expect(context).toMatchObject({ request_id: 'REQ-7', complexity: 2, agent_model: 'gpt-4.1' })
    await w.ok('worker', '--drain', '--poll-interval-ms', '20', '--workers', '1')
    expect(w.repo.git('show', 'hyperion/main:src/list.txt')).toBe('one\n2')
  })

  test('gives the very bytes that the window gives for the same answers', async () => {
    const w = await prepared()
    expect((await say(w, [...all(w), 'y', 'n'])).code).toBe(0)
    const engine = await openEngine({
      workspace: w.dir,
      host: { env: process.env, home: null },
      actor: 'test',
    })
    try {
      const { casts } = engine
      const { draft } = await casts.begin({ kind: 'blank' }, 'window')
      const made = await casts.author('src/list.txt', null, {
        kind: 'text',
        text: 'one\n2\n',
        executable: false,
      })
      const { examination } = await casts.store({
        ...draft,
        tab: 'window',
        answers: {
          ...draft.answers,
          telemetry_anchors: ['anchor-1', 'anchor-2'],
          complexity: 2,
          items: [{ path: 'src/list.txt', summary: 'Use digits', change: made.change }],
          base_commit: made.base_commit,
          acceptance_criteria: ['first', 'second'],
          intent: 'So that it \nis read',
          summary: 'Renumber',
          request_id: 'REQ-7',
        },
      })
      expect(examination.text).toBe(castOf(w))
    } finally {
      await engine.close()
    }
  })

  test('goes back a question and a step, jumps to one, clears an answer, takes a file out', async () => {
    const w = await prepared()
    const intent = ['REQ-7', 'Wrong', ':back', 'Renumber', 'why', 'context', '', 'soon', 'high']
    const paths = ['src/list.txt', 'One', '', 'src/other.txt', 'Two', '', '-2', '', ':back', '']
    // Back over the step's head: the last question of the one before.
    const again = [':step intent', '', '', '', ':clear', '', '', '', '']
    const lines = [...intent, ...paths, ...again, '', '11', '4', '', '', '', 'y']
    const ran = await say(w, lines)
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('! a priority is one of')])
    expect(ran.stderr).toContain('! complexity is a whole number from 1 to 10')
    const cast = castSchema.parse(JSON.parse(castOf(w)))
    expect(cast).toMatchObject({
      summary: 'Renumber',
      priority: 'high',
      requested_changes: [{ path: 'src/list.txt', summary: 'One' }],
      metadata: { complexity: 4 },
    })
    expect(cast.context).toBeUndefined()
  })

  test('records approvals for exactly what it holds, and takes them back', async () => {
    const w = await prepared({ config: { approvals: { required: 1 } } })
    const lines = [
      ...INTENT,
      ...files(w),
      ...ANCHORS,
      'Ada',
      'owner',
      'fine',
      'Bob',
      '',
      '',
      '-2',
      '',
      'y',
      'y',
    ]
    const ran = await say(w, lines)
    expect(ran.code).toBe(0)
    expect(ran.stderr).toContain('1. Ada (owner): recorded')
    await w.ok('worker', '--drain', '--poll-interval-ms', '20', '--workers', '1')
    expect((await w.row(1)).status).toBe('applied')
    expect(JSON.parse(castOf(w)).metadata.approvals).toMatchObject([
      { approver: 'Ada', role: 'owner', note: 'fine' },
    ])
  })

  test('names what is wrong where it was answered, and does not write what could not be queued', async () => {
    const w = await prepared()
    const ran = await say(w, [
      'no good id!',
      '',
      '',
      '',
      '',
      '',
      '../out.txt',
      'Out',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
    ])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/! request_id/)
    expect(ran.stderr).toMatch(/\.\.\/out\.txt/)
    expect(ran.stderr).toContain('It cannot be written yet.')
    expect(existsSync(join(w.dir, 'taskjson'))).toBe(false)
  })

  test('an answer may begin with a colon, a name with a blank; a file that is not there is not taken out', async () => {
    const w = await prepared()
    const intent = ['REQ-7', '::step is what it is', 'why', '', '', '']
    const paths = [' led by a blank.txt', ' Do it ', '', '-99', '', '']
    const ran = await say(w, [...intent, ...paths, ...ANCHORS, '', 'y'])
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('! there is no file 99')])
    expect(JSON.parse(castOf(w))).toMatchObject({
      summary: ':step is what it is',
      requested_changes: [{ path: ' led by a blank.txt', summary: 'Do it' }],
    })
  })

  test('an edit that does not fit is told with its reason, and asked for again', async () => {
    const w = await prepared()
    const same = w.file('same.txt', 'one\ntwo\n')
    const edits = ['src/list.txt', 'Use digits', 'text /nowhere', 'soon', `text ${same}`, 'delete', '', '']
    const lines = [...INTENT, ...edits, ...ANCHORS, '', 'y']
    const ran = await say(w, lines)
    expect(ran.code).toBe(0)
    for (const why of [/\/nowhere does not exist/, /it takes "text FILE"/, /would stay as it is/])
      expect(ran.stderr).toMatch(why)
    expect(JSON.parse(castOf(w)).requested_changes[0].change.operation).toBe('delete')
  })
})

describe('a draft', () => {
  test('is kept by :quit and where nothing more comes, and gone on with', async () => {
    const w = await prepared()
    const left = await say(w, [...INTENT, ':quit'])
    expect([left.code, left.stderr]).toEqual([0, expect.stringContaining('hyperion cast --resume REQ-7')])
    const cut = await say(w, files(w), '--resume', 'REQ-7')
    expect(cut.code).toBe(1)
    const done = await say(w, ['1', ...ANCHORS, '', 'y'])
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('Wrote taskjson/REQ-7.json')])
    expect(JSON.parse(castOf(w)).summary).toBe('Renumber')
  })

  test('holds every answer that was given when the program is killed', async () => {
    const w = await prepared()
    const running = start(['cast'], { cwd: w.dir, stays: true, input: `${INTENT.join('\n')}\n` })
    await running.says(/2 of 5: Files/)
    running.kill('SIGKILL')
    await running.ended
    const done = await say(w, [...files(w), ...ANCHORS, '', 'y'], '--resume', 'REQ-7')
    expect(done.code).toBe(0)
    expect(JSON.parse(castOf(w))).toMatchObject({
      summary: 'Renumber',
      acceptance_criteria: ['first', 'second'],
    })
  })

  test('that somebody else writes to meanwhile is looked at again before it is approved or written', async () => {
    const w = await prepared()
    const lines = [...INTENT, ...files(w), ...ANCHORS]
    const running = start(['cast'], { cwd: w.dir, stays: true, input: `${lines.join('\n')}\n` })
    await running.says(/Approved by/)
    const engine = await openEngine({
      workspace: w.dir,
      host: { env: process.env, home: null },
      actor: 'test',
    })
    const elsewhere = async (summary: string): Promise<void> => {
      const { draft } = await engine.casts.open(engine.casts.drafts()[0]?.id ?? '')
      const done = await engine.casts.store({
        ...draft,
        tab: 'window',
        answers: { ...draft.answers, summary },
      })
      expect(done.stored).toBe(true)
    }
    try {
      await elsewhere('Of the window')
      running.process.stdin?.write('Ada\n\n\n')
      await running.says(/changed elsewhere meanwhile/)
      running.process.stdin?.write('Ada\n\n\n')
      await running.says(/1\. Ada: recorded/)
      running.process.stdin?.write('\n')
      await running.says(/Write taskjson/)
      await elsewhere('Of the window again')
      running.process.stdin?.write('y\n')
      await running.says(
        /changed elsewhere meanwhile[^]*changed elsewhere meanwhile[^]*Of the window again[^]*Write taskjson/,
      )
      running.process.stdin?.end('y\nn\n')
    } finally {
      await engine.close()
    }
    expect((await running.ended).code).toBe(0)
    expect(JSON.parse(castOf(w)).summary).toBe('Of the window again')
  })

  test('Ctrl-C leaves with 130 and says how to go on', async () => {
    const w = await prepared()
    const running = start(['cast'], { cwd: w.dir, stays: true, input: 'REQ-7\n' })
    await running.says(/What is wanted/)
    running.kill('SIGINT')
    const ran = await running.ended
    expect([ran.code, ran.stderr]).toEqual([130, expect.stringContaining('--resume REQ-7')])
  })
})

const PROGRAM = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

/** Runs the command on a terminal of its own, and types what answers to what it says. */
function onTerminal(w: Workspace, talk: readonly (readonly [RegExp, string])[]): Promise<string> {
  const line = `'${process.execPath}' '${PROGRAM}' cast`
  const child = spawn('script', ['-qfec', line, '/dev/null'], {
    cwd: w.dir,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  let from = 0
  let at = 0
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      for (let next = talk[at]; next !== undefined; next = talk[at]) {
        const found = next[0].exec(said.slice(from))
        if (found === null) return
        from += found.index + found[0].length
        at += 1
        child.stdin.write(next[1])
      }
    })
    child.on('error', reject)
    child.on('close', () => resolve(said))
  })
}

describe('on a terminal', () => {
  test('Tab completes paths, and what was typed before comes back with the arrow', async () => {
    const w = await prepared({ files: { 'src/deep/only-one.txt': 'x\n' } })
    const first = await onTerminal(w, [
      [/Request id.*: /, 'REQ-7\r'],
      [/Summary: /, 'A summary to be found\r'],
      [/Intent: /, ':step files\r'],
      [/Path: /, 'src/dee\t'],
      [/src\/deep\/only-one\.txt/, '\r'],
      [/happen to it: /, 'Do it\r'],
      [/delete: /, '\r'],
      [/Path: /, ':quit\r'],
    ])
    expect(first).toContain('only-one.txt: Do it (an agent makes it)')
    const second = await onTerminal(w, [
      [/begins a new one\): /, '\r'],
      [/Request id.*: /, '\u001b[A\u001b[A\u001b[A\u001b[A\u001b[A'],
      [/A summary to be found|src\/deep/, '\u0003'],
    ])
    expect(second).toContain('The draft is kept')
  })

  test('Enter keeps what was there before, not what was just refused', async () => {
    const w = await prepared()
    await onTerminal(w, [
      [/Request id \[REQ-1\]: /, 'no good id!\r'],
      [/! request_id/, ''],
      [/Request id \[REQ-1\]: /, 'x'.repeat(2_000) + '\r'],
      [/! request_id/, ''],
      [/Request id \[REQ-1\]: /, '\r'],
      [/Summary: /, ':quit\r'],
    ])
    const ran = await say(w, [], '--resume', 'REQ-1')
    expect(ran.stderr).toContain('--resume REQ-1')
  })
})

const CAST = {
  schema: 'hyperion.cast/1',
  request_id: 'REQ-50',
  summary: 'From elsewhere',
  requested_changes: [{ path: 'src/list.txt', summary: 'An agent does it' }],
  metadata: {
    intent: 'why not',
    complexity: 5,
    sample_diff: '',
    telemetry_anchors: [],
    approvals: [],
    agent_model: 'gpt-5-mini',
  },
}

describe('--from', () => {
  test('writes a sound cast byte for byte where it is told to, and asks nothing', async () => {
    const w = await prepared()
    const body = `${JSON.stringify(CAST)}\n`
    const file = w.file('cast.json', body)
    const ran = await w.run('cast', '--from', file)
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringMatching(/^Wrote taskjson\/REQ-50\.json /)])
    expect(castOf(w, 'REQ-50')).toBe(body)
    const out = join(w.dir, '../elsewhere')
    expect((await w.run('cast', '--from', file, '--out', out)).code).toBe(0)
    expect(readFileSync(join(out, 'REQ-50.json'), 'utf8')).toBe(body)
  })

  test('brings an older file up, and says so', async () => {
    const w = await prepared()
    const { schema: _, ...old } = CAST
    const ran = await w.run('cast', '--from', w.file('old.json', old))
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('brought up to it')])
    expect(JSON.parse(castOf(w, 'REQ-50'))).toMatchObject(CAST)
  })

  test('names each fault at its field and writes nothing', async () => {
    const w = await prepared()
    const bad = {
      ...CAST,
      colour: 1,
      requested_changes: [
        { path: '../x', summary: 's' },
        {
          path: 'src/list.txt',
          summary: 's',
          change: {
            path: 'src/list.txt',
            operation: 'update',
            replacement: 'x\n',
            patch_hash: 'f'.repeat(64),
          },
        },
      ],
    }
    const ran = await w.run('cast', '--from', w.file('bad.json', bad))
    expect(ran.code).toBe(1)
    for (const name of ['colour', 'requested_changes[0].path', 'requested_changes[1].change.patch_hash'])
      expect(ran.stderr).toContain(name)
    expect(ran.stderr).toContain('hyperion: ')
    expect(existsSync(join(w.dir, 'taskjson'))).toBe(false)
  })

  test('writes nothing where a part would have to be left out, though the rest is sound', async () => {
    const w = await prepared()
    const change = { path: 'src/list.txt', operation: 'delete', patch_hash: 'A'.repeat(64) }
    const lossy = {
      ...CAST,
      requested_changes: [{ ...CAST.requested_changes[0], change }],
      checks: [],
    }
    const ran = await w.run('cast', '--from', w.file('lossy.json', lossy))
    expect([ran.code, ran.stdout]).toEqual([1, ''])
    expect(ran.stderr).toMatch(/checks was left out: checks/)
    expect(ran.stderr).toMatch(/requested_changes\[0\]\.change was left out: change\.patch_hash/)
    expect(ran.stderr).toMatch(
      /\nhyperion: .* does not fit into a cast: .* \(and 1 more\); mend what is named/,
    )
    expect(existsSync(join(w.dir, 'taskjson'))).toBe(false)
  })

  test('does not replace another cast unless told to', async () => {
    const w = await prepared()
    mkdirSync(join(w.dir, 'taskjson'))
    writeFileSync(join(w.dir, 'taskjson/REQ-50.json'), 'mine')
    const file = w.file('cast.json', CAST)
    const ran = await w.run('cast', '--from', file)
    expect([ran.code, sentence(ran)]).toEqual([1, expect.stringContaining('holds another cast')])
    expect(castOf(w, 'REQ-50')).toBe('mine')
    expect((await w.run('cast', '--from', file, '--overwrite')).code).toBe(0)
    expect(readdirSync(join(w.dir, 'taskjson'))).toEqual(['REQ-50.json'])
  })

  test.each([
    ['is not there', '/nowhere.json', /does not exist/],
    ['is a folder', '/', /is a folder/],
  ])('a file that %s is refused', async (_, file, why) => {
    const w = await prepared()
    const ran = await w.run('cast', '--from', file)
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(why)])
  })
})
