/** Rules about the path of a change: what is refused, what is protected, what an assignment may touch. */
import { posix } from 'node:path'

export interface PathRefusal {
  code: PathRefusalCode
  message: string
}

export const MAX_PATH_BYTES = 4096
export const MAX_COMPONENT_BYTES = 255

const REFUSALS = {
  path_empty: 'the path is empty; name a file relative to the repository root',
  path_not_unicode: 'the path holds a lone surrogate; send it as well-formed Unicode',
  path_nul: 'the path holds a NUL character; remove it',
  path_control_character: 'the path holds a control character or line separator; remove it',
  path_bidi_control: 'the path holds a bidirectional control character; remove it',
  path_ignorable_character: 'the path holds an invisible character that some file systems ignore; remove it',
  path_not_nfc: 'the path is not in Unicode normalisation form C; normalise it',
  path_too_long: `the path is longer than ${MAX_PATH_BYTES} bytes; shorten it`,
  path_backslash: 'the path holds a backslash; separate folders with "/"',
  path_absolute: 'the path is absolute; name it relative to the repository root',
  path_drive_letter: 'the path starts with a drive letter; name it relative to the repository root',
  path_trailing_slash: 'the path ends with "/"; name a file, not a folder',
  path_empty_component: 'the path holds "//"; write one "/" between folders',
  path_dot_component: 'the path holds a "." component; remove it',
  path_parent_component: 'the path holds a ".." component; stay inside the repository',
  path_component_too_long: `a component of the path is longer than ${MAX_COMPONENT_BYTES} bytes; shorten it`,
  path_git_folder: 'the path leads into a git folder (".git" under some spelling); choose another name',
  path_short_name: 'the path holds a Windows short name such as "git~1"; use the full name',
  path_alternate_stream: 'the path holds ":", which names a stream or a drive on Windows; remove it',
  path_trailing_dot_or_space: 'a component of the path ends with a dot or a space; remove it',
  path_reserved_name: 'a component of the path is a reserved device name on Windows; choose another name',
  path_kept_by_hyperion: 'the path is one that Hyperion writes itself; choose another name',
} as const

export type PathRefusalCode = keyof typeof REFUSALS

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const IGNORABLES = /\p{Default_Ignorable_Code_Point}/gu

// Superscript digits count as digits in Windows device names.
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])$/i
// An 8.3 name: on NTFS and FAT it opens whichever long name it was generated for, protected ones included.
const SHORT_NAME = /^(?=.{2,8}(?:\.|$))[^.~]{1,6}~[0-9]{1,6}(?:\.[^.]{1,3})?$/
// git's is_ntfs_dotgit: trailing dots and spaces vanish, a stream may follow.
const NTFS_DOTGIT = /^(?:\.git|git~1)[ .]*(?::|$)/i

// Files Hyperion writes into the checkout. The rest of `execution/` may be a repository's own source folder, so
// only the two reports are kept, and the name of the folder itself, which a file would take away.
const KEPT: ReadonlySet<string> = new Set([
  '.hyperion',
  'execution',
  'execution/verification_report.json',
  'execution/next_task_context.json',
])

function refusalOfComponent(component: string): PathRefusalCode | null {
  if (component === '') return 'path_empty_component'
  if (component === '.') return 'path_dot_component'
  if (component === '..') return 'path_parent_component'
  if (NTFS_DOTGIT.test(component) || foldComponent(component) === '.git') return 'path_git_folder'
  if (component.includes(':')) return 'path_alternate_stream'
  if (/[. ]$/.test(component)) return 'path_trailing_dot_or_space'
  if (DEVICE.test(component.split('.', 1)[0]?.trimEnd() ?? '')) return 'path_reserved_name'
  if (SHORT_NAME.test(component)) return 'path_short_name'
  if (Buffer.byteLength(component) > MAX_COMPONENT_BYTES) return 'path_component_too_long'
  return null
}

function refusalCode(path: string): PathRefusalCode | null {
  if (path === '') return 'path_empty'
  if (!path.isWellFormed()) return 'path_not_unicode'
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return 'path_too_long'
  if (path.includes('\0')) return 'path_nul'
  if (CONTROL.test(path)) return 'path_control_character'
  if (BIDI.test(path)) return 'path_bidi_control'
  if (IGNORABLE.test(path)) return 'path_ignorable_character'
  if (path.normalize('NFC') !== path) return 'path_not_nfc'
  if (/^[A-Za-z]:/.test(path)) return 'path_drive_letter'
  if (path.includes('\\')) return 'path_backslash'
  if (path.startsWith('/')) return 'path_absolute'
  if (path.endsWith('/')) return 'path_trailing_slash'
  const components = path.split('/')
  for (const component of components) {
    const code = refusalOfComponent(component)
    if (code !== null) return code
  }
  const folded = components.map(foldComponent)
  if (folded[0] === '.hyperion' || KEPT.has(folded.join('/'))) return 'path_kept_by_hyperion'
  return null
}

/**
 * Returns why a path may not be changed, or null when it may.
 *
 * The rules are the strictest of all systems the repository may be checked out on (note "Hostile input"), whatever
 * system this runs on. Clashes with tracked paths need the tree: see `foldComponent`.
 */
export function pathRefusal(path: string): PathRefusal | null {
  const code = refusalCode(path)
  return code === null ? null : { code, message: REFUSALS[code] }
}

/**
 * Returns the key that two names in one folder must not share.
 *
 * Folds what NTFS, APFS or HFS+ treat as the same name: case, normalisation form, ignorable code points, trailing
 * dots and spaces. It folds a little more than any one of them does; a false clash is refused, a missed one loses data.
 */
export function foldComponent(name: string): string {
  // Plain names, which nearly all are, have one form and two cases.
  if (PLAIN.test(name)) return name.toLowerCase()
  // Upper case first: it maps what lower case alone keeps apart, such as long s and final sigma.
  const cased = name.normalize('NFD').toUpperCase().toLowerCase()
  return cased
    .replace(IGNORABLES, '')
    .replace(/[. ]+$/, '')
    .normalize('NFC')
}

/** ASCII that does not end with a dot or a space. */
const PLAIN = /^[\x20-\x7e]*[\x21-\x2d\x2f-\x7e]$/

const foldPath = (path: string): string => path.split('/').map(foldComponent).join('/')

/** Files that are protected wherever they are: they change what git does with others. */
const PROTECTED_NAMES: ReadonlySet<string> = new Set(['.gitmodules', '.gitattributes'])

/** Folders of git hooks, wherever they are. */
const PROTECTED_FOLDERS: ReadonlySet<string> = new Set(['.husky', '.githooks'])

/** CI, hook managers and the team's policy, at the root. A final `/` means everything below. */
const PROTECTED_AT_ROOT: readonly string[] = [
  'hyperion.config.json',
  '.github/',
  '.gitlab/',
  '.gitlab-ci.yml',
  '.circleci/',
  '.ci/',
  '.buildkite/',
  '.forgejo/',
  '.gitea/',
  '.woodpecker/',
  '.woodpecker.yml',
  '.woodpecker.yaml',
  '.azure-pipelines/',
  '.teamcity/',
  '.semaphore/',
  'azure-pipelines.yml',
  'bitbucket-pipelines.yml',
  '.travis.yml',
  '.drone.yml',
  '.cirrus.yml',
  '.appveyor.yml',
  'appveyor.yml',
  'jenkinsfile',
  '.pre-commit-config.yaml',
  'lefthook.yml',
  '.lefthook.yml',
]

function alwaysProtected(folded: string): boolean {
  const components = folded.split('/')
  const name = components.at(-1) ?? ''
  if (PROTECTED_NAMES.has(name)) return true
  if (components.some((component) => PROTECTED_FOLDERS.has(component))) return true
  return PROTECTED_AT_ROOT.some((entry) =>
    // A file or symlink that takes a folder's place is as good as a change inside it.
    entry.endsWith('/') ? `${folded}/`.startsWith(entry) : folded === entry,
  )
}

// `matchesGlob` lets no wildcard match a leading dot, so `.github/**` would miss `.github/.hidden`. Written with a
// letter before each leading dot, hidden names are ordinary names.
const DOT = '\ue000.'
const unhide = (text: string): string => text.replace(/(^|\/)\./g, `$1${DOT}`)
const unhideAlternatives = (glob: string): string => glob.replace(/(^|[/{,])\./g, `$1${DOT}`)

/** Text that a path must begin or end with to match a pattern, as far as that is plain to see. */
const BEGINS = /^[^*?[\]{}!()+@|\\]*/
const ENDS = /[^*?[\]{}!()+@|\\]*$/

/** Most paths match no pattern, and most patterns say so at their beginning or end. */
function cannotMatch(path: string, pattern: string): boolean {
  if (pattern.includes('!')) return false
  const begins = (BEGINS.exec(pattern)?.[0] ?? '').replace(/\/$/, '')
  const ends = (ENDS.exec(pattern)?.[0] ?? '').replace(/^\//, '')
  return !path.startsWith(begins) || !path.endsWith(ends)
}

function matches(folded: string, glob: string): boolean {
  const pattern = foldGlob(glob)
  if (cannotMatch(folded, pattern)) return false
  const path = unhide(folded)
  const patterns = new Set([unhide(pattern), unhideAlternatives(pattern)])
  for (const each of patterns) if (posix.matchesGlob(path, each)) return true
  return posix.matchesGlob(folded, pattern)
}

function foldGlob(glob: string): string {
  const rooted = glob.replace(/^(?:\.?\/)+/, '')
  const open = rooted.endsWith('/') ? `${rooted}**` : rooted
  return open.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC')
}

/**
 * Tells whether a change of this path waits for a person: it is on the built-in list or matches a configured glob.
 *
 * Globs match without regard to case, see hidden files, and may end in `/` for everything below a folder.
 */
export function isProtected(path: string, globs: readonly string[]): boolean {
  const folded = foldPath(path)
  return alwaysProtected(folded) || globs.some((glob) => matches(folded, glob))
}

/** Tells whether an assignment's targets cover a path; a target is that path exactly, or a folder ending in `/`. */
export function inScope(path: string, fileTargets: readonly string[]): boolean {
  return fileTargets.some((target) => (target.endsWith('/') ? path.startsWith(target) : path === target))
}
