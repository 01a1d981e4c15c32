/** Folders that belong to one process, so that whoever comes next can tell which were left by a killed one. */
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './process.ts'

/** Makes a new folder of this process below `parent`; `purpose` is letters only. */
export function makeProcessFolder(parent: string, purpose: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  return mkdtempSync(join(parent, `${purpose}-${process.pid}-`))
}

/** Returns the folders for `purpose` below `parent` whose process has ended. */
export function leftProcessFolders(parent: string, purpose: string): string[] {
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  const left = readdirSync(parent).filter((name) => {
    const [what, pid] = name.split('-')
    return what === purpose && /^\d+$/.test(pid ?? '') && !isAlive({ pid: Number(pid), startedAt: null })
  })
  return left.map((name) => join(parent, name))
}
