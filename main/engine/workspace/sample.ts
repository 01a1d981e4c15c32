/** The sample workspace: a small real repository, allowed checks, six task requests to try the queue with. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ConfigInput } from '../../../schemas/config.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import { userError } from '../base/errors.ts'
import { git } from '../git/git.ts'

const LEGACY_LINES = 12

const CONFIG: ConfigInput = {
  checks: {
    allow: {
      test: 'node --test test/lantern.test.js',
      limits: 'sh scripts/limits.sh',
    },
    timeoutSeconds: 60,
  },
}

const FILES: Readonly<Record<string, string>> = {
  'README.md': `# Lantern

Prints greetings and small tables. A sample to try Hyperion with: nothing here matters to anybody.
`,
  'src/greet.js': `/** Returns a greeting for a name. */
export function greet(name) {
  return \`Hello, \${name}!\`
}
`,
  'src/sum.js': `/** Adds numbers; an empty list is 0. */
export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
`,
  'src/format.js': `/** Pads text to a width. */
export function pad(text, width) {
  return text.padEnd(width)
}

/** Joins cells to a row. */
export function row(cells, width) {
  return cells.map((cell) => pad(cell, width)).join(' ')
}
`,
  'src/legacy.js': `${Array.from({ length: LEGACY_LINES }, (_, n) => `export const code${n + 1} = ${n + 1}`).join('\n')}\n`,
  'styles/main.css': `body {
  margin: 2rem;
}
`,
  'docs/guide.md': `# Guide

Call \`greet\` with a name.
`,
  'test/lantern.test.js': `import assert from 'node:assert/strict'
import test from 'node:test'
import { row } from '../src/format.js'
import { greet } from '../src/greet.js'
import { sum } from '../src/sum.js'

test('greets', () => assert.equal(greet('Ada'), 'Hello, Ada!'))
test('adds', () => assert.equal(sum([1, 2, 3]), 6))
test('makes rows', () => assert.equal(row(['a', 'b'], 3), 'a   b  '))
`,
  'scripts/limits.sh': `#!/bin/sh
# src/legacy.js is to be replaced one day and must not grow until then.
lines=$(wc -l < src/legacy.js)
if [ "$lines" -gt ${LEGACY_LINES} ]; then
  echo "src/legacy.js has $lines lines; it must not grow beyond ${LEGACY_LINES}"
  exit 1
fi
`,
  'package.json': `{
  "name": "lantern",
  "version": "1.0.0",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test test/lantern.test.js" }
}
`,
}

const metadata = (intent: string, complexity: number): NonNullable<TaskRequest['metadata']> => ({
  intent,
  complexity,
  sample_diff: '',
  telemetry_anchors: ['sample'],
  approvals: [],
})

const REQUESTS: readonly TaskRequest[] = [
  {
    request_id: 'REQ-101',
    summary: 'Note where greetings come from',
    requested_changes: [
      { path: 'src/greet.js', summary: 'Note the origin of the greeting' },
      { path: 'docs/guide.md', summary: 'Mention it in the guide' },
    ],
    checks: ['test'],
    priority: 'high',
    metadata: metadata('Make it clear where greetings come from', 2),
  },
  {
    request_id: 'REQ-102',
    summary: 'Mark the style sheet',
    requested_changes: [{ path: 'styles/main.css', summary: 'Mark the style sheet as reviewed' }],
    checks: ['test', 'limits'],
    metadata: metadata('Keep track of reviewed styles', 1),
  },
  {
    request_id: 'REQ-103',
    summary: 'Explain padding',
    requested_changes: [{ path: 'src/format.js', summary: 'Explain how cells are padded' }],
    checks: ['test'],
    metadata: metadata('Explain padding to the next reader', 3),
  },
  {
    // Written against the same lines as REQ-103, which lands first: bound to conflict.
    request_id: 'REQ-104',
    summary: 'Explain rows',
    requested_changes: [{ path: 'src/format.js', summary: 'Explain how rows are joined' }],
    checks: ['test'],
    metadata: metadata('Explain rows to the next reader', 3),
  },
  {
    // The legacy file may not grow, so its check fails.
    request_id: 'REQ-105',
    summary: 'Annotate the legacy codes',
    requested_changes: [{ path: 'src/legacy.js', summary: 'Say where the codes come from' }],
    checks: ['limits'],
    metadata: metadata('Document the legacy codes', 4),
  },
  {
    // Two parts in one file: the second is drafted on the first and waits for it.
    request_id: 'REQ-106',
    summary: 'Annotate sums twice',
    requested_changes: [
      { path: 'src/sum.js', summary: 'Say what an empty list adds up to' },
      { path: 'src/sum.js', summary: 'Say what is added' },
    ],
    checks: ['test'],
    metadata: metadata('Make sums easier to read', 2),
  },
]

export interface Sample {
  folder: string
  /** Files of task requests, in the order in which they tell the story. */
  requests: string[]
}

/** Makes the sample workspace in a folder that is empty or not there yet. */
export async function makeSample(folder: string): Promise<Sample> {
  const root = resolve(folder)
  const there = statSync(root, { throwIfNoEntry: false })
  if (there !== undefined && !there.isDirectory()) {
    throw userError('not_a_folder', `${root} is a file`, 'name a folder that is empty or does not exist')
  }
  if (there !== undefined && readdirSync(root).length > 0) {
    throw userError('not_empty', `${root} is not empty`, 'name a folder that is empty or does not exist')
  }
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  mkdirSync(root, { recursive: true })
  for (const [path, text] of Object.entries(FILES)) put(path, text)
  chmodSync(join(root, 'scripts/limits.sh'), 0o755)
  put('hyperion.config.json', `${JSON.stringify(CONFIG, null, 2)}\n`)
  for (const request of REQUESTS)
    put(`requests/${request.request_id}.json`, `${JSON.stringify(request, null, 2)}\n`)

  const options = { cwd: root, gitDir: join(root, '.git'), workTree: root }
  const env = {
    GIT_AUTHOR_NAME: 'Sample', GIT_AUTHOR_EMAIL: 'sample@agents.invalid',
    GIT_COMMITTER_NAME: 'Sample', GIT_COMMITTER_EMAIL: 'sample@agents.invalid',
  } // prettier-ignore
  await git(['init', '--quiet', '--initial-branch=main', root], { cwd: root })
  await git(['add', '--all', '.'], options)
  await git(['commit', '--quiet', '-m', 'Lantern, a sample'], { ...options, env })
  return {
    folder: root,
    requests: REQUESTS.map(({ request_id }) => join(root, `requests/${request_id}.json`)),
  }
}
