/** Reads JSON files named on the command line, with sentences about what is wrong with them. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, REQUEST_FILE_LIMITS, userError } from '../engine/engine.ts'

export interface Document {
  source: string
  value: unknown
}

/** Returns the JSON document in a file; `-` is standard input. */
export function readDocument(file: string): Document {
  return { source: file, value: readJson(readBytes(file), REQUEST_FILE_LIMITS, file) }
}

/** Returns the bytes of a file that JSON is to be read from, one more than may be at the most. */
export function readBytes(file: string): Buffer {
  try {
    return readUpTo(file, REQUEST_FILE_LIMITS.maxBytes + 1)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
    throw userError('unreadable', `${file} ${why}`, 'name a readable JSON file')
  }
}

const CHUNK = 1024 * 1024

/** Reads a file, pipe or device as far as it may go: one that never ends is too large like any other. */
function readUpTo(file: string, most: number): Buffer {
  const handle = file === '-' ? 0 : openSync(file, 'r')
  try {
    const chunks: Buffer[] = []
    for (let read = 0; read < most;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, most - read))
      const got = readSync(handle, chunk)
      if (got === 0) break
      chunks.push(chunk.subarray(0, got))
      read += got
    }
    return Buffer.concat(chunks)
  } finally {
    if (handle !== 0) closeSync(handle)
  }
}

/** Returns the documents of files and folders; a folder stands for its `*.json` in name order. */
export function readDocuments(places: readonly string[]): Document[] {
  return places.flatMap((place) => {
    if (!isFolder(place)) return [readDocument(place)]
    const names = readdirSync(place).filter((name) => name.endsWith('.json'))
    if (names.length === 0) {
      throw userError('nothing_there', `${place} holds no *.json file`, 'name a folder of change requests')
    }
    return names.sort().map((name) => readDocument(join(place, name)))
  })
}

/** Returns what each document holds: itself, or the entries of its array. */
export function entriesOf(documents: readonly Document[]): Document[] {
  return documents.flatMap(({ source, value }) =>
    Array.isArray(value) && value.length > 0
      ? value.map((entry: unknown, index) => ({ source: `${source}[${index}]`, value: entry }))
      : [{ source, value }],
  )
}

function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory()
  } catch {
    return false
  }
}
