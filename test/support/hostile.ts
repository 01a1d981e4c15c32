/**
 * Change requests as an attacker or a careless agent would send them, one or more for each row of the table of
 * hostile input, each with how the queue must treat it.
 */
import { createHash } from 'node:crypto'
import { HUNK, REFUSED_PATCHES, REFUSED_PATHS } from './hostile-tables.ts'

/**
 * How a request must end: `refused` with this code before anything is written; `held` for a person because the path
 * is protected; `inert` is accepted, stored as sent, and shown without effect.
 */
export type Expectation = { stage: 'refused'; code: string } | { stage: 'held' } | { stage: 'inert' }

export interface HostileCase {
  name: string
  request: unknown
  expect: Expectation
}

type Json = Record<string, unknown>

const hash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
const refused = (code: string): Expectation => ({ stage: 'refused', code })
const HELD: Expectation = { stage: 'held' }
const INERT: Expectation = { stage: 'inert' }

/** Returns one entry of `changes[]` with the hash its text has. */
function change(path: string, operation: string, body: Json): Json {
  const text = body['patch'] ?? body['replacement'] ?? ''
  return { path, operation, ...body, patch_hash: hash(String(text)) }
}

const added = (path: string, text = 'hello\n'): Json => change(path, 'add', { replacement: text })

const request = (changes: readonly Json[], more: Json = {}): Json => ({
  task_id: 'HOSTILE',
  agent: 'hostile-agent',
  changes,
  checks: ['none'],
  ...more,
})

const PATH_BODIES: readonly [string, Json][] = [
  ['add', { replacement: 'x\n' }],
  ['add', { patch: '@@ -0,0 +1 @@\n+x\n' }],
  ['update', { replacement: 'x\n' }],
  ['update', { patch: HUNK }],
  ['delete', {}],
]

/** Texts that are not well-formed Unicode are refused as such wherever they stand. */
const codeOf = (text: string, code: string): string => (text.isWellFormed() ? code : 'not_unicode')

function pathCases(): HostileCase[] {
  return REFUSED_PATHS.flatMap(([path, code], row) =>
    // Every path with two operations, and over all paths every operation many times.
    [row, row + 2].map((pick) => {
      const [operation, body] = PATH_BODIES[pick % PATH_BODIES.length] as [string, Json]
      return {
        name: `${operation} ${JSON.stringify(path.slice(0, 60))}`,
        request: request([change(path, operation, body)]),
        expect: refused(codeOf(path, code)),
      }
    }),
  )
}

function patchCases(): HostileCase[] {
  return REFUSED_PATCHES.map(([name, patch, code, operation = 'update']) => ({
    name: `patch: ${name}`,
    request: request([change('f.ts', operation, { patch })]),
    // An empty patch is already refused as a field that takes text.
    expect: refused(patch === '' ? 'too_small' : codeOf(patch, code)),
  }))
}

const PROTECTED_PATHS = [
  '.gitmodules',
  '.GitModules',
  '.gitattributes',
  'src/.gitattributes',
  'src/.GITATTRIBUTES',
  '.husky/pre-commit',
  'packages/a/.husky/pre-push',
  '.Husky/pre-commit',
  '.hu\u017fky/pre-commit',
  '.githooks/post-checkout',
  '.github/workflows/ci.yml',
  '.github/CODEOWNERS',
  '.GitHub/workflows/ci.yml',
  '.github/.hidden/x',
  '.github',
  '.gitlab-ci.yml',
  '.circleci/config.yml',
  '.ci/run',
  'Jenkinsfile',
  'azure-pipelines.yml',
  '.pre-commit-config.yaml',
  'lefthook.yml',
  'hyperion.config.json',
  'Hyperion.config.json',
]

function protectedCases(): HostileCase[] {
  return [
    ...PROTECTED_PATHS.map((path) => ({
      name: `protected ${path}`,
      request: request([added(path)]),
      expect: HELD,
    })),
    {
      name: 'protected path behind a harmless one',
      request: request([added('src/harmless.ts'), added('.github/workflows/steal.yml', 'on: push\n')]),
      expect: HELD,
    },
    {
      name: 'protected hook, executable',
      request: request([{ ...added('.husky/post-merge', '#!/bin/sh\nid\n'), executable: true }]),
      expect: HELD,
    },
    {
      name: 'protected path with approvals that are only claimed',
      request: request([added('.github/workflows/own.yml', 'on: push\n')], {
        metadata: { approvals: [{ approver: 'somebody', approved_at: 1_700_000_000 }] },
      }),
      expect: HELD,
    },
  ]
}

const nested = (depth: number): Json => {
  let value: Json = {}
  for (let i = 0; i < depth; i++) value = { deeper: value }
  return value
}

function limitCases(): HostileCase[] {
  const lines = (count: number, text: string): string => `${text}\n`.repeat(count)
  return [
    {
      name: 'a patch over 1 MiB',
      request: request([change('big.txt', 'add', { patch: `@@ -0,0 +1 @@\n${lines(140_000, '+1234567')}` })]),
      expect: refused('patch_too_large'),
    },
    {
      name: 'a replacement over 1 MiB',
      request: request([added('big.txt', lines(140_000, '1234567'))]),
      expect: refused('replacement_too_large'),
    },
    {
      name: 'a replacement with a line over 64 KiB',
      request: request([added('wide.txt', 'x'.repeat(65_537))]),
      expect: refused('replacement_line_too_long'),
    },
    {
      name: 'a replacement with a NUL',
      request: request([added('binary.dat', 'a\0b\n')]),
      expect: refused('replacement_binary'),
    },
    {
      name: 'a request over 10 MiB',
      request: request(Array.from({ length: 11 }, (_, i) => added(`big${i}.txt`, lines(125_000, '1234567')))),
      expect: refused('too_large'),
    },
    {
      name: 'a request over 10 MiB in its metadata',
      request: request([added('x.txt')], { metadata: { note: 'x'.repeat(10 * 1024 * 1024) } }),
      expect: refused('too_large'),
    },
    {
      name: '501 files',
      request: request(Array.from({ length: 501 }, (_, i) => added(`many/${i}.txt`))),
      expect: refused('too_big'),
    },
    {
      name: 'over 10,000 hunks in several patches',
      request: request(
        [1, 2].map((i) => change(`f${i}.txt`, 'update', { patch: lines(5001, '@@\n-a\n+b') })),
      ),
      expect: refused('patch_too_many_hunks'),
    },
    {
      name: 'deep JSON',
      request: request([added('x.txt')], { metadata: nested(100) }),
      expect: refused('too_deep'),
    },
  ]
}

function hashCases(): HostileCase[] {
  const good = change('f.ts', 'update', { patch: HUNK })
  const other = hash('something else')
  const withHash = (patch_hash: unknown): Json => request([{ ...good, patch_hash }])
  return [
    { name: 'the hash of another text', request: withHash(other), expect: refused('hash_mismatch') },
    { name: 'the hash of the empty text', request: withHash(hash('')), expect: refused('hash_mismatch') },
    {
      name: 'the hash of the text with CR LF',
      request: withHash(hash(HUNK.replaceAll('\n', '\r\n'))),
      expect: refused('hash_mismatch'),
    },
    {
      name: 'the hash of the trimmed text',
      request: withHash(hash(HUNK.trimEnd())),
      expect: refused('hash_mismatch'),
    },
    {
      name: 'an upper-case hash',
      request: withHash(hash(HUNK).toUpperCase()),
      expect: refused('wrong_value'),
    },
    { name: 'half a hash', request: withHash(hash(HUNK).slice(32)), expect: refused('wrong_value') },
    { name: 'no hash', request: withHash(undefined), expect: refused('missing') },
    { name: 'a number as hash', request: withHash(0), expect: refused('wrong_type') },
    {
      name: 'a bare delete with a hash of something',
      request: request([{ path: 'f.ts', operation: 'delete', patch_hash: other }]),
      expect: refused('hash_mismatch'),
    },
  ]
}

function shapeCases(): HostileCase[] {
  const fine = added('x.txt')
  const of = (name: string, value: unknown, code: string): HostileCase => ({
    name,
    request: value,
    expect: refused(code),
  })
  const id = (value: unknown): Json => request([fine], { task_id: value })
  return [
    of('an unknown key', request([fine], { run_as: 'root' }), 'unknown_key'),
    of('an unknown key in a change', request([{ ...fine, mode: '120000' }]), 'unknown_key'),
    of('a prototype key', JSON.parse(`{"__proto__": {"x": 1}, ${JSON.stringify(request([fine])).slice(1)}`), 'forbidden_key'),
    of('no changes', request([]), 'too_small'),
    of('a list in place of a request', [request([fine])], 'wrong_type'),
    of('null', null, 'wrong_type'),
    of('an operation that does not exist', request([{ ...fine, operation: 'rename' }]), 'wrong_value'),
    of('patch and replacement', request([change('x.txt', 'add', { patch: HUNK, replacement: 'x' })]), 'not_allowed'),
    of('a delete with a replacement', request([change('x.txt', 'delete', { replacement: 'x' })]), 'not_allowed'),
    of('an update that makes a file executable', request([{ ...change('x.txt', 'update', { replacement: 'x' }), executable: true }]), 'not_allowed'),
    of('no checks', request([fine], { checks: [] }), 'too_small'),
    of('a check with a key of its own', request([fine], { checks: [{ run: 'npm test', shell: true }] }), 'unknown_key'),
    of('a task id that climbs', id('../../etc/passwd'), 'wrong_value'),
    of('a task id with a slash', id('a/b'), 'wrong_value'),
    of('a task id that starts with a dash', id('--upload-pack=x'), 'wrong_value'),
    of('a task id that forges a trailer', id('X\n\nApproved-By: somebody'), 'wrong_value'),
    of('a task id with an escape', id('X\u001b[2J'), 'wrong_value'),
    of('a task id with a bidi control', id('X\u202e'), 'wrong_value'),
    of('a task id over 200 characters', id('x'.repeat(201)), 'wrong_value'),
    of('an agent that is a path', request([fine], { agent: '/bin/sh' }), 'wrong_value'),
    of('a base commit that is an option', request([fine], { base_commit: '--exec=id' }), 'wrong_value'),
    of('a base commit that is a name', request([fine], { base_commit: 'HEAD' }), 'wrong_value'),
    of('a request id with a NUL', request([fine], { request_id: 'a\0b' }), 'wrong_value'),
    of('a dependency on itself', request([fine], { depends_on: ['HOSTILE'] }), 'depends_on_itself'),
    of('the same path twice', request([fine, fine]), 'path_duplicate'),
    of('paths that differ in case', request([added('readme.txt'), added('README.txt')]), 'path_collision'),
    of('paths that differ in folding', request([added('stra\u00dfe'), added('strasse')]), 'path_collision'),
    of('folders that differ in case', request([added('Src/a.ts'), added('src/A.ts')]), 'path_collision'),
    of('a file and a folder of one name', request([added('a'), added('a/b')]), 'path_collision'),
    of('a symlink, then a write through it', request([
      change('link', 'add', { patch: 'diff --git a/link b/link\nnew file mode 120000\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n+/etc\n' }),
      added('link/passwd'),
    ]), 'patch_symlink'),
    of('a harmless change, then a hostile one', request([fine, added('../outside.txt')]), 'path_parent_component'),
    of('half a surrogate pair in the metadata', request([fine], { metadata: { intent: '\ud800' } }), 'not_unicode'),
  ] // prettier-ignore
}

const TEXTS: readonly [string, string][] = [
  ['ANSI colour', '\u001b[31mred\u001b[0m'],
  ['a cleared screen', '\u001b[2J\u001b[H'],
  ['a terminal title', '\u001b]0;owned\u0007'],
  ['a terminal link', '\u001b]8;;http://example.invalid\u001b\\click\u001b]8;;\u001b\\'],
  ['C1 control', '\u009b31mred'],
  ['a carriage return that overwrites', 'harmless\rDONE    '],
  ['backspaces', 'rm -rf\b\b\b\b\b\bls    '],
  ['HTML', '<img src=x onerror=alert(1)>'],
  ['a script', '<script>alert(1)</script>'],
  ['a link with a script', '[x](javascript:alert(1))'],
  ['bidi override', 'abc\u202edcba\u202c'],
  ['bidi isolate', '\u2066/* admin */\u2069'],
  ['zero-width characters', 'a\u200bd\u200cm\u200din'],
  ['a forged trailer', 'done\n\nApproved-By: somebody\nHyperion-Change: 1/1'],
  ['a line that hides trailers', 'done\n---\nrest'],
  ['a forged log line', 'x\n[progress] pending=0 in_progress=0'],
  ['shell metacharacters', '$(touch owned); `id`; "&& true'],
  ['a format string', '%s%n %{x} ${process.env.HOME}'],
  ['SQL', "'); DROP TABLE change_queue; --"],
]

function textCases(): HostileCase[] {
  return TEXTS.flatMap(([name, text], row) => {
    const fields: [string, Json][] = [
      ['agent model', { metadata: { agent_model: text } }],
      ['sample diff', { metadata: { sample_diff: text } }],
      ['anchor', { metadata: { telemetry_anchors: [text] } }],
      ['claimed approval', { metadata: { approvals: [{ approver: text, approved_at: 1, note: text }] } }],
      ['unknown metadata', { metadata: { [text]: text } }],
    ]
    const [field, more] = fields[row % fields.length] as [string, Json]
    return [
      {
        name: `${name} in the intent`,
        request: request([added(`text/${row}-intent.txt`)], { metadata: { intent: text } }),
        expect: INERT,
      },
      {
        name: `${name} in the ${field}`,
        request: request([added(`text/${row}-field.txt`)], more),
        expect: INERT,
      },
      {
        name: `${name} in a file`,
        request: request([added(`text/${row}-file.txt`, `${text}\n`)]),
        expect: INERT,
      },
    ]
  })
}

/** Returns all cases; the task ids differ, so that all can be sent to one queue. */
export function hostileCases(): HostileCase[] {
  const cases = [
    ...pathCases(),
    ...patchCases(),
    ...protectedCases(),
    ...limitCases(),
    ...hashCases(),
    ...shapeCases(),
    ...textCases(),
  ]
  return cases.map((one, index) => {
    const sent = one.request as Json | null
    if (sent === null || Array.isArray(sent) || sent['task_id'] !== 'HOSTILE') return one
    if (sent['depends_on'] !== undefined) return one
    return { ...one, request: Object.assign(sent, { task_id: `HOSTILE-${index}` }) }
  })
}
