/** The lines before the first hunk: they may repeat the change's path and operation, and say nothing else. */
import { refuse, type Operation, type PatchRefusal } from './model.ts'

export interface Header {
  ok: true
  /** Index of the first line that is not header. */
  next: number
  executable: boolean | null
  normalised: string[]
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
}

/** Reads a name in git's C-style quotes at the start of `text`; null when it is not one. */
function unquote(text: string): { name: string; rest: string } | null {
  const quoted = /^"((?:[^"\\]|\\[abtnvfr"\\]|\\[0-3][0-7]{2})*)"/.exec(text)
  if (quoted === null) return null
  const inner = Buffer.from(quoted[1] ?? '', 'utf8').toString('latin1')
  const bytes = inner.replace(/\\([0-3][0-7]{2}|.)/g, (_all, escape: string) =>
    String.fromCharCode(escape.length === 3 ? Number.parseInt(escape, 8) : (ESCAPES[escape] ?? 0)),
  )
  return { name: Buffer.from(bytes, 'latin1').toString('utf8'), rest: text.slice(quoted[0].length) }
}

const isPath = (name: string, path: string): boolean =>
  name === path || name === `a/${path}` || name === `b/${path}`

function gitLineNames(rest: string, path: string): boolean {
  if (rest.startsWith('"')) {
    const first = unquote(rest)
    if (first === null || !isPath(first.name, path) || !first.rest.startsWith(' ')) return false
    const second = first.rest.slice(1)
    return isPath(second.startsWith('"') ? (unquote(second)?.name ?? '') : second, path)
  }
  const quote = rest.indexOf(' "')
  if (quote !== -1 && rest.endsWith('"')) {
    return isPath(rest.slice(0, quote), path) && isPath(unquote(rest.slice(quote + 1))?.name ?? '', path)
  }
  // Unquoted names may hold spaces: only the known path tells where the first one ends.
  const prefixes = ['', 'a/', 'b/']
  return prefixes.some((one) => prefixes.some((two) => rest === `${one}${path} ${two}${path}`))
}

/** Returns the name on a `---` or `+++` line, without the time stamp that diff(1) puts after a tab. */
function sideName(rest: string): string {
  if (rest.startsWith('"')) return unquote(rest)?.name ?? rest
  const tab = rest.indexOf('\t')
  return tab === -1 ? rest : rest.slice(0, tab)
}

function refuseMode(mode: string): PatchRefusal | null {
  if (mode === '100644' || mode === '100755') return null
  if (mode === '120000')
    return refuse('patch_symlink', 'the patch makes a symbolic link; send a regular file')
  if (mode === '160000')
    return refuse('patch_gitlink', 'the patch makes a submodule link; send a regular file')
  return refuse('patch_bad_mode', 'the patch names a file mode other than 100644 and 100755; use one of them')
}

const wrongOperation = (says: string, operation: Operation): PatchRefusal =>
  refuse(
    'patch_wrong_operation',
    `the patch header ${says} but the operation is "${operation}"; make them agree`,
  )

const otherFile = (path: string): PatchRefusal =>
  refuse(
    'patch_other_file',
    `the patch header names a file other than ${JSON.stringify(path)}; name the same one`,
  )

interface HeaderState {
  path: string
  operation: Operation
  executable: boolean | null
  sawGit: boolean
  sawOld: boolean
  sawNew: boolean
}

function readModeLine(line: string, state: HeaderState): PatchRefusal | 'read' | null {
  const mode = /^(old mode|new mode|new file mode|deleted file mode) (\d{1,7})$/.exec(line)
  if (mode !== null) {
    const [, what = '', bits = ''] = mode
    const refused = refuseMode(bits)
    if (refused !== null) return refused
    if (what === 'old mode' || what === 'new mode') {
      return refuse('patch_mode_change', 'the patch changes the file mode; leave the mode as it is')
    }
    if (what === 'new file mode') {
      if (state.operation !== 'add') return wrongOperation('makes a new file', state.operation)
      state.executable = bits === '100755'
    } else if (state.operation !== 'delete') return wrongOperation('deletes the file', state.operation)
    return 'read'
  }
  const index = /^index [0-9a-f]{4,64}\.\.[0-9a-f]{4,64}(?: (\d{6}))?$/.exec(line)
  if (index === null) return null
  return (index[1] === undefined ? null : refuseMode(index[1])) ?? 'read'
}

function readNameLine(line: string, state: HeaderState): PatchRefusal | 'read' | null {
  if (line.startsWith('diff --git ')) {
    if (state.sawGit || state.sawOld) return secondFile()
    state.sawGit = true
    return gitLineNames(line.slice(11), state.path) ? 'read' : otherFile(state.path)
  }
  const isOld = line.startsWith('--- ')
  if (!isOld && !line.startsWith('+++ ')) return null
  if (isOld ? state.sawOld : state.sawNew) return secondFile()
  if (isOld) state.sawOld = true
  else state.sawNew = true
  const name = sideName(line.slice(4))
  if (name === '/dev/null') {
    if (isOld && state.operation !== 'add') return wrongOperation('makes a new file', state.operation)
    if (!isOld && state.operation !== 'delete') return wrongOperation('deletes the file', state.operation)
    return 'read'
  }
  return isPath(name, state.path) ? 'read' : otherFile(state.path)
}

export const secondFile = (): PatchRefusal =>
  refuse('patch_second_file', 'the patch holds a second file; send one patch for each path')

function readUnwanted(line: string): PatchRefusal | null {
  if (/^(?:rename (?:from|to|old|new) |similarity index )/.test(line)) {
    return refuse('patch_rename', 'the patch renames a file; send a delete and an add instead')
  }
  if (/^copy (?:from|to) /.test(line)) {
    return refuse('patch_copy', 'the patch copies a file; send an add with the whole text instead')
  }
  if (line === 'GIT binary patch' || /^Binary files .* differ$/.test(line)) {
    return refuse('patch_binary', 'the patch is binary; only text files can be changed')
  }
  return null
}

/** Reads the header lines; `lineAt` returns a line's text without its newline, null after the last one. */
export function readHeader(
  lineAt: (index: number) => string | null,
  path: string,
  operation: Operation,
): Header | PatchRefusal {
  const state: HeaderState = {
    path,
    operation,
    executable: null,
    sawGit: false,
    sawOld: false,
    sawNew: false,
  }
  const normalised: string[] = []
  let similarity: PatchRefusal | null = null
  for (let i = 0; ; i++) {
    const line = lineAt(i)
    if (line === null || line.startsWith('@@')) {
      if (similarity !== null) return similarity
      if (state.sawOld !== state.sawNew) {
        return refuse(
          'patch_garbage',
          'the patch header has only one of "---" and "+++"; give both or neither',
        )
      }
      if (i > 0) normalised.push('headers were rebuilt from the path')
      return { ok: true, next: i, executable: state.executable, normalised }
    }
    if (line === '' || /^dissimilarity index \d+%$/.test(line)) continue
    if (line.startsWith('similarity index ')) {
      // Comes before the line that says whether it is a rename or a copy.
      similarity = readUnwanted(line)
      continue
    }
    const outcome = readUnwanted(line) ?? readModeLine(line, state) ?? readNameLine(line, state)
    if (outcome === null) {
      const shown = JSON.stringify(line.slice(0, 60))
      return refuse(
        'patch_garbage',
        `line ${i + 1} of the patch is ${shown}, neither a header nor a hunk; remove it`,
      )
    }
    if (outcome !== 'read') return outcome
  }
}
