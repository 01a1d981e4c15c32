/** Bad input: one sentence naming file, field and remedy on stderr, the right exit code, nothing changed. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { change, entry, replaced, request, textHash, type Json } from '../support/requests.ts'
import { hyperion, sentence, workspace, type Ran, type Workspace } from './support.ts'

const good = (task: string): Json => change({ task, path: 'a.txt', replacement: `${task}\n` })

let w: Workspace
beforeAll(async () => {
  w = await workspace({ config: { checks: { allow: { yes: 'true' } } } })
  await w.enqueue(good('OPEN-1'))
})
afterAll(() => w.dispose())

/** Runs a command that must be refused, and looks at everything it could have changed. */
async function refused(args: readonly string[], exitCode: number): Promise<string> {
  const [dump, print] = [w.dump(), w.print()]
  const ran = await hyperion(args, { cwd: w.dir })
  expect(ran).toMatchObject({ code: exitCode, stdout: '' })
  expect(w.dump()).toBe(dump)
  expect(w.print()).toEqual(print)
  return sentence(ran)
}

test('a file that never ends is too large like any other', async () => {
  expect(await refused(['enqueue', '/dev/zero'], 1)).toMatch(
    /^\/dev\/zero has over|^\/dev\/zero has \d+ bytes; at most/,
  )
})

test('the sample goes into no file', async () => {
  const file = w.file('taken.txt', 'x')
  expect(await refused(['sample', file], 1)).toMatch(/taken\.txt is a file/)
})

const whole = good('B-1')
const [first] = whole['changes'] as [Json]
const text = JSON.stringify(whole)

describe('a change request', () => {
  const cases: readonly [name: string, content: string | Json, said: RegExp][] = [
    [
      'half written',
      text.slice(0, 60),
      /bad\.json:1:61: expected .*, found the end; complete or correct it$/,
    ],
    ['empty', '', /bad\.json:1:1: expected a value, found the end; complete or correct it$/],
    [
      'not UTF-8',
      Buffer.from([0x22, 0xff, 0x22]).toString('latin1'),
      /is not valid UTF-8; save it as UTF-8$/,
    ],
    ['with a key twice', '{"agent":"a","agent":"b"}', /has the key "agent" twice in one object; keep one$/],
    ['nested too deep', '['.repeat(5000), /deep/],
    ['not an object', '7', /bad\.json: the change request takes an object, got 7$/],
    ['in an empty list', '[]', /bad\.json: the change request takes an object, got an empty list$/],
    ['of a wrong type', { ...whole, agent: 5 }, /bad\.json: agent takes an id .*, got 5$/],
    [
      'with an unknown key',
      { ...whole, extra: 1 },
      /bad\.json: extra is not a key that belongs here; remove it$/,
    ],
    ['without a field', { ...whole, checks: undefined }, /bad\.json: checks is missing; it takes a list$/],
    [
      'with a wrong hash',
      { ...whole, changes: [{ ...first, patch_hash: 'f'.repeat(64) }] },
      new RegExp(
        `changes\\[0\\]\\.patch_hash is not the SHA-256 of replacement, which is ${textHash('B-1\n')}$`,
      ),
    ],
    [
      'leaving the repository',
      request({ task: 'B' }, replaced('../x', 'x')),
      /changes\[0\]\.path "\.\.\/x": .* stay inside/,
    ],
    [
      'with two of one path',
      request({ task: 'B' }, replaced('a', 'x'), replaced('a', 'y')),
      /changes\[1\]\.path .*a/,
    ],
    [
      'with a patch that is none',
      request({ task: 'B' }, entry('a.txt', 'update', { patch: 'hello' })),
      /changes\[0\]\.patch/,
    ],
    [
      'with both patch and text',
      request({ task: 'B' }, { ...first, patch: '@@ -1 +1 @@\n' }),
      /changes\[0\].*(patch|replacement)/,
    ],
    [
      'on an unknown base',
      { ...whole, base_commit: 'a'.repeat(40) },
      /base_commit a{40} is not a commit of this repository; fetch it first, or leave base_commit out$/,
    ],
  ]

  test.each(cases)('%s', async (_name, content, said) => {
    const file = w.file('bad.json', typeof content === 'string' ? '' : content)
    if (typeof content === 'string') writeFileSync(file, Buffer.from(content, 'latin1'))
    // All or nothing: a good one in the same call is not queued either.
    expect(await refused(['enqueue', w.file('good.json', good('B-2')), file], 1)).toMatch(said)
  })

  test('in an array is named by its place', async () => {
    const file = w.file('many.json', [good('B-3'), { ...good('B-4'), agent: '' }])
    expect(await refused(['enqueue', file], 1)).toMatch(/many\.json\[1\]: agent takes an id/)
  })

  test('that cannot be read', async () => {
    expect(await refused(['enqueue', 'nowhere.json'], 1)).toBe(
      'nowhere.json does not exist; name a readable JSON file',
    )
    expect(await refused(['validate-change', dirname(w.dir)], 1)).toMatch(
      / is a folder; name a readable JSON file$/,
    )
    const empty = join(dirname(w.dir), 'in/none')
    mkdirSync(empty, { recursive: true })
    expect(await refused(['enqueue', empty], 1)).toBe(
      `${empty} holds no *.json file; name a folder of change requests`,
    )
  })

  test('too large', async () => {
    const file = w.file('large.json', `"${'x'.repeat(11 * 1024 * 1024)}"`)
    expect(await refused(['enqueue', file], 1)).toMatch(
      /large\.json: the change request is larger than \d+ bytes; split it$/,
    )
  })

  test('is refused by apply too', async () => {
    expect(await refused(['apply', w.file('bad.json', { ...whole, agent: 5 })], 1)).toMatch(
      /agent takes an id/,
    )
    expect(await refused(['apply', w.file('bad.json', text.slice(0, 60))], 1)).toMatch(
      /complete or correct it$/,
    )
  })
})

describe('a task request', () => {
  const task: Json = {
    request_id: 'R-1',
    summary: 'Do',
    requested_changes: [{ path: 'a.txt', summary: 'Do' }],
  }
  const cases: readonly [name: string, content: string | Json, said: RegExp][] = [
    ['half written', JSON.stringify(task).slice(0, 40), /request\.json:1:41: .*; complete or correct it$/],
    ['with an unknown key', { ...task, extra: 1 }, /extra is not a key that belongs here; remove it$/],
    ['of a wrong type', { ...task, summary: 7 }, /summary takes .*, got 7$/],
    [
      'without changes',
      { ...task, requested_changes: [] },
      /requested_changes takes at least one requested change, got an empty list$/,
    ],
    [
      'with a path outside',
      { ...task, requested_changes: [{ path: '/etc/x', summary: 'x' }] },
      /requested_changes\[0\]\.path/,
    ],
    ['a cast of an unknown schema', { ...task, schema: 'hyperion.cast/9' }, /schema/],
  ]
  test.each(cases)('%s', async (_name, content, said) => {
    const file = w.file('request.json', content)
    expect(await refused(['request', file], 1)).toMatch(said)
    expect(await refused(['orchestrate', file], 1)).toMatch(said)
  })
})

describe('an id that is not there', () => {
  test.each([
    ['show'], ['retry'], ['cancel'], ['discard'], ['mark-applied'], ['mark-failed'],
    ['release', '--fence', '1'], ['approve', '--by', 'me'], ['reject', '--by', 'me', '--reason', 'no'],
    ['resolve', '--by', 'me'],
  ])('%s', async (command, ...flags) => {
    expect(await refused([command, '99', ...flags], 1)).toBe('there is no change 99; see `hyperion list`')
  }) // prettier-ignore

  test('requests', async () => {
    expect(await refused(['requests', 'REQ-9'], 1)).toBe('there is no request REQ-9; see `hyperion requests`')
  })
})

describe('a status that forbids the act', () => {
  test.each([
    [['retry', '1'], 'change 1 is pending; retry takes a change that is failed, cancelled'],
    [['release', '1', '--fence', '1'], 'change 1 is pending; release takes a change that is in_progress'],
    [['approve', '1', '--by', 'me'], 'change 1 is pending; approve takes a change that is held'],
    [
      ['reject', '1', '--by', 'me', '--reason', 'no'],
      'change 1 is pending; reject takes a change that is held',
    ],
    [['resolve', '1', '--by', 'me'], 'change 1 is pending; resolve takes a change that is conflict'],
  ])('%j', async (args, said) => expect(await refused(args, 1)).toBe(said))
})

test('a duplicate writes nothing but its log row', async () => {
  const rows = (): string =>
    w
      .dump()
      .replace(/^(change_queue_logs|sqlite_sequence): .*$/gm, '')
      .replace(/\{"key":"audit_head","value":"[^"]*"\}/, '')
  const before = rows()
  const ran: Ran = await hyperion(['enqueue', w.file('again.json', good('OPEN-1'))], { cwd: w.dir })
  expect([ran.code, ran.stdout]).toEqual([1, ''])
  expect(ran.stderr).toBe('Skipped OPEN-1: the same change request is change 1 already (pending)\n')
  expect(rows()).toBe(before)
  const last: unknown = JSON.parse(await w.ok('logs', '--limit', '1', '--format', 'json'))
  expect(last).toMatchObject([{ message: 'duplicate change request', queue_id: 1 }])
})

describe('text that would steer the terminal', () => {
  const EVIL = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp.exe\r\u200b'
  // eslint-disable-next-line no-control-regex
  const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202e]/

  test('of agents, in every view', async () => {
    const metadata = {
      intent: EVIL,
      complexity: 2,
      sample_diff: EVIL,
      telemetry_anchors: [EVIL],
      approvals: [],
      agent_model: EVIL,
    }
    const [id] = await w.enqueue({
      ...change({ task: 'EVIL-1', path: 'evil.txt', add: EVIL, metadata }),
      checks: [`echo ${EVIL}`],
    })
    await w.run('worker', '--run-checks', '--drain', '--poll-interval-ms', '20')
    expect((await w.row(id ?? 0)).status).toBe('held')
    for (const args of [
      ['list'],
      ['list', '--format', 'json'],
      ['show', String(id)],
      ['show', String(id), '--format', 'json'],
      ['logs', '--level', 'debug'],
      ['logs', '--format', 'json'],
    ]) {
      const { code, stdout, stderr } = await w.run(...args)
      expect([args, code, RAW.exec(stdout + stderr)]).toEqual([args, 0, null])
    }
    const shown = await w.show(id ?? 0)
    expect((shown.payload.changes[0] as { replacement: string }).replacement).toBe(EVIL)
    const log = await hyperion(['mark-failed', String(id), '--error', EVIL], {
      cwd: w.dir,
      env: { HYPERION_LOG: '1' },
    })
    expect([log.code, RAW.exec(log.stdout + log.stderr)]).toEqual([0, null])
    expect(log.stderr).toContain('mark_failed')
    expect(RAW.exec((await w.run('list-dead-letters')).stdout)).toBeNull()
  })

  test.each([
    [['\u001b[31mcommand']],
    [['list', '\u001b[31m']],
    [['list', '--\u001b[31m']],
    [['enqueue', '\u001b[31m.json']],
    [['requests', '\u001b[31m']],
    [['--workspace', '\u001b[31m', 'list']],
    [['--db', '\u001b[31m', 'list']],
  ])('in arguments: %j', async (args) => {
    const { code, stdout, stderr } = await hyperion(args, { cwd: w.dir })
    expect([code === 1 || code === 2, RAW.exec(stdout + stderr)]).toEqual([true, null])
    expect(stderr).toContain('\\x1b[31m')
  })

  test('in names of files', async () => {
    const file = w.file('\u001b[31mname.json', '{')
    const { code, stderr } = await hyperion(['enqueue', dirname(file)], { cwd: w.dir })
    expect([code, RAW.exec(stderr)]).toEqual([1, null])
  })
})

test('a refused request leaves no workspace behind in a repository that is none yet', async () => {
  const fresh = await workspace({ init: false })
  try {
    const refs = fresh.repo.git('for-each-ref')
    const ran = await hyperion(['enqueue', fresh.file('bad.json', { task_id: 'X' })], { cwd: fresh.dir })
    expect(ran.code).toBe(1)
    expect([fresh.repo.git('for-each-ref'), existsSync(join(fresh.dir, '.hyperion'))]).toEqual([refs, false])
  } finally {
    fresh.dispose()
  }
})

test('validate-change says in JSON too that a file is no JSON', async () => {
  const file = join(dirname(w.dir), 'half.json')
  writeFileSync(file, '{"task_id": ')
  const ran = await hyperion(['validate-change', file, '--format', 'json'], { cwd: w.dir })
  expect(ran.code).toBe(1)
  expect(JSON.parse(ran.stdout)).toMatchObject({
    valid: false,
    errors: [expect.stringContaining('half.json')],
  })
})
