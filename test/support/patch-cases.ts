/** Makes bases and patches from a seed: a straight diff first, then bent in the ways agents bend theirs. */
import type { Operation } from '../../main/engine/domain/patch/parse.ts'

export interface PatchCase {
  operation: Operation
  base: Buffer | null
  /** The patch as an agent would send it. */
  text: string
  /** Whether nothing was bent and no form of our own was used, so that it must be accepted. */
  straight: boolean
  /** The same hunks under headers in git's own form. */
  rebuilt(path: string): string
}

export interface Random {
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
}

/** Returns a small deterministic generator (mulberry32). */
export function random(seed: number): Random {
  let state = seed >>> 0
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    below: (limit) => Math.floor(unit() * limit),
    chance: (probability) => unit() < probability,
    pick: (from) => from[Math.floor(unit() * from.length)] as (typeof from)[number],
  }
}

interface Line {
  mark: string
  /** Without newline; `ending` is what follows it, empty at the end of a file without final newline. */
  text: string
  ending: string
}

interface DraftHunk {
  header: string | null
  oldStart: number
  oldCount: number
  newStart: number
  newCount: number
  lines: Line[]
}

// Few different lines make many places look alike; blanks and near-blanks are what line matching gets wrong.
const WORDS = ['a', 'b', 'c', '}', '', ' ', 'a ', '-- q', '++ q', '@@ x', '\\ y', 'é', 'if (x) {', 'return']

const makeLine = (r: Random, unique: boolean, index: number): string =>
  unique && r.chance(0.8) ? `line ${index}` : r.pick(WORDS)

function makeBase(r: Random): Line[] {
  const unique = r.chance(0.7)
  const length = r.chance(0.1) ? r.below(3) : r.below(40)
  const period = r.chance(0.35) ? 2 + r.below(8) : 0
  const style = r.pick(['\n', '\n', '\n', '\r\n', 'mixed'])
  const lines: Line[] = []
  for (let i = 0; i < length; i++) {
    const ending = style === 'mixed' ? r.pick(['\n', '\r\n']) : style
    // Stretches that repeat make the numbers decide.
    const text = (period > 0 ? lines[i - period]?.text : undefined) ?? makeLine(r, unique, i)
    lines.push({ mark: ' ', text, ending })
  }
  const last = lines.at(-1)
  if (last !== undefined && r.chance(0.25) && last.text !== '') last.ending = ''
  return lines
}

/** Returns the base with some lines removed and some added, each line marked. */
function edit(r: Random, base: readonly Line[]): Line[] {
  const ending = base[0]?.ending || '\n'
  const script: Line[] = []
  const rate = r.pick([0.03, 0.1, 0.3])
  const add = (): void => {
    for (let n = 1 + r.below(2); n > 0; n--)
      script.push({ mark: '+', text: makeLine(r, true, 100 + r.below(50)), ending })
  }
  for (const line of base) {
    if (line.ending !== '' && r.chance(rate / 2)) add()
    const removed = r.chance(rate)
    script.push({ ...line, mark: removed ? '-' : ' ' })
    if (removed && r.chance(0.7)) {
      const kept = line.ending === '' && r.chance(0.5) ? '' : line.ending || ending
      script.push({ mark: '+', text: makeLine(r, true, 200 + r.below(50)), ending: kept })
    }
  }
  if (base.at(-1)?.ending !== '' && r.chance(rate)) add()
  // A side may lack its newline only at its end, and an empty line without newline is no line.
  const lastNew = script.findLastIndex((line) => line.mark !== '-')
  script.forEach((line, index) => {
    if (line.mark === '+' && line.ending === '' && (index !== lastNew || line.text === ''))
      line.ending = ending
  })
  return script
}

function toHunks(script: readonly Line[], context: number): DraftHunk[] {
  const hunks: DraftHunk[] = []
  const changed = script.map((line) => line.mark !== ' ')
  let index = 0
  let oldLine = 0
  let newLine = 0
  const near = (at: number): boolean => {
    for (let i = Math.max(0, at - context); i <= Math.min(script.length - 1, at + context); i++) {
      if (changed[i] === true) return true
    }
    return false
  }
  while (index < script.length) {
    if (!near(index)) {
      oldLine++
      newLine++
      index++
      continue
    }
    const lines: Line[] = []
    const [oldBefore, newBefore] = [oldLine, newLine]
    for (; index < script.length && near(index); index++) {
      const line = script[index] as Line
      if (line.mark !== '+') oldLine++
      if (line.mark !== '-') newLine++
      lines.push({ ...line })
    }
    const oldCount = oldLine - oldBefore
    const newCount = newLine - newBefore
    hunks.push({
      header: null,
      oldStart: oldCount === 0 ? oldBefore : oldBefore + 1,
      oldCount,
      newStart: newCount === 0 ? newBefore : newBefore + 1,
      newCount,
      lines,
    })
  }
  return hunks
}

const render = (line: Line): string =>
  line.ending === ''
    ? `${line.mark}${line.text}\n\\ No newline at end of file\n`
    : `${line.mark}${line.text}${line.ending}`

function renderHunk(hunk: DraftHunk): string {
  const numbers = `@@ -${hunk.oldStart},${hunk.oldCount} +${hunk.newStart},${hunk.newCount} @@\n`
  return (hunk.header ?? numbers) + hunk.lines.map(render).join('')
}

type Bend = (r: Random, hunks: DraftHunk[]) => void

const some = (r: Random, hunks: DraftHunk[]): DraftHunk => r.pick(hunks)
const offset = (r: Random): number => r.pick([-7, -3, -2, -1, 1, 2, 3, 7, 40])
const clamp = (value: number): number => Math.max(0, value)

const BENDS: Readonly<Record<string, Bend>> = {
  oldStart: (r, hunks) => {
    const hunk = some(r, hunks)
    hunk.oldStart = clamp(hunk.oldStart + offset(r))
  },
  newStart: (r, hunks) => {
    const hunk = some(r, hunks)
    hunk.newStart = clamp(hunk.newStart + offset(r))
  },
  bothStarts: (r, hunks) => {
    const hunk = some(r, hunks)
    const by = offset(r)
    hunk.oldStart = clamp(hunk.oldStart + by)
    hunk.newStart = clamp(hunk.newStart + by)
  },
  allStarts: (r, hunks) => {
    const by = offset(r)
    for (const hunk of hunks) {
      hunk.oldStart = clamp(hunk.oldStart + by)
      hunk.newStart = clamp(hunk.newStart + by)
    }
  },
  firstLine: (r, hunks) => {
    const hunk = some(r, hunks)
    hunk.oldStart = r.below(2)
    hunk.newStart = hunk.oldStart
  },
  counts: (r, hunks) => {
    const hunk = some(r, hunks)
    hunk.oldCount = clamp(hunk.oldCount + offset(r))
    hunk.newCount = clamp(hunk.newCount + r.pick([0, offset(r)]))
  },
  bare: (r, hunks) => {
    for (const hunk of hunks) hunk.header = r.pick(['@@\n', '@@ @@\n', '@@ function f() {\n'])
  },
  noCounts: (r, hunks) => {
    const hunk = some(r, hunks)
    hunk.header = `@@ -${hunk.oldStart} +${hunk.newStart} @@\n`
  },
  otherLine: (r, hunks) => {
    const hunk = some(r, hunks)
    const line = r.pick(hunk.lines)
    line.text = r.pick(WORDS)
  },
  otherMark: (r, hunks) => {
    r.pick(some(r, hunks).lines).mark = r.pick([' ', '+', '-', 'x'])
  },
  dropLine: (r, hunks) => {
    const { lines } = some(r, hunks)
    lines.splice(r.below(lines.length), 1)
  },
  twiceLine: (r, hunks) => {
    const { lines } = some(r, hunks)
    const at = r.below(lines.length)
    lines.splice(at, 0, { ...(lines[at] as Line) })
  },
  swapLines: (r, hunks) => {
    const { lines } = some(r, hunks)
    lines.push(...lines.splice(r.below(lines.length), 1))
  },
  swapHunks: (r, hunks) => {
    hunks.push(...hunks.splice(r.below(hunks.length), 1))
  },
  twiceHunk: (r, hunks) => {
    hunks.splice(r.below(hunks.length), 0, structuredClone(some(r, hunks)))
  },
  dropHunk: (r, hunks) => {
    if (hunks.length > 1) hunks.splice(r.below(hunks.length), 1)
  },
  cutTrailing: (r, hunks) => {
    const hunk = some(r, hunks)
    while (hunk.lines.length > 1 && hunk.lines.at(-1)?.mark === ' ') {
      hunk.lines.pop()
      hunk.oldCount--
      hunk.newCount--
    }
  },
  cutLeading: (r, hunks) => {
    const hunk = some(r, hunks)
    while (hunk.lines.length > 1 && hunk.lines[0]?.mark === ' ') {
      hunk.lines.shift()
      hunk.oldCount--
      hunk.newCount--
      hunk.oldStart++
      hunk.newStart++
    }
  },
  oneEnding: (r, hunks) => {
    const line = r.pick(some(r, hunks).lines)
    line.ending = r.pick(['\n', '\r\n', ''])
  },
  allEndings: (r, hunks) => {
    const ending = r.pick(['\n', '\r\n'])
    for (const hunk of hunks) for (const line of hunk.lines) if (line.ending !== '') line.ending = ending
  },
  openEnd: (_, hunks) => {
    const last = hunks.at(-1)?.lines.at(-1)
    if (last !== undefined) last.ending = last.ending === '' ? '\n' : ''
  },
  space: (r, hunks) => {
    r.pick(some(r, hunks).lines).text += r.pick([' ', '\t'])
  },
}

const BEND_NAMES = Object.keys(BENDS)

/** Bends the base instead: a copied stretch makes places ambiguous and moves what comes after. */
function copyStretch(r: Random, base: Line[]): Line[] {
  const complete = base.filter((line) => line.ending !== '')
  const from = r.below(complete.length)
  const stretch = complete.slice(from, from + 1 + r.below(8))
  const at = r.below(base.length + 1)
  const room = base.at(-1)?.ending === '' ? Math.min(at, base.length - 1) : at
  return [...base.slice(0, room), ...stretch.map((line) => ({ ...line })), ...base.slice(room)]
}

function bendText(r: Random, body: string): string {
  switch (r.below(12)) {
    case 0:
      return body.replace(/\n$/, '')
    case 1:
      return `${body}\n`
    case 2:
      return `${body}-- \n2.39.5\n\n`
    case 3:
      return body.replaceAll(/^ \n/gm, '\n')
    case 4:
      return body.replaceAll(/\r?\n/g, '\r\n')
    case 5:
      return body.replaceAll('\\ No newline at end of file', '\\ Kein Zeilenumbruch am Ende')
    default:
      return body
  }
}

function headerFor(r: Random, operation: Operation, path: string, straight: boolean): string {
  const full = gitHeader(operation, path)
  if (straight || r.chance(0.4)) return full
  if (r.chance(0.7)) return ''
  return r.pick([
    `--- a/${path}\n+++ b/${path}\n`,
    `--- ${path}\t2024-01-01 00:00:00\n+++ ${path}\n`,
    `diff --git a/other b/other\n--- a/other\n+++ b/other\n`,
    `diff --git "a/${path}" "b/${path}"\nindex 1234567..89abcde 100644\n--- "a/${path}"\n+++ "b/${path}"\n`,
  ])
}

function gitHeader(operation: Operation, path: string): string {
  const kind =
    operation === 'add'
      ? 'new file mode 100644\n'
      : operation === 'delete'
        ? 'deleted file mode 100644\n'
        : ''
  const oldSide = operation === 'add' ? '/dev/null' : `a/${path}\t`
  const newSide = operation === 'delete' ? '/dev/null' : `b/${path}\t`
  return `diff --git a/${path} b/${path}\n${kind}--- ${oldSide}\n+++ ${newSide}\n`
}

const joinLines = (lines: readonly Line[]): string => lines.map((line) => line.text + line.ending).join('')

function draft(r: Random): { operation: Operation; base: Line[]; script: Line[] } {
  const operation = r.pick<Operation>([
    'update',
    'update',
    'update',
    'update',
    'update',
    'update',
    'add',
    'delete',
  ])
  for (;;) {
    const base = makeBase(r)
    if (operation === 'update') {
      const script = edit(r, base)
      if (script.some((line) => line.mark !== ' ')) return { operation, base, script }
    } else if (base.length > 0) {
      const mark = operation === 'add' ? '+' : '-'
      return {
        operation,
        base: operation === 'add' ? [] : base,
        script: base.map((line) => ({ ...line, mark })),
      }
    }
  }
}

const hasMixed = (text: string): boolean => /\r\n/.test(text) && /(?<!\r)\n/.test(text)

/** Makes one case; the same seed always makes the same. */
export function makeCase(seed: number, path: string): PatchCase {
  const r = random(seed * 7919)
  const { operation, base, script } = draft(r)
  const straight = r.chance(0.1)
  const context = straight ? 3 : r.pick([0, 1, 2, 3, 3, 3])
  const hunks = toHunks(script, context)
  let finalBase = base
  if (!straight) {
    if (operation === 'update' && base.length > 0 && r.chance(0.25)) finalBase = copyStretch(r, base)
    for (let n = r.pick([0, 1, 1, 2]); n > 0; n--) {
      if (hunks.every((hunk) => hunk.lines.length > 0)) BENDS[r.pick(BEND_NAMES)]?.(r, hunks)
    }
  }
  const rendered = hunks.map(renderHunk).join('')
  const body = straight ? rendered : bendText(r, rendered)
  const bytes = operation === 'add' ? null : Buffer.from(joinLines(finalBase))
  const result = joinLines(script.filter((line) => line.mark !== '-'))
  return {
    operation,
    base: bytes,
    text: headerFor(r, operation, path, straight) + body,
    straight:
      straight && (hasMixed(bytes?.toString() ?? 'a\nb\r\n') || !hasMixed(result)) && hasContext(hunks, base),
    rebuilt: (named) => gitHeader(operation, named) + (body.endsWith('\n') ? body : `${body}\n`),
  }
}

/** Tells whether no hunk is an insertion alone, which we refuse where git would not. */
const hasContext = (hunks: readonly DraftHunk[], base: readonly Line[]): boolean =>
  base.length === 0 || hunks.every((hunk) => hunk.oldCount > 0)
