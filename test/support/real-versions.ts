/** Real input: the published versions of one small package, installed under aliases such as `qs-6.0.0`. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface RealFile {
  bytes: Buffer
  executable: boolean
}

export interface RealVersion {
  version: string
  /** Path with `/` → file, in the order of the paths' bytes. */
  files: Map<string, RealFile>
}

const PACKAGE = 'qs'
const project = fileURLToPath(new URL('../..', import.meta.url))

function filesBelow(folder: string, prefix = ''): [string, RealFile][] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory()) return filesBelow(folder, path)
    const full = join(folder, path)
    const executable = (statSync(full).mode & 0o100) !== 0
    return [[path, { bytes: readFileSync(full), executable }] satisfies [string, RealFile]]
  })
}

/** Returns the versions from oldest to newest, every file as published. */
export function realVersions(): RealVersion[] {
  const { devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const aliases = Object.keys(devDependencies).filter((name) => name.startsWith(`${PACKAGE}-`))
  const versions = aliases.map((alias) => {
    const folder = join(project, 'node_modules', alias)
    if (!existsSync(folder)) throw new Error(`node_modules/${alias} is missing: run npm ci`)
    const files = filesBelow(folder).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return { version: alias.slice(PACKAGE.length + 1), files: new Map(files) }
  })
  return versions.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }))
}
