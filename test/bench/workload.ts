/** The work that every way of landing is measured on: one repository and many single-file changes to it. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hermeticGitEnv } from '../support/temp-repo.ts'

export interface WorkloadOptions {
  files: number
  /** Lines of each file. */
  lines: number
  changes: number
  /** One seed always gives the same repository and the same changes. */
  seed: number
}

export interface BenchChange {
  path: string
  /** A unified diff with full headers; fits exactly if all earlier changes are in. */
  patch: string
  /** What the file holds once this change is in. */
  after: string
}

export interface Workload {
  options: WorkloadOptions
  /** A repository with a checkout, packed, everything committed on `main`; copy it, never change it. */
  template: string
  /** The commit that the changes are made against. */
  base: string
  changes: readonly BenchChange[]
  /** A folder with `N.patch` of each change, from 0, and `N.mbox`, the same as a mail. */
  patches: string
  dispose(): void
}

/** The first changes of a workload, as a workload; shares its files. */
export const take = (workload: Workload, count: number): Workload => ({
  ...workload,
  changes: workload.changes.slice(0, count),
})

/** Returns a generator of reproducible numbers in [0, 1) (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const WORDS = (
  'const value return await result index change commit path queue lease fence check base theirs ours tree blob ' +
  'function length string number merge patch line hunk entry record state pending applied worker target'
).split(' ')

function sentence(random: () => number): string {
  const count = 4 + Math.floor(random() * 5)
  return Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')
}

const CONTEXT = 3

/** Replaces two lines, so that the numbers of every other line of the file stay as they are. */
function editFile(path: string, lines: string[], at: number, random: () => number): BenchChange {
  const from = Math.max(0, at - CONTEXT)
  const to = Math.min(lines.length, at + 2 + CONTEXT)
  const old = lines.slice(at, at + 2)
  const added = [sentence(random), sentence(random)]
  const hunk = [
    `@@ -${from + 1},${to - from} +${from + 1},${to - from} @@`,
    ...lines.slice(from, at).map((line) => ` ${line}`),
    ...old.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...lines.slice(at + 2, to).map((line) => ` ${line}`),
  ]
  lines.splice(at, 2, ...added)
  const header = [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`]
  return { path, patch: `${[...header, ...hunk].join('\n')}\n`, after: `${lines.join('\n')}\n` }
}

function mail(change: BenchChange, index: number): string {
  return (
    `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001\n` +
    'From: Author <author@example.invalid>\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n' +
    `Subject: [PATCH] change ${index}\n\n---\n${change.patch}--\n2.39\n\n`
  )
}

export function makeWorkload(options: WorkloadOptions): Workload {
  const random = randomFrom(options.seed)
  const root = mkdtempSync(join(tmpdir(), 'bench-'))
  const template = join(root, 'template')
  const patches = join(root, 'patches')
  const contents = new Map<string, string[]>()
  for (let index = 0; index < options.files; index += 1) {
    const path = `src/part-${String(index % 50).padStart(2, '0')}/file-${index}.txt`
    contents.set(
      path,
      Array.from({ length: options.lines }, () => sentence(random)),
    )
  }
  for (const [path, lines] of contents) {
    mkdirSync(dirname(join(template, path)), { recursive: true })
    writeFileSync(join(template, path), `${lines.join('\n')}\n`)
  }
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: template, env: hermeticGitEnv(), encoding: 'utf8' }).trim()
  git('init', '--quiet', '--initial-branch=main')
  git('add', '-A')
  git('commit', '--quiet', '-m', 'base')
  git('repack', '-adq')

  // Every file once, in a random order, before any file a second time.
  const order = [...contents.keys()]
    .map((path) => ({ path, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ path }) => path)
  mkdirSync(patches)
  const changes = Array.from({ length: options.changes }, (_, index) => {
    const path = order[index % order.length] ?? ''
    const lines = contents.get(path) ?? []
    const change = editFile(path, lines, Math.floor(random() * (lines.length - 1)), random)
    writeFileSync(join(patches, `${index}.patch`), change.patch)
    writeFileSync(join(patches, `${index}.mbox`), mail(change, index))
    return change
  })
  const dispose = (): void => rmSync(root, { recursive: true, force: true })
  return { options, template, base: git('rev-parse', 'HEAD'), changes, patches, dispose }
}

/** A copy of a workload's repository to work on. */
export interface Copy {
  dir: string
  git(...args: string[]): string
  dispose(): void
}

export function copyOf(workload: Workload): Copy {
  const dir = mkdtempSync(join(dirname(workload.template), 'copy-'))
  cpSync(workload.template, dir, { recursive: true, preserveTimestamps: true })
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: dir, env: hermeticGitEnv(), encoding: 'utf8' }).trim()
  // The copies are new files to git; without this the first command of a run would read all of them.
  git('update-index', '-q', '--refresh')
  execFileSync('sync')
  return { dir, git, dispose: () => rmSync(dir, { recursive: true, force: true }) }
}

/** Returns what every changed file must hold in the end. */
export function expectedFiles(workload: Workload): Map<string, string> {
  return new Map(workload.changes.map(({ path, after }) => [path, after]))
}
