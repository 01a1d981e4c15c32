/** Change requests with right hashes, their patches made by git. */
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hermeticGitEnv } from './temp-repo.ts'

export type Json = Record<string, unknown>
export type Text = string | Uint8Array

export const textHash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** Returns one entry of `changes[]` with the hash its text has. */
export function entry(path: string, operation: 'add' | 'update' | 'delete', body: Json = {}): Json {
  const text = body['patch'] ?? body['replacement'] ?? ''
  return { path, operation, ...body, patch_hash: textHash(String(text)) }
}

const modeOf = (executable: boolean): Json => (executable ? { executable: true } : {})

export const added = (path: string, text: string, executable = false): Json =>
  entry(path, 'add', { replacement: text, ...modeOf(executable) })
export const replaced = (path: string, text: string): Json => entry(path, 'update', { replacement: text })
export const patched = (path: string, patch: string): Json => entry(path, 'update', { patch })
export const deleted = (path: string): Json => entry(path, 'delete')

/** Returns the hunks of git's difference between two texts; empty when they are equal. */
export function hunksBetween(
  before: Text,
  after: Text,
  options: Omit<DiffOptions, 'executable'> = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), 'diff-'))
  try {
    writeFileSync(join(folder, 'a'), before)
    writeFileSync(join(folder, 'b'), after)
    const args = ['diff', '--no-index', '--text', '--no-color', `-U${options.context ?? 3}`]
    if (options.minimal === true) args.push('--minimal')
    let output: Buffer
    try {
      output = execFileSync('git', [...args, 'a', 'b'], {
        cwd: folder,
        env: hermeticGitEnv(),
        maxBuffer: 1 << 28,
      })
    } catch (error) {
      const failed = error as { status: number; stdout: Buffer }
      if (failed.status !== 1) throw error
      output = failed.stdout
    }
    const text = output.toString('utf8')
    const at = text.indexOf('\n@@ ')
    return at < 0 ? '' : text.slice(at + 1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Returns an entry that turns one text into the other by a patch with full headers; null is no file. */
export function diffed(
  path: string,
  before: Text | null,
  after: Text | null,
  options: DiffOptions = {},
): Json {
  const operation = before === null ? 'add' : after === null ? 'delete' : 'update'
  const hunks = hunksBetween(before ?? '', after ?? '', options)
  const mode = options.executable === true ? '100755' : '100644'
  const lines = [
    `diff --git a/${path} b/${path}`,
    ...(before === null ? [`new file mode ${mode}`] : after === null ? [`deleted file mode ${mode}`] : []),
    before === null ? '--- /dev/null' : `--- a/${path}`,
    after === null ? '+++ /dev/null' : `+++ b/${path}`,
  ]
  return entry(path, operation, { patch: `${lines.join('\n')}\n${hunks}` })
}

export interface DiffOptions {
  context?: number
  /** Whether git looks for the shortest difference. */
  minimal?: boolean
  executable?: boolean
}

export interface RequestFields {
  task: string
  agent?: string
  requestId?: string
  base?: string
  dependsOn?: readonly string[]
  priority?: string
  checks?: readonly unknown[]
  metadata?: Json
}

/** Returns a change request of these entries; without checks it asks for none. */
export function request(fields: RequestFields, ...changes: Json[]): Json {
  const optional: Json = {
    request_id: fields.requestId,
    base_commit: fields.base,
    depends_on: fields.dependsOn,
    priority: fields.priority,
    metadata: fields.metadata,
  }
  return {
    task_id: fields.task,
    agent: fields.agent ?? 'developer-1',
    changes,
    checks: fields.checks ?? ['none'],
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}

export interface ChangeFields extends RequestFields {
  path: string
  /** Exactly one of these. */
  patch?: string
  replacement?: string
  add?: string
  delete?: true
  executable?: boolean
}

/** Returns a change request for one path. */
export function change(fields: ChangeFields): Json {
  const { path, patch, replacement, add, executable = false } = fields
  const one =
    patch !== undefined
      ? patched(path, patch)
      : replacement !== undefined
        ? replaced(path, replacement)
        : add !== undefined
          ? added(path, add, executable)
          : deleted(path)
  return request(fields, one)
}

/** Returns numbered lines, each ended. */
export const numbered = (count: number, ending = '\n'): string =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}${ending}`).join('')

/** Writes files into a new folder; its caller removes it. */
export function filesIn(files: Readonly<Record<string, Text>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'files-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}
