import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { validateChangeRequest } from '../../main/engine/domain/validate-change.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { hostileCases, type HostileCase } from '../support/hostile.ts'
import { added, change, deleted, patched, replaced, request, type Json } from '../support/requests.ts'
import type { TempRepo } from '../support/temp-repo.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

const LINK =
  'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+README.md\n\\ No newline at end of file\n'
const EDIT = '@@ -1 +1 @@\n-x\n+y\n'
const HUGE_LINES = 600_000
/** What git's own tools must not take for the end of a message or steer a terminal by. */
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Fills a repository with what a hostile request could reach for. */
function prepare(repo: TempRepo): void {
  repo.write('f.ts', 'a\nb\nc\n')
  repo.write('Cased/Name.txt', 'x\n')
  repo.write('cafe\u0301.txt', 'x\n')
  repo.write('stra\u00dfe.txt', 'x\n')
  repo.write('a-file', 'x\n')
  repo.write('image.png', Buffer.from([137, 80, 78, 71, 0, 1, 10]))
  repo.write('latin1.txt', Buffer.from('caf\u00e9\n', 'latin1'))
  repo.write(
    'stored.bin',
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1\n`,
  )
  repo.write('.gitattributes', '*.txt filter=evil\n')
  repo.write('wide.txt', `x\n${'w'.repeat(200_000)}\nend\n`)
  repo.write('huge.txt', `x\n${'a line of a huge file\n'.repeat(HUGE_LINES)}`)
  symlinkSync('/etc', join(repo.dir, 'absolute'))
  symlinkSync('.git', join(repo.dir, 'inward'))
  symlinkSync('Cased', join(repo.dir, 'sideways'))
  repo.write('module/file.txt', 'x\n')
  const inModule = { cwd: join(repo.dir, 'module') }
  repo.run(['init', '--quiet'], inModule)
  repo.run(['add', '.'], inModule)
  repo.run(['commit', '--quiet', '-m', 'in the module'], inModule)
  repo.commit('something to reach for')
}

type AtRepository = readonly [
  name: string,
  status: string,
  code: string | null,
  make: (repo: TempRepo) => Json,
]
const one =
  (...entries: Json[]): (() => Json) =>
  () =>
    request({ task: 'X' }, ...entries)

/** Requests that only the repository shows to be hostile; each is valid as JSON. */
const AT_REPOSITORY: readonly AtRepository[] = [
  ['a write through an absolute link', 'failed', 'path_under_file', one(added('absolute/passwd', 'x\n'))],
  ['an update through an absolute link', 'failed', 'path_under_file', one(replaced('absolute/passwd', 'x\n'))],
  ['a delete through an absolute link', 'failed', 'path_under_file', one(deleted('absolute/passwd'))],
  ['a write through a link into .git', 'failed', 'path_under_file', one(added('inward/hooks/post-commit', 'x\n', true))],
  ['a write through a link to a tracked folder', 'failed', 'path_under_file', one(patched('sideways/Name.txt', EDIT))],
  ['a new text for a link', 'failed', 'not_a_regular_file', one(replaced('absolute', '/etc/hostname\n'))],
  ['a patch of a link', 'failed', 'not_a_regular_file', one(patched('sideways', '@@ -1 +1 @@\n-Cased\n+.git\n'))],
  ['a link deleted and a folder in its place', 'failed', 'not_a_regular_file', one(deleted('absolute'), added('absolute/x', 'x\n'))],
  ['a file for a link', 'failed', null, one(added('absolute', 'x\n'))],
  ['a submodule', 'failed', 'not_a_regular_file', one(replaced('module', 'x\n'))],
  ['a write into a submodule', 'failed', 'path_under_file', one(added('module/x.txt', 'x\n'))],
  ['a deleted submodule', 'failed', 'not_a_regular_file', one(deleted('module'))],
  ['a name in another case', 'failed', 'name_collision', one(added('Cased/NAME.txt', 'x\n'))],
  ['a folder in another case', 'failed', 'name_collision', one(added('cased/other.txt', 'x\n'))],
  ['a name in another normal form', 'failed', 'name_collision', one(added('caf\u00e9.txt', 'x\n'))],
  ['a name that folds to a tracked one', 'failed', 'name_collision', one(added('strasse.txt', 'x\n'))],
  ['an update under another case', 'failed', 'path_missing', one(replaced('cased/name.txt', 'x\n'))],
  ['a file below a file', 'failed', 'path_under_file', one(added('a-file/x', 'x\n'))],
  ['a file for a folder', 'failed', 'not_a_regular_file', one(added('Cased', 'x\n'))],
  ['a deleted folder', 'failed', 'not_a_regular_file', one(deleted('Cased'))],
  ['a binary base', 'failed', 'binary_path', one(replaced('image.png', 'x\n'))],
  ['a Latin-1 base', 'failed', 'not_utf8', one(patched('latin1.txt', '@@ -1 +1 @@\n-caf\u00e9\n+x\n'))],
  ['a Git LFS base', 'failed', 'lfs_pointer', one(replaced('stored.bin', 'x\n'))],
  ['a tracked .gitattributes, replaced', 'held', 'protected_path', one(replaced('.gitattributes', '* -text\n'))],
  ['a tracked .gitattributes, deleted', 'held', 'protected_path', one(deleted('.gitattributes'))],
  ['a protected name in another case', 'held', 'protected_path', one(added('.GITATTRIBUTES', 'x\n'))],
  ['a filtered file', 'applied', null, one(patched('Cased/Name.txt', EDIT))],
  ['a line of 200,000 bytes beside the change', 'applied', null, one(patched('wide.txt', '@@ -1 +1 @@\n-x\n+y\n'))],
  ['a file of 13 MB', 'applied', null, one(patched('huge.txt', EDIT))],
  ['a link in the patch', 'refused', 'patch_symlink', one({ ...added('l', ''), replacement: undefined, patch: LINK })],
  ['a base that is a tree', 'refused', 'base_missing', (repo) => change({ task: 'X', path: 'x', add: 'x', base: repo.git('rev-parse', 'HEAD^{tree}') })],
  ['a base that is a blob', 'refused', 'base_missing', (repo) => change({ task: 'X', path: 'x', add: 'x', base: repo.git('rev-parse', 'HEAD:f.ts') })],
  ['a base of another length', 'refused', 'base_missing', () => change({ task: 'X', path: 'x', add: 'x', base: 'a'.repeat(64) })],
] // prettier-ignore

interface Prepared {
  name: string
  value: unknown
  status: string
  code: string | null
}

const statusOf = (one: HostileCase): Pick<Prepared, 'status' | 'code'> => {
  if (one.expect.stage === 'refused') return { status: 'refused', code: one.expect.code }
  return one.expect.stage === 'held'
    ? { status: 'held', code: 'protected_path' }
    : { status: 'applied', code: null }
}

interface Outcome {
  status: string
  codes: string[]
  id: number | null
}

/** Everything outside the queue that no hostile request may touch; the target's ref and log are looked at apart. */
const outside = (bench: Workbench): Record<string, string> =>
  fingerprint(bench.dir, {
    times: true,
    without: ['.hyperion', '.git/objects', '.git/refs/heads/hyperion', '.git/logs/refs/heads/hyperion'],
  })

const objectsOf = (bench: Workbench): string[] =>
  bench.repo.git('cat-file', '--batch-all-objects', '--batch-check', '--unordered').split('\n').sort()

describe('hostile requests through the real queue', () => {
  let bench: Workbench
  const prepared: Prepared[] = []
  const outcomes = new Map<string, Outcome>()
  let before: { outside: Record<string, string>; objects: string[] }
  let refused: { objects: string[]; rows: number; tip: string }

  beforeAll(async () => {
    bench = await workbench({ before: prepare })
    for (const one of hostileCases()) prepared.push({ name: one.name, value: one.request, ...statusOf(one) })
    for (const [name, status, code, make] of AT_REPOSITORY) {
      const value = JSON.parse(
        JSON.stringify({ ...make(bench.repo), task_id: `AT-${prepared.length}` }),
      ) as Json
      prepared.push({ name, value: fixHashes(value), status, code })
    }
    before = { outside: outside(bench), objects: objectsOf(bench) }
    const enqueue = async ({ name, value }: Prepared): Promise<void> => {
      try {
        const [id = 0] = await bench.enqueue(value)
        outcomes.set(name, { status: 'queued', codes: [], id })
      } catch (thrown) {
        const { code } = thrown as { code: string }
        const verdict = validateChangeRequest(value)
        const codes = [code, ...(verdict.ok ? [] : verdict.errors.map((error) => error.code))]
        outcomes.set(name, { status: 'refused', codes, id: null })
      }
    }
    for (const one of prepared) if (one.status === 'refused') await enqueue(one)
    refused = { objects: objectsOf(bench), rows: bench.engine.list({}).length, tip: bench.tip() }
    for (const one of prepared) if (one.status !== 'refused') await enqueue(one)
    await bench.drain()
    for (const outcome of outcomes.values()) {
      if (outcome.id === null) continue
      const row = bench.show(outcome.id)
      Object.assign(outcome, { status: row.status, codes: [row.reason_code] })
    }
  })
  afterAll(() => bench.dispose())

  test('there are enough, each treated as its row says, with its code', () => {
    expect(prepared.length).toBeGreaterThanOrEqual(350)
    expect(new Set(prepared.map(({ name }) => name)).size).toBe(prepared.length)
    const wrong = prepared.filter(({ name, status, code }) => {
      const outcome = outcomes.get(name)
      return outcome?.status !== status || (code !== null && !outcome.codes.includes(code))
    })
    expect(
      wrong.map(({ name, status, code }) => ({ name, want: [status, code], found: outcomes.get(name) })),
    ).toEqual([])
  })

  test('what is refused leaves nothing: no row, no object, no move', () => {
    expect(refused).toEqual({ objects: before.objects, rows: 0, tip: bench.base })
  })

  test('checkout, index, configuration, hooks and other refs are as before, to the byte', () => {
    expect(outside(bench)).toEqual(before.outside)
  })

  test('the repository is sound, and nothing landed but what may', () => {
    bench.repo.git('fsck', '--strict', '--full', '--no-dangling')
    const listed = bench.repo.run(['ls-tree', '-r', '-z', 'hyperion/main']).toString('utf8').split('\0')
    const special = listed.filter((entry) => entry !== '' && !/^100(644|755) /.test(entry))
    expect(special.map((entry) => entry.split('\t')[1])).toEqual(['absolute', 'inward', 'module', 'sideways'])
    const applied = prepared.filter(({ status }) => status === 'applied')
    expect(bench.landed().length).toBe(applied.length)
    expect(bench.file('huge.txt')?.subarray(0, 11).toString()).toBe('y\na line of')
  })

  test('no text of an agent forges a trailer, hides one, or steers a terminal from a commit message', () => {
    const uuid = bench.engine.ground.store.facts.get('uuid')
    const byTask = new Map(bench.engine.list({}).map((row) => [row.task_id, row]))
    for (const { message, trailers } of bench.landed()) {
      const task = /^Task-Id: (.*)$/m.exec(message)?.[1] ?? ''
      const row = byTask.get(task)
      const model = /^Agent-Model: .*$/m.exec(trailers)?.[0]
      const expected = [
        `Hyperion-Change: ${uuid}/${row?.id}`,
        `Task-Id: ${task}`,
        `Agent: ${row?.agent}`,
        ...(row?.payload.metadata?.agent_model === undefined ? [] : [model]),
        `Payload-Hash: ${row?.payload_hash}`,
        'Checks: not-run',
        expect.stringMatching(/^Audit-Head: [0-9a-f]{64}$/),
      ]
      expect(trailers.trimEnd().split('\n'), task).toEqual(expected)
      const parsed = bench.repo.run(['interpret-trailers', '--parse'], { stdin: message }).toString('utf8')
      expect(parsed.trimEnd().split('\n'), task).toEqual(expected)
      expect(message, task).not.toMatch(CONTROLS)
    }
  })

  test('the command line shows none of it raw, and JSON gives it back as sent', () => {
    const ids = [...outcomes.values()].flatMap(({ id, status }) =>
      id === null || status === 'applied' ? [] : [id],
    )
    const texts = prepared.flatMap(({ name, status }) =>
      status === 'applied' ? [outcomes.get(name)?.id ?? 0] : [],
    )
    const commands = [
      ['list'],
      ['list', '--format', 'json'],
      ['list-dead-letters'],
      ['list-dead-letters', '--format', 'json'],
      ['logs', '--limit', '100000', '--level', 'debug'],
      ['logs', '--limit', '100000', '--format', 'json'],
      ...[...ids.slice(0, 3), ...texts.slice(0, 6)].flatMap((id) => [['show', String(id)], ['show', String(id), '--format', 'json']]),
    ] // prettier-ignore
    for (const command of commands) {
      const ran = bench.cli(...command)
      expect(ran.code, command.join(' ')).toBe(0)
      expect(CONTROLS.exec(ran.stdout + ran.stderr)?.[0], command.join(' ')).toBeUndefined()
    }
    const listed = JSON.parse(bench.cli('list', '--format', 'json').stdout) as {
      task_id: string
      payload: unknown
    }[]
    const sent = new Map(prepared.map(({ value }) => [(value as Json | null)?.['task_id'], value]))
    expect(listed.length).toBe(bench.engine.list({}).length)
    for (const { task_id, payload } of listed) expect(payload).toEqual(sent.get(task_id))
  })
})

/** Makes the hash of an entry that was changed after it was made right again. */
function fixHashes(value: Json): Json {
  const changes = (value['changes'] as Json[]).map((each) =>
    typeof each['patch'] === 'string' && each['operation'] === 'add'
      ? { ...patched(String(each['path']), each['patch']), operation: 'add' }
      : each,
  )
  return { ...value, changes }
}

test('refusals on the command line are one inert sentence, exit 1, and change nothing', async () => {
  const bench = await workbench({ before: prepare })
  const cases = hostileCases().filter(({ expect: end }) => end.stage === 'refused')
  try {
    const before = outside(bench)
    // Every kind of message once or more: each eighteenth covers paths, patches, limits, hashes and shapes.
    for (const { name, request: value } of cases.filter((_, index) => index % 18 === 0)) {
      const folder = join(bench.dir, '.hyperion')
      const file = join(folder, 'request.json')
      bench.repo.write('.hyperion/request.json', JSON.stringify(value))
      const ran = bench.cli('enqueue', file)
      expect(ran.code, name).toBe(1)
      expect(ran.stdout, name).toBe('')
      expect(ran.stderr.trimEnd().split('\n').length, ran.stderr).toBe(1)
      expect(ran.stderr, name).toContain('request.json')
      expect(ran.stderr.trimEnd(), name).not.toMatch(CONTROLS)
    }
    expect(bench.engine.list({})).toEqual([])
    expect(outside(bench)).toEqual(before)
  } finally {
    bench.dispose()
  }
})
