/** The built command line as a real process over a real repository, and what to compare before and after it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../../main/engine/store/database.ts'
import type { ShownChange } from '../../main/engine/engine.ts'
import type { ListRow } from '../../schemas/records.ts'
import { afterEach, expect } from 'vitest'
import { fingerprint, workspaceFingerprint } from '../support/fingerprint.ts'
import { tempRepo, type TempRepo, type TempRepoOptions } from '../support/temp-repo.ts'

const PROGRAM = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

export interface Ran {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  cwd?: string
  env?: Readonly<Record<string, string | undefined>>
  input?: string
  /** Leaves its standard input open, as a terminal is. */
  stays?: boolean
}

export interface Running {
  process: ChildProcess
  ended: Promise<Ran>
  /** Resolves once standard output or error matches; rejects when the process ends before. */
  says(pattern: RegExp): Promise<void>
  hasEnded(): boolean
  kill(signal: NodeJS.Signals): void
}

/** Starts the command line. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env }
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name]
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: options.cwd, env, stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  let look: (() => void) | null = null
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look?.()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    look?.()
  })
  child.stdin.on('error', () => undefined)
  if (options.stays === true) child.stdin.write(options.input ?? '')
  else child.stdin.end(options.input ?? '')
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr })
      look?.()
    })
  })
  return {
    process: child,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (pattern.test(stdout) || pattern.test(stderr)) resolve()
          else if (child.exitCode !== null || child.signalCode !== null)
            reject(new Error(`ended without saying ${pattern}: ${stdout}${stderr}`))
        }
        look()
      }),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    kill: (signal) => void child.kill(signal),
  }
}

/** Runs the command line to its end. */
export const hyperion = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  start(args, options).ended

export interface Workspace {
  repo: TempRepo
  dir: string
  db: string
  /** Runs a command in the checkout. */
  run(...args: string[]): Promise<Ran>
  /** The same; throws unless it exits with 0. */
  ok(...args: string[]): Promise<string>
  start(...args: string[]): Running
  /** Writes a JSON document (or a text as it is) outside the checkout and returns its file. */
  file(name: string, content: unknown): string
  /** Queues change requests and returns their ids. */
  enqueue(...requests: unknown[]): Promise<number[]>
  list(): Promise<ListRow[]>
  row(id: number): Promise<ListRow>
  show(id: number): Promise<ShownChange>
  /** The folder of its check worktrees and the like. */
  cache(): string
  /** The page of the database file where a table begins. */
  rootPage(table: string): number
  /** Every table of the queue, as text. */
  dump(): string
  /** The checkout and the git directory, to the byte. */
  print(): Record<string, string>
  /** Counts changes over a connection of its own, for tests that wait for one. */
  counter(): { count(): number; close(): void }
  /** SQL on the queue, as a broken program or a damaged disk would leave it. */
  sql(text: string): void
  dispose(): void
}

export interface WorkspaceOptions extends TempRepoOptions {
  /** Committed as hyperion.config.json. */
  config?: unknown
  init?: boolean
}

export async function workspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const { config, init, ...repoOptions } = options
  const settings =
    config === undefined ? {} : { 'hyperion.config.json': `${JSON.stringify(config, null, 2)}\n` }
  const repo = tempRepo({
    ...repoOptions,
    files: { 'a.txt': 'one\ntwo\nthree\n', ...repoOptions.files, ...settings },
  })
  const { dir } = repo
  const db = join(dir, '.hyperion/hyperion.db')
  const inbox = join(dirname(dir), 'in')
  let files = 0
  const one: Workspace = {
    repo,
    dir,
    db,
    run: (...args) => hyperion(args, { cwd: dir }),
    async ok(...args) {
      const ran = await one.run(...args)
      if (ran.code !== 0) throw new Error(`hyperion ${args.join(' ')} ended with ${ran.code}: ${ran.stderr}`)
      return ran.stdout
    },
    start: (...args) => start(args, { cwd: dir }),
    file(name, content) {
      const file = join(inbox, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
      return file
    },
    async enqueue(...requests) {
      files += 1
      const said = await one.ok('enqueue', one.file(`requests-${files}.json`, requests))
      return [...said.matchAll(/Enqueued change request (\d+)/g)].map((match) => Number(match[1]))
    },
    list: async () => JSON.parse(await one.ok('list', '--format', 'json')) as ListRow[],
    async row(id) {
      const row = (await one.list()).find((other) => other.id === id)
      if (row === undefined) throw new Error(`there is no change ${id}`)
      return row
    },
    show: async (id) => JSON.parse(await one.ok('show', String(id), '--format', 'json')) as ShownChange,
    cache() {
      const opened = openDatabase(db)
      const row = opened.sql<{ value: string }>(`SELECT value FROM workspace WHERE key = 'uuid'`).get()
      opened.close()
      return join(process.env['XDG_CACHE_HOME'] ?? '', 'hyperion', row?.value ?? '')
    },
    rootPage(table) {
      const opened = openDatabase(db)
      const row = opened
        .sql<{ rootpage: number }>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
        .get(table)
      opened.close()
      return row?.rootpage ?? 0
    },
    dump: () => dumpOf(db),
    print: () => workspaceFingerprint(dir),
    counter() {
      const opened = openDatabase(db)
      const count = opened.sql<{ n: number }>('SELECT count(*) AS n FROM change_queue')
      return { count: () => count.get()?.n ?? 0, close: () => opened.close() }
    },
    sql(text) {
      const opened = openDatabase(db)
      opened.exec(text)
      opened.close()
    },
    dispose: () => repo.dispose(),
  }
  if (init !== false) await one.ok('init')
  return one
}

/** Returns every row of every table of a queue. */
export function dumpOf(file: string): string {
  const db = openDatabase(file)
  try {
    const tables = db
      .sql<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .all()
    return tables
      .map(({ name }) => `${name}: ${JSON.stringify(db.sql(`SELECT * FROM "${name}"`).all())}`)
      .join('\n')
  } finally {
    db.close()
  }
}

/** What a refusal must be: one sentence on stderr, nothing on stdout, no trace of where in the program it arose. */
export function sentence(ran: Ran): string {
  const lines = ran.stderr.trimEnd().split('\n')
  if (ran.stdout !== '' || lines.length !== 1 || !lines[0]?.startsWith('hyperion: ')) {
    throw new Error(
      `not one sentence: stdout ${JSON.stringify(ran.stdout)}, stderr ${JSON.stringify(ran.stderr)}`,
    )
  }
  return lines[0].slice('hyperion: '.length)
}

/** Registers what to undo after each test of the file, the last first. */
export function undoAfterEach(): (undo: () => void) => void {
  const all: (() => void)[] = []
  afterEach(() => {
    for (let undo = all.pop(); undo !== undefined; undo = all.pop()) undo()
  })
  return (undo) => void all.push(undo)
}

/** Everything below a folder; looking at a database makes an empty log and its index beside it. */
const filesBelow = (watched: string): object =>
  Object.fromEntries(
    Object.entries(fingerprint(watched, { times: true })).filter(([path]) => !/\.db-(?:wal|shm)$/.test(path)),
  )

/** What a test makes and wants gone after it. */
export interface Things {
  undo(undo: () => void): void
  repository(options?: TempRepoOptions): TempRepo
  prepared(options?: WorkspaceOptions): Promise<Workspace>
  folder(): string
}

/** Returns makers of things that are disposed of after each test. */
export function thingsForEach(): Things {
  const undo = undoAfterEach()
  return {
    undo,
    repository(options = { files: { 'a.txt': 'one\n' } }) {
      const repo = tempRepo(options)
      undo(() => repo.dispose())
      return repo
    },
    async prepared(options) {
      const made = await workspace(options)
      undo(() => made.dispose())
      return made
    },
    folder() {
      const made = mkdtempSync(join(tmpdir(), 'env-'))
      undo(() => rmSync(made, { recursive: true, force: true }))
      return made
    },
  }
}

/** Runs a command that must be refused with one sentence, which it returns, while nothing in `watched` changes. */
export async function refusedIn(
  watched: string,
  args: readonly string[],
  options: RunOptions,
  exitCode = 1,
): Promise<string> {
  const before = filesBelow(watched)
  const ran = await hyperion(args, options)
  expect(ran).toMatchObject({ code: exitCode, stdout: '' })
  expect(filesBelow(watched)).toEqual(before)
  return sentence(ran)
}
