/** Real folders and repositories for the tests of the checks layer. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { systemClock } from '../../main/engine/base/clock.ts'
import type { CheckHost } from '../../main/engine/checks/host.ts'
import { removeTree } from '../../main/engine/checks/remove-tree.ts'
import { detectSandbox, type Sandbox } from '../../main/engine/checks/sandbox.ts'
import { git } from '../../main/engine/git/git.ts'

export const clock = systemClock()

export const HERMETIC: Record<string, string> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_DATE: '1700000000 +0000',
}

export interface Area {
  readonly root: string
  path(...parts: string[]): string
  write(file: string, content: string | Buffer, mode?: number): string
  read(file: string): string
  remove(): Promise<void>
}

export function area(): Area {
  const root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'hyperion-test-')))
  const at = (...parts: string[]): string => path.join(root, ...parts)
  return {
    root,
    path: at,
    write(file, content, mode) {
      mkdirSync(path.dirname(at(file)), { recursive: true })
      writeFileSync(at(file), content, mode === undefined ? {} : { mode })
      return at(file)
    },
    read: (file) => readFileSync(at(file), 'utf8'),
    remove: () => removeTree(root),
  }
}

/** The surroundings a check is started from, with a home of the test's own. */
export const hostAt = (home: string, env: Record<string, string> = {}): CheckHost => ({
  env: { PATH: process.env['PATH'], ...env },
  home,
})

/** What isolates checks on this machine, found once for each test file. */
export const foundSandbox = (): Promise<Sandbox> => detectSandbox(hostAt(os.homedir()), { clock })

export const NO_SANDBOX: Sandbox = { kind: 'none', reason: 'this test wants none' }

export function sh(cwd: string, command: string): string {
  return execFileSync('/bin/sh', ['-ec', command], { cwd, env: HERMETIC, encoding: 'utf8' }).trim()
}

export interface TestRepo {
  folder: string
  objectsDir: string
  /** Commits the folder's present state and returns the commit and its tree. */
  commit(): { commit: string; tree: string }
}

export function repository(place: Area, name: string, format = 'sha1'): TestRepo {
  const folder = place.path(name)
  mkdirSync(folder, { recursive: true })
  sh(folder, `git init -q -b main --object-format=${format}`)
  return {
    folder,
    objectsDir: path.join(folder, '.git/objects'),
    commit() {
      sh(folder, 'git add -A -f && git commit -q --allow-empty -m change')
      return { commit: sh(folder, 'git rev-parse HEAD'), tree: sh(folder, 'git rev-parse HEAD^{tree}') }
    },
  }
}

export { git }

/** Lists a folder's files, links and folders with what they hold, `.git` at the top aside. */
export function snapshot(folder: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const entry of readdirSync(path.join(folder, below), { withFileTypes: true })) {
    const file = path.join(below, entry.name)
    if (file === '.git') continue
    if (entry.isDirectory()) Object.assign(found, { [`${file}/`]: '' }, snapshot(folder, file))
    else if (entry.isSymbolicLink()) found[file] = 'link'
    else found[file] = readFileSync(path.join(folder, file), 'latin1')
  }
  return found
}

/** Waits until a file exists; the test's own time limit ends it. */
export async function appears(file: string): Promise<void> {
  for (;;) {
    try {
      readFileSync(file)
      return
    } catch {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
