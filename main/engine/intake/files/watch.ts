/** Watches the files of the workspace that git does not ignore, folder by folder, and writes down what changes. */
import { lstat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { watch, type FSWatcher } from 'chokidar'
import type { Clock } from '../../base/clock.ts'
import { HyperionError } from '../../base/errors.ts'
import { ignoredOf } from '../../git/ignored.ts'
import type { FileEvents, NewFileEvent } from '../../store/files.ts'
import { isRemote } from '../inbox/network.ts'
import { linesOf, openGathering, type Gathered, type Happening } from './gather.ts'

export interface FilesWatch {
  /** Folders watched so far. */
  folders(): number
  /** What is not seen, and why; null while everything is. */
  trouble(): string | null
  stop(): Promise<void>
}

export interface FilesDeps {
  clock: Clock
  files: FileEvents
  gitDir: string
  folder: string
}

/** Each folder costs the system a watch; a repository of more is one in which nobody reads along. */
export const MOST_FOLDERS = 5_000
/** After the first change others are waited for. */
const GATHER_MS = 400
/** The system's times of files lag behind its clock by up to one tick. */
export const TICK_MS = 10
/** Never gone into, ignored or not. */
const NEVER = new Set(['.git', 'node_modules'])
const OURS = new Set(['.hyperion', 'execution'])

/** Whether a path is nobody's work, whatever git says of it. */
export function isNever(path: string): boolean {
  const parts = path.split('/')
  return OURS.has(parts[0] ?? '') || parts.some((part) => NEVER.has(part))
}

export function watchFiles(deps: FilesDeps, onTrouble: (error: unknown) => void): FilesWatch {
  const { folder } = deps
  let trouble: string | null = null
  const hear = (error: unknown): void => {
    const { message, hint } = error as Partial<HyperionError>
    trouble = typeof hint === 'string' ? `${message}; ${hint}` : (message ?? String(error))
    onTrouble(error)
  }
  if (isRemote(folder)) {
    const said = `${folder} is on another machine, which does not tell what changes there`
    trouble = `${said}; file events are not recorded`
    return { folders: () => 0, trouble: () => trouble, stop: async () => undefined }
  }
  const stopped = new AbortController()
  const gathering = openGathering()
  const known = new Set<string>()
  /** Folders to go into, and whether they came in after the start: what is in such a one is news. */
  const found = new Map<string, boolean>()
  let wake = new AbortController()
  let full = false
  const nameOf = (path: string): string => relative(folder, path).split(sep).join('/')

  const watcher: FSWatcher = watch(folder, {
    // Folders are added one by one, once git has said that they are not ignored.
    depth: 0,
    ignoreInitial: false,
    alwaysStat: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    ignored: (path) => path !== folder && isNever(nameOf(path)),
  })
  /** Folders that came in after the start. */
  const fresh = new Set<string>()
  const started = deps.clock.nowMs() - TICK_MS
  known.add('')

  function note(path: string, happening: Happening): void {
    gathering.note(path, happening)
    wake.abort()
  }
  let ready = false
  watcher.on('ready', () => {
    ready = true
  })
  watcher.on('add', (path, stats) => {
    const name = nameOf(path)
    const above = name.slice(0, Math.max(0, name.lastIndexOf('/')))
    // Going into a folder brings up what was there all along.
    if ((above === '' && ready) || fresh.has(above)) return note(name, 'added')
    const { birthtimeMs = 0, ctimeMs = 0 } = stats ?? {}
    // Written after the start and before it was first seen: it need not be new.
    if (ctimeMs >= started) note(name, birthtimeMs >= started ? 'added' : 'changed')
  })
  watcher.on('change', (path) => note(nameOf(path), 'changed'))
  watcher.on('unlink', (path) => note(nameOf(path), 'removed'))
  watcher.on('addDir', (path, stats) => {
    const name = nameOf(path)
    if (name === '' || known.has(name)) return
    const { birthtimeMs = 0, ctimeMs = 0, mtimeMs = 0 } = stats ?? {}
    // Made since, or moved here, which leaves its contents' time as it was.
    found.set(name, birthtimeMs >= started || (ctimeMs >= started && ctimeMs !== mtimeMs))
    wake.abort()
  })
  watcher.on('unlinkDir', (path) => {
    const name = nameOf(path)
    if (!known.delete(name)) return
    fresh.delete(name)
    watcher.unwatch(path)
  })
  watcher.on('error', (error) => {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EMFILE') return
    full = true
    hear(
      new HyperionError(
        'transient',
        'too_many_watches',
        `the system watches no more folders of ${folder} (${code})`,
        {
          hint: 'raise fs.inotify.max_user_watches to see all file events',
        },
      ),
    )
  })

  /** Goes into folders that git does not ignore. */
  async function goInto(): Promise<void> {
    const folders = new Map(found)
    const names = [...folders.keys()]
    found.clear()
    const ignored = await ignoredOf({ gitDir: deps.gitDir, folder }, names.map((name) => `${name}/`)) // prettier-ignore
    for (const name of names) {
      if (ignored.has(`${name}/`) || known.has(name)) continue
      if (known.size >= MOST_FOLDERS) {
        if (!full)
          hear(new HyperionError('user', 'too_many_folders', `${folder} has more than ${MOST_FOLDERS} folders`, { hint: 'file events of the others are not recorded' })) // prettier-ignore
        full = true
      }
      if (full) return
      known.add(name)
      if (folders.get(name) === true) fresh.add(name)
      watcher.add(join(folder, name))
    }
  }

  async function sized({ path, happening }: Gathered): Promise<NewFileEvent> {
    const stat = happening === 'removed' ? null : await lstat(join(folder, path)).catch(() => null)
    return { path, kind: happening, size: stat === null ? null : stat.size }
  }

  async function writeDown(): Promise<void> {
    const { files, many } = gathering.take()
    if (files.length + many.length === 0) return
    const texts = files.filter(({ path }) => !path.includes('\0'))
    const ignored = await ignoredOf({ gitDir: deps.gitDir, folder }, texts.map(({ path }) => path)) // prettier-ignore
    const lines = linesOf(texts.filter(({ path }) => !ignored.has(path)), many) // prettier-ignore
    deps.files.record([...(await Promise.all(lines.files.map(sized))), ...lines.many])
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      wake = new AbortController()
      if (gathering.size + found.size === 0) {
        await new Promise<void>((resolve) => {
          const both = AbortSignal.any([wake.signal, stopped.signal])
          both.addEventListener('abort', () => resolve(), { once: true })
          if (both.aborted) resolve()
        })
      }
      await deps.clock.sleep(found.size > 0 ? 20 : GATHER_MS, stopped.signal)
      try {
        while (found.size > 0 && !full && !stopped.signal.aborted) await goInto()
        await writeDown()
      } catch (thrown) {
        // What was gathered is lost; the next changes are not.
        onTrouble(thrown)
      }
    }
  }
  const ended = run()
  return {
    folders: () => known.size,
    trouble: () => trouble,
    async stop() {
      stopped.abort()
      await ended
      await watcher.close()
      await writeDown().catch(onTrouble)
    },
  }
}
