/** Reads JSON files named on the command line, with sentences about what is wrong with them. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, REQUEST_FILE_LIMITS, userError } from '../engine/engine.ts'

export interface Document {
  source: string
  value: unknown
}

/** Returns the JSON document in a file; `-` is standard input. */
export function readDocument(file: string): Document {
  let bytes: Buffer
  try {
    bytes = readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
    throw userError('unreadable', `${file} ${why}`, 'name a readable JSON file')
  }
  return { source: file, value: readJson(bytes, REQUEST_FILE_LIMITS, file) }
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
