import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// The linter's plugin is plain JavaScript, so that the linter can load it without a build.
// @ts-expect-error -- it has no types
import { whyForbidden as untyped } from '../../build/lint/layers.js'

const whyForbidden = untyped as (importer: string, specifier: string) => string | null
const project = fileURLToPath(new URL('../..', import.meta.url))
const oxlint = join(project, 'node_modules/oxlint/bin/oxlint')

interface Finding {
  rule: string
  file: string
  message: string
}

let tree: string
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'lint-'))
  for (const path of ['.oxlintrc.json', 'build/lint/layers.js']) cpSync(join(project, path), join(tree, path))
  writeFileSync(join(tree, 'package.json'), '{"type":"module"}\n')
})
afterEach(() => rmSync(tree, { recursive: true }))

/** Lints a tree that holds exactly these files and returns what was found, in the order of the files' names. */
function lint(files: Readonly<Record<string, string>>): Finding[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
  }
  const run = spawnSync(process.execPath, [oxlint, '--format=json', '--deny-warnings'], {
    cwd: tree,
    encoding: 'utf8',
  })
  const { diagnostics } = JSON.parse(run.stdout) as {
    diagnostics: { code: string; filename: string; message: string }[]
  }
  expect(run.status).toBe(diagnostics.length === 0 ? 0 : 1)
  const findings = diagnostics.map(({ code, filename, message }) => ({ rule: code, file: filename, message }))
  return findings.sort((a, b) => a.file.localeCompare(b.file))
}

/** Writes files that import what the rows say, in the rows' order. */
function sources(
  rows: readonly (readonly [file: string, specifier: string, ...rest: unknown[]])[],
): Record<string, string> {
  const files: Record<string, string> = {}
  for (const [index, [file, specifier]] of rows.entries()) {
    files[file] = `${files[file] ?? ''}export { x as x${index} } from '${specifier}'\n`
  }
  return files
}

const only = (rule: string, findings: readonly Finding[]): Finding[] =>
  findings.filter((finding) => finding.rule === `hyperion(${rule})`)

const VIOLATIONS: [file: string, specifier: string, message: RegExp][] = [
  ['schemas/a.ts', '../main/engine/base/ids.ts', /schemas may not import base/],
  ['schemas/a.ts', 'commander', /schemas may import no package but zod/],
  ['schemas/a.ts', '@orpc/contract', /schemas may import no package but zod/],
  ['main/engine/base/a.ts', '../domain/b.ts', /base may not import domain/],
  ['main/engine/domain/a.ts', '../store/b.ts', /domain may not import store/],
  ['main/engine/domain/a.ts', 'node:fs/promises', /domain is pure/],
  ['main/engine/store/a.ts', '../git/git.ts', /store may not import git/],
  ['main/engine/telemetry/a.ts', '../store/b.ts', /telemetry may not import store/],
  ['main/engine/checks/a.ts', '../git/git.ts', /checks may not import git/],
  ['main/engine/git/a.ts', '../landing/b.ts', /git may not import landing/],
  ['main/engine/landing/a.ts', '../intake/b.ts', /landing may not import intake/],
  ['main/engine/landing/deep/a.ts', '../../workers/b.ts', /landing may not import workers/],
  ['main/engine/workers/a.ts', '../agents/b.ts', /workers may not import agents/],
  ['main/engine/landing/a.ts', '../engine.ts', /landing may not import engine/],
  ['main/engine/landing/a.ts', '../compose.ts', /landing may not import compose/],
  ['main/engine/odd/a.ts', '../base/ids.ts', /is in no layer/],
  ['main/engine/landing/a.ts', '../odd/b.ts', /is in no layer/],
  ['main/engine/engine.ts', '../cli/main.ts', /engine may not import cli/],
  ['main/cli/a.ts', '../engine/compose.ts', /cli may not import compose/],
  ['main/cli/commands/a.ts', '../../engine/store/b.ts', /cli may not import store/],
  ['main/cli/commands/a.ts', '../../ipc/b.ts', /cli may not import ipc/],
  ['main/serve.ts', './shell/b.ts', /serve may not import shell/],
  ['main/ipc/a.ts', '../engine/landing/b.ts', /ipc may not import landing/],
  ['main/worker/a.ts', '../engine/landing/b.ts', /worker may not import landing/],
  ['main/shell/a.ts', '../engine/engine.ts', /shell may not import engine/],
  ['preload/a.ts', '../main/ipc/b.ts', /preload may not import ipc/],
  ['preload/a.ts', 'node:fs', /preload may import no package but electron/],
  ['renderer/views/a.ts', '../../main/engine/domain/b.ts', /renderer may not import domain/],
  ['renderer/views/a.ts', 'node:fs', /renderer may not import node:fs/],
  ['main/engine/git/a.ts', '../../../test/support/temp-repo.ts', /belongs to no layer/],
  ['main/engine/store/rows.ts', 'better-sqlite3', /better-sqlite3 is imported only in/],
  ['main/engine/git/refs.ts', 'simple-git', /simple-git is imported only in/],
  [
    'main/engine/agents/guard.ts',
    '@secretlint/secretlint-rule-preset-recommend',
    /is imported only in main\/engine\/agents\/secrets\.ts/,
  ],
  ['main/engine/checks/run.ts', 'node:child_process', /child_process is imported only in/],
  ['main/engine/git/refs.ts', 'child_process', /child_process is imported only in/],
  ['main/engine/engine.ts', 'electron', /electron is imported only in/],
  ['renderer/views/a.ts', 'monaco-editor/editor', /monaco-editor is imported only in/],
  ['main/cli/commands/a.ts', '@modelcontextprotocol/sdk/types.js', /sdk is imported only in main\/cli\/mcp/],
]

const LEGAL: [file: string, specifier: string][] = [
  ['schemas/a.ts', 'zod'],
  ['schemas/a.ts', './b.ts'],
  ['schemas/ipc.ts', '@orpc/contract'],
  ['main/engine/base/errors.ts', '../../../schemas/errors.ts'],
  ['main/engine/base/process.ts', 'node:child_process'],
  ['main/engine/git/git.ts', 'node:child_process'],
  ['main/engine/domain/a.ts', '../base/errors.ts'],
  ['main/engine/domain/b.ts', 'node:crypto'],
  ['main/engine/store/database.ts', 'better-sqlite3'],
  ['main/engine/store/a.ts', '../domain/b.ts'],
  ['main/engine/store/b.ts', './migrations/001.sql?raw'],
  ['main/engine/git/porcelain.ts', 'simple-git'],
  ['main/engine/landing/a.ts', '../store/b.ts'],
  ['main/engine/landing/b.ts', '../git/git.ts'],
  ['main/engine/workers/a.ts', '../landing/b.ts'],
  ['main/engine/compose.ts', './landing/a.ts'],
  ['main/engine/engine.ts', './compose.ts'],
  ['main/cli/a.ts', '../engine/engine.ts'],
  ['main/cli/b.ts', '../../package.json'],
  ['main/cli/c.ts', '../serve.ts'],
  ['main/serve.ts', './ipc/a.ts'],
  ['main/worker/a.ts', '../engine/compose.ts'],
  ['main/shell/a.ts', 'electron'],
  ['main/index.ts', './shell/a.ts'],
  ['preload/index.ts', 'electron'],
  ['renderer/editor/a.ts', 'monaco-editor/editor'],
  ['main/cli/mcp/a.ts', '@modelcontextprotocol/sdk/server/index.js'],
  ['test/git/a.ts', '../../main/engine/git/git.ts'],
]

describe('the layer rule', () => {
  it.each(VIOLATIONS.map(([file, specifier, message]) => ({ file, specifier, message })))(
    'forbids $file to import $specifier',
    ({ file, specifier, message }) => {
      expect(whyForbidden(file, specifier)).toMatch(message)
    },
  )

  it('is reported by the linter for each of these, at its file', () => {
    const found = only('layers', lint(sources(VIOLATIONS)))
    const expected = VIOLATIONS.map(([file, , message]) => ({ file, message: message.source }))
    for (const { file, message } of expected) {
      const told = found.filter((finding) => finding.file === file).map((finding) => finding.message)
      expect(told, file).toContainEqual(expect.stringMatching(new RegExp(message)))
    }
    expect(found).toHaveLength(VIOLATIONS.length)
  })

  it('reports nothing for the legal ones', () => {
    expect(lint(sources(LEGAL))).toEqual([])
  })

  it('lets the renderer import types from schemas, and nothing that runs', () => {
    const runs =
      "export { x } from '../../schemas/a.ts'\nexport const y = await import('../../schemas/a.ts')\n"
    const types =
      "import type { X } from '../../schemas/a.ts'\nexport type Y = import('../../schemas/a.ts').Y | X\n"
    const scan = "import { scanJson } from '../../schemas/json-scan.ts'\nscanJson('', 1)\n"
    const files = { 'renderer/views/a.ts': runs, 'renderer/views/b.ts': types, 'renderer/views/c.ts': scan }
    const found = only('layers', lint(files))
    expect(found.map(({ file }) => file)).toEqual(['renderer/views/a.ts', 'renderer/views/a.ts'])
    expect(found[0]?.message).toMatch(/only types/)
  })

  it('sees every way to import', () => {
    const file = 'main/cli/a.ts'
    const ways = [
      "import '../engine/git/git.ts'",
      "import type { X } from '../engine/git/git.ts'",
      "export * from '../engine/git/git.ts'",
      "export const y = await import('../engine/git/git.ts')",
      "export type T = import('../engine/git/git.ts').X",
      "export const z = process.getBuiltinModule('node:child_process')",
    ]
    expect(only('layers', lint({ [file]: `${ways.join('\n')}\n` }))).toHaveLength(ways.length)
  })
})

describe('the clock rule', () => {
  const READS = [
    'Date.now()',
    'globalThis.Date.now()',
    "Date['now']()",
    'new Date()',
    'Date()',
    'performance.now()',
    'process.hrtime.bigint()',
  ]
  const text = READS.map((read, index) => `export const a${index} = ${read}\n`).join('')

  it('reports every read of the clock outside its door', () => {
    const found = only('clock', lint({ 'main/engine/store/a.ts': `${text}export const { now } = Date\n` }))
    expect(found).toHaveLength(READS.length + 1)
  })

  it('allows them in the door and in tests, and dates made from a number anywhere', () => {
    const made = 'export const day = new Date(0).toISOString()\n'
    const files = {
      'main/engine/base/clock.ts': text,
      'renderer/state/clock.ts': text,
      'test/a.ts': text,
      'main/engine/store/a.ts': made,
    }
    expect(only('clock', lint(files))).toEqual([])
  })
})

describe('the other rules', () => {
  it('reports a file of more than 500 lines', () => {
    const lines = (count: number): string => `${'// a line\n'.repeat(count - 1)}export const a = 1\n`
    const found = lint({ 'main/engine/git/long.ts': lines(501), 'main/engine/git/short.ts': lines(500) })
    expect(found.map(({ rule, file }) => [rule, file])).toEqual([
      ['eslint(max-lines)', 'main/engine/git/long.ts'],
    ])
  })

  it.each([
    ['eslint(no-console)', 'main/engine/git/a.ts', "console.log('x')\n"],
    ['typescript(no-explicit-any)', 'main/cli/a.ts', 'export const a: any = 1\n'],
    ['typescript(no-non-null-assertion)', 'main/cli/a.ts', 'export const a = (b: string | null) => b!\n'],
    ['eslint(eqeqeq)', 'main/cli/a.ts', 'export const a = (b: number) => b == 1\n'],
  ])('reports %s', (rule, file, source) => {
    expect(lint({ [file]: source }).map((finding) => finding.rule)).toEqual([rule])
  })
})
