/** Real git repositories in temporary folders, with nothing of the machine's git settings in them. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export type FileContent = string | Uint8Array | { content: string | Uint8Array; executable?: boolean }

export interface TempRepoOptions {
  /** Files of the first commit; without any there is no commit. */
  files?: Readonly<Record<string, FileContent>>
  /** A repository without a checkout; `write` and `commit` work through a folder beside it. */
  bare?: boolean
  objectFormat?: 'sha1' | 'sha256'
  /** Name of the first branch. Default `main`. */
  branch?: string
}

export interface GitRunOptions {
  stdin?: string | Uint8Array
  env?: Readonly<Record<string, string>>
  cwd?: string
}

export interface TempRepo {
  /** The checkout, or the repository itself when bare. */
  readonly dir: string
  readonly gitDir: string
  /** Runs git here and returns its output as text without the final newline; throws with stderr when it fails. */
  git(...args: string[]): string
  /** Runs git here with input, extra environment or another folder, and returns the bytes it printed. */
  run(args: readonly string[], options?: GitRunOptions): Buffer
  write(path: string, content: FileContent): void
  remove(path: string): void
  /** The bytes of a file of the checkout. */
  read(path: string): Buffer
  /** Commits everything in the checkout, even nothing, and returns the commit's id. */
  commit(message?: string): string
  head(): string
  /** Every path of a commit's tree with its mode and the text of its blob as latin1, in git's order. */
  tree(rev?: string): { path: string; mode: string; bytes: Buffer }[]
  dispose(): void
}

/** Environment in which git knows nothing of this machine and every commit made in one order has one id. */
export function hermeticGitEnv(): Record<string, string> {
  const { PATH = '', TMPDIR = '', SystemRoot = '' } = process.env
  return {
    PATH,
    ...(TMPDIR === '' ? {} : { TMPDIR }),
    ...(SystemRoot === '' ? {} : { SystemRoot }),
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Author',
    GIT_AUTHOR_EMAIL: 'author@example.invalid',
    GIT_COMMITTER_NAME: 'Committer',
    GIT_COMMITTER_EMAIL: 'committer@example.invalid',
  }
}

const FIRST_COMMIT_AT = 1_700_000_000

function partsOf(file: FileContent): { content: string | Uint8Array; executable: boolean } {
  if (typeof file === 'string' || file instanceof Uint8Array) return { content: file, executable: false }
  return { content: file.content, executable: file.executable === true }
}

export function tempRepo(options: TempRepoOptions = {}): TempRepo {
  const root = mkdtempSync(join(tmpdir(), 'repo-'))
  const bare = options.bare === true
  const checkout = join(root, 'work')
  const dir = bare ? join(root, 'repo.git') : checkout
  const gitDir = bare ? dir : join(checkout, '.git')
  let commits = 0

  const run = (args: readonly string[], { stdin, env, cwd }: GitRunOptions = {}): Buffer =>
    execFileSync('git', ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false', ...args], {
      cwd: cwd ?? dir,
      env: { ...hermeticGitEnv(), ...env },
      input: stdin ?? '',
      maxBuffer: 256 * 1024 * 1024,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  const text = (args: readonly string[], runOptions?: GitRunOptions): string =>
    run(args, runOptions).toString('utf8').replace(/\n$/, '')

  const repo: TempRepo = {
    dir,
    gitDir,
    git: (...args) => text(args),
    run,
    write(path, file) {
      const { content, executable } = partsOf(file)
      const full = join(checkout, path)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, content)
      chmodSync(full, executable ? 0o755 : 0o644)
    },
    remove: (path) => rmSync(join(checkout, path), { recursive: true }),
    read: (path) => readFileSync(join(checkout, path)),
    commit(message = `commit ${commits + 1}`) {
      const date = `${FIRST_COMMIT_AT + 60 * commits} +0000`
      const env = {
        GIT_DIR: gitDir,
        GIT_WORK_TREE: checkout,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      }
      const inCheckout = { env, cwd: checkout }
      run(['-c', 'core.autocrlf=false', 'add', '-A'], inCheckout)
      run(['commit', '--quiet', '--allow-empty', '--no-verify', '-m', message], inCheckout)
      commits += 1
      return repo.head()
    },
    head: () => text(['rev-parse', 'HEAD']),
    tree(rev = 'HEAD') {
      const entries = run(['ls-tree', '-r', '-z', rev]).toString('utf8').split('\0').filter(Boolean)
      return entries.map((entry) => {
        const [meta = '', path = ''] = entry.split('\t')
        const [mode = '', , oid = ''] = meta.split(' ')
        return { path, mode, bytes: run(['cat-file', 'blob', oid]) }
      })
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  }

  mkdirSync(checkout, { recursive: true })
  if (!existsSync(dir)) mkdirSync(dir)
  const init = ['init', '--quiet', `--initial-branch=${options.branch ?? 'main'}`]
  if (bare) init.push('--bare')
  if (options.objectFormat !== undefined) init.push(`--object-format=${options.objectFormat}`)
  run(init)
  const files = Object.entries(options.files ?? {})
  for (const [path, file] of files) repo.write(path, file)
  if (files.length > 0) repo.commit('first commit')
  return repo
}
