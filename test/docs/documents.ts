/** What documents may be held to: the files they name exist, and nothing tells on the machine they were made on. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A place in a text file, with what was found there. */
export interface Mention {
  file: string
  line: number
  text: string
}

const OUR_FOLDERS = /^(\.ci|bin|build|main|preload|renderer|resources|schemas|scripts|skills|test)\//
const OUR_FILES =
  /^([A-Z]+\.md|sample-[\w-]+\.json|[\w.]+\.config\.ts|tsconfig[\w.]*\.json|\.oxlintrc\.json)$/
/** Files that Hyperion writes elsewhere and that only look like ours. */
const NOT_OURS = new Set(['EXPORT_GUIDE.md'])
/** Folders that hold nothing of ours. */
const IGNORED = new Set(['.git', '.hyperion', 'bench-results', 'execution', 'node_modules', 'out', 'sample'])

// Written so that this file does not mention what it looks for.
const MACHINE_PATH = /(?<![\w.~-])\/(?:work|root|home\/\w+|Users\/\w+)\//
const REGISTRY_HOST = /registry[.][\w-]+[.]\w|npm[j]s[.](?:org|com)|npm[m]irror|arti[f]actory|py[p]i[.]org/i

function linesOf(text: string): [number, string][] {
  return text.split('\n').map((line, index) => [index + 1, line])
}

/** Returns the paths of this project that a document names in backticks or links to, outside code blocks. */
export function pathsNamed(file: string, markdown: string): Mention[] {
  const found: Mention[] = []
  let fence: string | null = null
  for (const [line, text] of linesOf(markdown)) {
    const mark = /^\s*(```+|~~~+)/.exec(text)?.[1] ?? null
    if (fence !== null) {
      if (mark?.startsWith(fence) === true) fence = null
      continue
    }
    if (mark !== null) {
      fence = mark
      continue
    }
    const spans = [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
    const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map((match) => match[1] ?? '')
    for (const span of spans) {
      const path = span.replace(/:\d+(-\d+)?$/, '')
      if (/[\s$=]/.test(path) || NOT_OURS.has(path)) continue
      if (OUR_FOLDERS.test(path) || OUR_FILES.test(path)) found.push({ file, line, text: path })
    }
    for (const link of links) if (!/^[a-z]+:/.test(link)) found.push({ file, line, text: link })
  }
  return found
}

/** Spells out `{a,b}`: both are named. */
function alternatives(path: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(path)
  if (braces === null) return [path]
  const [whole, inner = ''] = braces
  return inner.split(',').flatMap((part) => alternatives(path.replace(whole, () => part)))
}

/** Tells whether a named path exists; of a pattern (`*`, `<name>`) the folder before it must. */
export function exists(root: string, path: string): boolean {
  return alternatives(path).every((one) => {
    const wild = /[*<…]/.exec(one)
    if (wild === null) return existsSync(join(root, one))
    return existsSync(join(root, one.slice(0, one.lastIndexOf('/', wild.index) + 1)))
  })
}

/** Lists the lines of a text that name a path of a machine or the host of a package registry. */
export function tellTales(file: string, text: string): Mention[] {
  return linesOf(text)
    .filter(([, line]) => MACHINE_PATH.test(line) || REGISTRY_HOST.test(line))
    .map(([line, found]) => ({ file, line, text: found.trim().slice(0, 120) }))
}

/** Lists every file of the project, as paths with `/`. */
export function projectFiles(root: string, prefix = ''): string[] {
  return readdirSync(join(root, prefix), { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return []
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory()) return projectFiles(root, path)
    return entry.isFile() ? [path] : []
  })
}

export const readText = (root: string, path: string): string => readFileSync(join(root, path), 'utf8')
