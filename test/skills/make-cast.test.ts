/** The skill of casts: what its script makes and refuses, and that each message its text quotes is really printed. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { validateCast } from '../../main/engine/domain/validate-task.ts'
import { castSchema } from '../../schemas/cast.ts'
import { PRIORITIES } from '../../schemas/states.ts'
import { thingsForEach } from '../cli/support.ts'
import { folder, onPath, PROJECT, put } from './support.ts'

const { prepared } = thingsForEach()
const SKILL = join(PROJECT, 'skills/cast-builder')
const SCRIPT = join(SKILL, 'scripts/make-cast.mjs')
const make = (args: string[], cwd = PROJECT) => onPath('node', [SCRIPT, ...args], cwd)

test('makes the cast of the examples, which is valid, on stdout or in a file', () => {
  const answers = join(SKILL, 'examples/answers.json')
  const ran = make([answers])
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  const cast = castSchema.parse(JSON.parse(ran.stdout))
  expect(cast).toEqual(JSON.parse(readFileSync(join(SKILL, 'examples/cast.json'), 'utf8')))
  expect(cast.metadata.agent_model).toBe('gpt-4.1')
  const out = join(folder(), 'cast.json')
  expect(make([answers, '--out', out]).status).toBe(0)
  expect(readFileSync(out, 'utf8')).toBe(ran.stdout)
})

test('what it makes of an update and a delete lands as it says', async () => {
  const w = await prepared({ files: { 'b.txt': 'b\n' } })
  const at = folder()
  put(at, {
    'new.txt': 'ä\nlast line without an end',
    'answers.json': JSON.stringify({
      request_id: 'R-1',
      summary: 's',
      intent: 'i',
      complexity: 5,
      checks: ['none'],
      changes: [
        { path: 'a.txt', summary: 's', operation: 'update', file: 'new.txt' },
        { path: 'b.txt', summary: 's', operation: 'delete' },
      ],
    }),
  })
  expect(make(['answers.json', '--out', 'cast.json'], at)).toMatchObject({ status: 0, stderr: '' })
  await w.ok('request', join(at, 'cast.json'))
  await w.ok('worker', '--drain')
  expect(w.repo.git('show', 'hyperion/main:a.txt')).toBe('ä\nlast line without an end')
  expect(w.repo.git('ls-tree', '--name-only', 'hyperion/main')).toBe('a.txt')
  expect((await w.row(1)).payload.metadata?.agent_model).toBe('gpt-5-mini')
})

test('tells every problem on a line of its own and exits with 1', () => {
  const at = folder()
  put(at, { 'bad.json': JSON.stringify({ request_id: '../x', complexity: 11, colour: 1, changes: [{ file: 'x' }] }), 'text.json': 'no' }) // prettier-ignore
  const ran = make(['bad.json'], at)
  expect([ran.status, ran.stdout]).toEqual([1, ''])
  expect(ran.stderr.trim().split('\n').map((line) => /^make-cast: ([\w[\].]+) /.exec(line)?.[1])).toEqual([
    'colour', 'request_id', 'summary', 'intent', 'complexity', 'changes[0].path', 'changes[0].summary', 'changes[0].operation',
  ]) // prettier-ignore
  expect(make(['text.json'], at)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^make-cast: .+\n$/),
  })
  expect(make(['absent.json'], at)).toMatchObject({
    status: 1,
    stderr: 'make-cast: absent.json is not there\n',
  })
  expect(make([], at)).toMatchObject({ status: 2, stderr: expect.stringContaining('usage: ') })
})

/** Answers of which nothing is wrong, without changes. */
const ANSWERS = { request_id: 'R-1', summary: 's', intent: 'i', complexity: 5 }
const CHANGE = { path: 'a.txt', summary: 's' }

/** Runs the script on answers in a folder, which it may not change; returns the problems it names. */
function problems(at: string, answers: unknown): string[] {
  put(at, { 'answers.json': JSON.stringify(answers) })
  const ran = make(['answers.json'], at)
  expect([ran.status, ran.stdout]).toEqual([1, ''])
  return ran.stderr.trimEnd().split('\n').map((line) => line.replace(/^make-cast: /, '')) // prettier-ignore
}
const withFile = (file: unknown) => ({ ...ANSWERS, changes: [{ ...CHANGE, operation: 'update', file }] })

describe('a file that cannot become a finished edit is refused with one sentence', () => {
  test.each([
    ['Latin-1', Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a])],
    ['a NUL', Buffer.from('a\0b')],
    ['half a character', Buffer.from([0xe2, 0x82])],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80])],
  ])('%s', (_, bytes) => {
    const at = folder()
    put(at, { bin: bytes })
    expect(problems(at, withFile('bin'))).toEqual(['changes[0].file bin is no UTF-8 text'])
  })

  test('text of every kind goes through byte for byte', () => {
    const at = folder()
    const text = '\ufeffä\r\n€ 😀 \ufffd\rno end'
    put(at, { text, 'answers.json': JSON.stringify(withFile('text')) })
    const { stdout } = make(['answers.json'], at)
    const [item] = castSchema.parse(JSON.parse(stdout)).requested_changes
    expect(item?.change?.replacement).toBe(text)
  })

  test('one that is not there, a folder, and one outside of the repository, by name or by link', () => {
    const at = folder()
    put(at, { 'outside.txt': 'secret\n', 'repo/.git/HEAD': '', 'repo/in/x': '', 'repo/shared.txt': 'ä\n' })
    mkdirSync(join(at, 'repo/in/dir'))
    symlinkSync('../../outside.txt', join(at, 'repo/in/link'))
    const here = join(at, 'repo/in')
    expect(problems(here, withFile('absent'))).toEqual(['changes[0].file absent is not there'])
    expect(problems(here, withFile('dir'))).toEqual(['changes[0].file dir is no file'])
    for (const name of ['../../outside.txt', 'link', join(at, 'outside.txt')])
      expect(problems(here, withFile(name))).toEqual([`changes[0].file ${name} is outside of ${at}/repo`])
    put(here, { 'answers.json': JSON.stringify(withFile('../shared.txt')) })
    expect(make(['answers.json'], here)).toMatchObject({ status: 0, stderr: '' })
    // Without a repository, the folder of the answers is the border.
    expect(problems(join(at), withFile('../x'))).toEqual(['changes[0].file ../x is not there'])
    put(at, { 'deep/x': '' })
    expect(problems(join(at, 'deep'), withFile('../outside.txt'))).toEqual([
      `changes[0].file ../outside.txt is outside of ${at}/deep`,
    ])
  })
})

describe('answers of the wrong kind', () => {
  const WRONG: Record<string, unknown[]> = {
    request_id: [1, '', null],
    summary: [1, ' ', ['s']],
    intent: [{}, ''],
    complexity: ['5', 0, 11, 1.5, null],
    sample_diff: [1, null, []],
    telemetry_anchors: ['x', [1], ['']],
    approvals: [{}, ['Ada'], [{}], [{ approver: 'Ada' }], [{ approver: 'Ada', approved_at: -1 }]],
    agent_model: [1, '', null],
    priority: ['critical', 1],
    context: [1, null],
    acceptance_criteria: ['x', [1]],
    checks: ['none', [], [1], [{}]],
    base_commit: ['main', 1],
    changes: [{}, [], 'x', null],
  }
  test.each(Object.entries(WRONG))('%s', (key, values) => {
    const at = folder()
    for (const value of values) {
      const answers = { ...ANSWERS, changes: [CHANGE], [key]: value }
      const told = problems(at, answers)
      expect([value, told]).toEqual([value, [expect.stringMatching(new RegExp(`^${key} takes `))]])
    }
  })

  test.each([
    ['x', /^changes\[0\] takes an object/],
    [null, /^changes\[0\] takes an object/],
    [{ ...CHANGE, path: 1 }, /^changes\[0\]\.path takes /],
    [{ ...CHANGE, summary: [] }, /^changes\[0\]\.summary takes /],
    [{ ...CHANGE, operation: 'rename' }, /^changes\[0\]\.operation takes add, update, delete$/],
    [{ ...CHANGE, operation: 'add' }, /^changes\[0\]\.file is missing; add takes/],
    [{ ...CHANGE, operation: 'add', file: 1 }, /^changes\[0\]\.file takes the name/],
    [{ ...CHANGE, operation: 'delete', file: 'x' }, /^changes\[0\]\.operation takes add or update/],
    [{ ...CHANGE, colour: 1 }, /^changes\[0\] takes .*, and no "colour"$/],
  ])('a change %j', (change, said) => {
    expect(problems(folder(), { ...ANSWERS, changes: [change] })).toEqual([expect.stringMatching(said)])
  })

  test('answers that are no object, no JSON, no text, a folder; a place that cannot be written', () => {
    const at = folder()
    for (const value of [[], null, 'x', 1]) expect(problems(at, value)).toEqual(['the answers are no object'])
    writeFileSync(join(at, 'bin.json'), Buffer.from([0x22, 0xe9, 0x22]))
    expect(make(['bin.json'], at)).toMatchObject({
      status: 1,
      stderr: 'make-cast: bin.json is no UTF-8 text\n',
    })
    expect(make(['.'], at)).toMatchObject({ status: 1, stderr: 'make-cast: . is no file\n' })
    put(at, { 'answers.json': JSON.stringify({ ...ANSWERS, changes: [CHANGE] }) })
    for (const [out, code] of [
      ['.', 'EISDIR'],
      ['no/cast.json', 'ENOENT'],
    ] as const)
      expect(make(['answers.json', '--out', out], at)).toMatchObject({ status: 1, stdout: '', stderr: `make-cast: ${out}: ${code}\n` }) // prettier-ignore
    expect(make(['answers.json', '--out', ''], at)).toMatchObject({ status: 2 })
  })

  test('what it takes is what the queue takes', () => {
    const at = folder()
    const all = {
      ...ANSWERS,
      sample_diff: '',
      telemetry_anchors: ['a'],
      approvals: [
        { approver: 'Ada', approved_at: 1 },
        { approver: 'Bo', approved_at: '2026-01-01T00:00:00Z' },
      ],
      agent_model: 'm',
      priority: 'high',
      context: '',
      acceptance_criteria: ['x'],
      checks: ['unit', { run: 'npm test', expect: { exit_code: 0 } }],
      base_commit: 'a'.repeat(40),
    }
    for (const priority of PRIORITIES) {
      put(at, { 'answers.json': JSON.stringify({ ...all, priority, changes: [CHANGE] }) })
      const ran = make(['answers.json'], at)
      expect([ran.status, ran.stderr]).toEqual([0, ''])
      expect(validateCast(JSON.parse(ran.stdout))).toMatchObject({ ok: true })
    }
  })
})

/** Everything a text quotes in the first column of its tables about refusals. */
function quoted(): string[] {
  const text = readFileSync(join(SKILL, 'SKILL.md'), 'utf8')
  const section = /^## When it is refused\n([^]*?)^More on/m.exec(text)?.[1] ?? ''
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, said = '']) => said)
}

describe('when it is refused', () => {
  const example = JSON.parse(readFileSync(join(SKILL, 'examples/cast.json'), 'utf8')) as {
    request_id: string
    requested_changes: { change?: Record<string, string> }[]
    metadata: Record<string, unknown>
  }
  type Cast = typeof example
  /** What is printed where the example is made wrong, as a cast and as answers. */
  const REFUSED: [said: string, spoil: (cast: Cast) => void][] = [
    ['metadata.intent is missing; it takes', ({ metadata }) => delete metadata['intent']],
    ['patch_hash is not the SHA-256 of', (cast) => { (cast.requested_changes[0]?.change ?? {})['replacement'] += 'x' }], // prettier-ignore
    ['is not a key that belongs here', (cast) => Object.assign(cast, { colour: 1 })],
  ]
  const HELD: [said: string, spoil: (cast: Cast) => void][] = [
    ['no longer fits the target at', (cast) => edit(cast, { path: 'a.txt' })],
    ['does not exist in the base', (cast) => edit(cast, { path: 'absent.txt', operation: 'update' })],
    ['asks for no check, and checks are on', (cast) => Object.assign(cast, { checks: ['none'] })],
    ['is not on the allow-list', (cast) => Object.assign(cast, { checks: ['npm test'] })],
    ['needs 1 approval, has 0', ({ metadata }) => Object.assign(metadata, { complexity: 8 })],
  ]
  function edit(cast: Cast, change: Record<string, string>): void {
    const [item] = cast.requested_changes
    Object.assign(item?.change ?? {}, change)
    Object.assign(item ?? {}, { path: change['path'] })
    cast.requested_changes.splice(1)
  }
  const spoilt = (name: string, spoil: (cast: Cast) => void): Cast => {
    const cast = { ...structuredClone(example), request_id: name }
    spoil(cast)
    return cast
  }
  const OF_ANSWERS: [said: string, answers: unknown][] = [
    ['complexity takes a whole number', { ...ANSWERS, complexity: 11, changes: [CHANGE] }],
    ['is no answer; it takes', { ...ANSWERS, colour: 1, changes: [CHANGE] }],
    ['is no UTF-8 text', withFile('bin')],
    ['is not there', withFile('absent')],
    ['is outside of', withFile('../secret')],
  ]
  const OF_OTHERS = 'stands for another request already'

  test('the text quotes what is provoked here, and nothing else', () => {
    const provoked = [...OF_ANSWERS, ...REFUSED, [OF_OTHERS], ...HELD].map(([said]) => said)
    expect(quoted().toSorted()).toEqual(provoked.toSorted())
  })

  test.each(OF_ANSWERS)('make-cast.mjs: %s', (said, answers) => {
    const at = folder()
    put(at, { 'in/bin': Buffer.from([0xff]), secret: 'x\n' })
    expect(problems(join(at, 'in'), answers)).toEqual([expect.stringContaining(said)])
  })

  test.each(REFUSED)('orchestrate and request: %s', async (said, spoil) => {
    const w = await prepared()
    const file = w.file('cast.json', spoilt('R-1', spoil))
    for (const verb of ['orchestrate', 'request'])
      expect(await w.run(verb, file)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(said) }) // prettier-ignore
  })

  test(`request: ${OF_OTHERS}`, async () => {
    const w = await prepared()
    await w.ok('request', w.file('cast.json', example))
    const other = w.file('other.json', { ...example, summary: 'Another' })
    expect(await w.run('request', other)).toMatchObject({ code: 1, stderr: expect.stringContaining(OF_OTHERS) }) // prettier-ignore
  })

  test('list: each reason why what was queued did not land', async () => {
    const w = await prepared({ config: { checks: { allow: { yes: 'true' } } } })
    for (const [n, [, spoil]] of HELD.entries()) {
      await w.ok('request', w.file(`${n}.json`, spoilt(`R-${n}`, spoil)))
      expect((await w.run('worker', '--run-checks', '--drain')).code).toBe(3)
    }
    const list = await w.ok('list')
    for (const [n, [said]] of HELD.entries())
      expect(list.split('\n').filter((line) => line.includes(`R-${n}-1 `))).toEqual([expect.stringContaining(said)]) // prettier-ignore
  })
})
