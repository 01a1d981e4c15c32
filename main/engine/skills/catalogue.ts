/** The skills that are shipped with the program, with the launcher and the template that go with them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Skill } from '../../../schemas/skills.ts'
import { bug, userError } from '../base/errors.ts'
import { readSkill } from './format.ts'

export const SKILL_FILE = 'SKILL.md'
export const LAUNCHER = 'scripts/cast_builder.sh'
const TEMPLATE = 'resources/templates/EXPORT_GUIDE.template.md'
const BUNDLE_README = 'resources/templates/BUNDLE_README.md'
const BUNDLED = 'cast-builder'

/** A file on its way out, named from the folder it goes to. */
export interface OutFile {
  path: string
  bytes: Buffer
  executable: boolean
}

export interface Catalogue {
  /** The folder it was read from. */
  root: string
  skills: Skill[]
  /** Every file of every skill, as `skills/…`, sorted. */
  files: OutFile[]
  launcher: OutFile
  template: string
  bundleReadme: string
}

export const byPath = (a: { path: string }, b: { path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0

/** Finds the folder that the program was shipped in, at or above `near`. */
export function shippedRoot(near: string): string {
  for (let at = near; ; at = dirname(at)) {
    const needed = [join('skills', BUNDLED, SKILL_FILE), TEMPLATE, BUNDLE_README, LAUNCHER]
    if (needed.every((path) => existsSync(join(at, path)))) return at
    if (dirname(at) === at)
      throw userError('skills_missing', 'the skills shipped with Hyperion are not there', 'install it anew')
  }
}

/** Programs are what lies in a folder of scripts and says who runs it: a checkout may not keep modes. */
const isProgram = (path: string, bytes: Buffer): boolean =>
  /(?:^|\/)scripts\//.test(path) && bytes.subarray(0, 2).toString('latin1') === '#!'

function outFile(root: string, path: string): OutFile {
  const bytes = readFileSync(join(root, path))
  return { path, bytes, executable: isProgram(path, bytes) }
}

function pathsBelow(folder: string, prefix: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}/${entry.name}`
    if (entry.isDirectory()) return pathsBelow(join(folder, entry.name), path)
    return entry.isFile() && !entry.name.startsWith('.') ? [path] : []
  })
}

/** Reads everything that is shipped; what of it is no skill is a bug of the program, not the operator's. */
export function readCatalogue(root: string): Catalogue {
  const folders = readdirSync(join(root, 'skills'), { withFileTypes: true }).filter((one) =>
    one.isDirectory(),
  )
  const read = folders.map(({ name }) => {
    const files = pathsBelow(join(root, 'skills', name), `skills/${name}`).map((path) => outFile(root, path))
    return { name, files: files.sort(byPath) }
  })
  return {
    root,
    skills: read.map(({ name, files }) => skillOf(name, files)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    files: read.flatMap(({ files }) => files).sort(byPath),
    launcher: outFile(root, LAUNCHER),
    template: readFileSync(join(root, TEMPLATE), 'utf8'),
    bundleReadme: readFileSync(join(root, BUNDLE_README), 'utf8'),
  }
}

function skillOf(name: string, files: readonly OutFile[]): Skill {
  const file = `skills/${name}/${SKILL_FILE}`
  const text = files.find(({ path }) => path === file)
  const read = readSkill(name, text?.bytes.toString('utf8') ?? '')
  if (!read.ok) throw bug('bad_skill', `${file}: ${read.problems.map(({ message }) => message).join('; ')}`)
  return {
    name,
    description: read.skill.description,
    files: files.map(({ path, bytes }) => ({
      path: path.slice(`skills/${name}/`.length),
      bytes: bytes.length,
    })),
    text: read.skill.body,
  }
}

/** What goes into a bundle: as `tar -czf … scripts/cast_builder.sh skills/cast-builder` would take it. */
export function bundled({ files, launcher }: Catalogue): OutFile[] {
  return [...files.filter(({ path }) => path.startsWith(`skills/${BUNDLED}/`)), launcher]
}
