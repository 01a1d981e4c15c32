/** Git objects in bulk: read through one long-lived process, made in memory, written many at a time as a pack. */
import type { ChildProcess } from '../base/process.ts'
import { hash } from 'node:crypto'
import { bug, transientError } from '../base/errors.ts'
import { killTree } from '../base/process.ts'
import { git, spawnGit, type GitOptions } from './git.ts'
import { makePack, type ObjectType } from './pack.ts'
import type { ObjectFormat } from './repository.ts'

export interface GitObject {
  type: ObjectType
  body: Buffer
}

export interface TreeEntry {
  /** As git stores it, without leading zeros: 100644, 100755, 120000, 160000, 40000. */
  mode: string
  oid: string
}

/**
 * A tree taken apart: its bytes, and by name (bytes kept as latin1) each entry's mode and where in them its id stands.
 * Trees that differ only in ids share their places.
 */
export interface Folder {
  body: Buffer
  places: ReadonlyMap<string, { mode: string; at: number }>
}

export interface Objects {
  readonly format: ObjectFormat
  /** Trees already taken apart, by id; whoever reads trees keeps them here. */
  readonly folders: Map<string, Folder>
  /** Reads an object, staged or stored; null when the repository has no such object. */
  read(oid: string): Promise<GitObject | null>
  /**
   * Keeps a new object in memory and returns its id; it is in the repository after `flush`. `likeness` names an object
   * it is a small edit of.
   */
  stage(type: ObjectType, body: Buffer, likeness?: string | null): string
  /**
   * Writes everything staged, fsynced, by one git process that verifies every object it is given. What is staged
   * meanwhile is left for the next flush, which ends after this one.
   */
  flush(): Promise<void>
  /** Drops what was staged and not flushed. */
  discard(): void
  close(): void
}

/** From this many on a pack is cheaper than loose files; below, loose files do not pile up packs. */
const PACK_FROM = 64
const CACHE_BYTES = 64 * 1024 * 1024
/** Bodies over this are not worth pushing everything else out of the cache. */
const CACHE_LARGEST = 1024 * 1024

/** Returns the id git would give an object. */
export function objectId(format: ObjectFormat, type: ObjectType, body: Uint8Array): string {
  return hash(format, Buffer.concat([Buffer.from(`${type} ${body.length}\0`, 'latin1'), body]))
}

interface Waiting {
  oid: string
  resolve(object: GitObject | null): void
  reject(error: unknown): void
}

/** Asks one `git cat-file --batch` for objects, in order; starts it again when it was ended. */
function openReader(options: GitOptions): { read(oid: string): Promise<GitObject | null>; close(): void } {
  let child: ChildProcess | null = null
  let waiting: Waiting[] = []
  let chunks: Buffer[] = []
  let buffered = 0
  /** Bytes needed before another look at the buffer is worth it. */
  let wanted = 1
  let closed = false
  /** Questions of one turn of the event loop, asked with one write. */
  let asked: string[] = []

  function ask(oid: string): void {
    if (asked.length === 0) {
      setImmediate(() => {
        const text = asked.join('')
        asked = []
        child?.stdin?.write(text)
      })
    }
    asked.push(`${oid}\n`)
  }

  function answer(): void {
    while (buffered >= wanted && waiting.length > 0) {
      const buffer = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
      chunks = [buffer]
      const newline = buffer.indexOf(10)
      if (newline < 0) {
        wanted = buffered + 1
        return
      }
      const [oid, type, size] = buffer.toString('latin1', 0, newline).split(' ')
      const next = waiting[0] as Waiting
      let used = newline + 1
      let object: GitObject | null = null
      if (type !== 'missing') {
        const length = Number(size)
        if (buffered < newline + 1 + length + 1) {
          wanted = newline + 1 + length + 1
          return
        }
        object = {
          type: type as ObjectType,
          body: Buffer.from(buffer.subarray(newline + 1, newline + 1 + length)),
        }
        used += length + 1
      }
      waiting.shift()
      chunks = used === buffer.length ? [] : [buffer.subarray(used)]
      buffered -= used
      wanted = 1
      if (oid === next.oid) next.resolve(object)
      else next.reject(bug('cat_file_order', `asked for object ${next.oid} and was answered about ${oid}`))
    }
  }

  function start(): ChildProcess {
    const made = spawnGit(['cat-file', '--batch'], options)
    const lost = (error?: unknown): void => {
      if (child !== made) return
      child = null
      const orphans = waiting
      waiting = []
      chunks = []
      asked = []
      buffered = 0
      wanted = 1
      for (const one of orphans)
        one.reject(transientError('git_killed', 'git cat-file ended unexpectedly', error))
    }
    made.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      buffered += chunk.length
      answer()
    })
    made.stderr?.resume()
    made.stdin?.on('error', () => undefined)
    made.on('error', lost)
    made.on('close', () => lost())
    // A reader left open must not keep the program from ending.
    made.unref()
    return made
  }

  return {
    read: (oid) =>
      new Promise((resolve, reject) => {
        if (closed)
          return reject(bug('reader_closed', 'an object was asked for after the repository was closed'))
        child ??= start()
        waiting.push({ oid, resolve, reject })
        ask(oid)
      }),
    close() {
      closed = true
      if (child?.pid !== undefined) killTree(child.pid)
      child = null
    },
  }
}

export function openObjects(format: ObjectFormat, options: GitOptions): Objects {
  const reader = openReader(options)
  const staged = new Map<string, GitObject & { likeness: string | null }>()
  /** Those of them that a flush is writing. */
  const leaving = new Set<string>()
  let flushed: Promise<void> = Promise.resolve()
  const cache = new Map<string, GitObject>()
  /** Reads under way, so that many who want one object ask once. */
  const reading = new Map<string, Promise<GitObject | null>>()
  let cached = 0

  function remember(oid: string, object: GitObject): void {
    if (object.body.length > CACHE_LARGEST || cache.has(oid)) return
    cache.set(oid, object)
    cached += object.body.length
    for (const [oldest, old] of cache) {
      if (cached <= CACHE_BYTES) break
      cache.delete(oldest)
      cached -= old.body.length
    }
  }

  type Staged = readonly [oid: string, object: GitObject & { likeness: string | null }]

  async function write(batch: readonly Staged[], before: Promise<void>): Promise<void> {
    for (const [oid] of batch) leaving.add(oid)
    try {
      const pack = makePack(format, batch.map(([oid, object]) => ({ oid, ...object }))) // prettier-ignore
      // git looks whether what these objects name is there.
      await before
      const command =
        batch.length < PACK_FROM ? ['unpack-objects', '-q', '--strict'] : ['index-pack', '--stdin']
      await git(command, { ...options, stdin: pack })
      for (const [oid, object] of batch) {
        staged.delete(oid)
        remember(oid, { type: object.type, body: object.body })
      }
    } finally {
      for (const [oid] of batch) leaving.delete(oid)
    }
  }

  return {
    format,
    folders: new Map(),
    async read(oid) {
      const known = staged.get(oid) ?? cache.get(oid)
      if (known !== undefined) return known
      const asked = reading.get(oid) ?? reader.read(oid)
      reading.set(oid, asked)
      try {
        const object = await asked
        if (object !== null) remember(oid, object)
        return object
      } finally {
        reading.delete(oid)
      }
    },
    stage(type, body, likeness = null) {
      const oid = objectId(format, type, body)
      if (!staged.has(oid)) staged.set(oid, { type, body, likeness })
      return oid
    },
    flush() {
      const batch = [...staged].filter(([oid]) => !leaving.has(oid))
      if (batch.length === 0) return flushed
      const written = write(batch, flushed)
      flushed = written
      // What could not be written is staged still: the next flush tries again.
      written.catch(() => {
        if (flushed === written) flushed = Promise.resolve()
      })
      return written
    },
    discard: () => staged.clear(),
    close: () => reader.close(),
  }
}
