/** Changes whose right end is known beforehand, and what each does to the files, for judging a whole history. */
import { createHash } from 'node:crypto'

export const LINES = 57
/** Hunks this far apart have no line in common, context included. */
const SLOT_LINES = 8
export const SLOTS = 7

export type Ending = 'landed' | 'already_present' | 'conflict' | 'failed' | 'held'

/** One change: what is submitted, how it must end and what its commit does to each path (null: gone). */
export interface Planned {
  taskId: string
  request: Record<string, unknown>
  ending: Ending
  paths: readonly string[]
  effect(path: string, before: string | undefined): string | null
}

export const originalLine = (line: number): string => `line ${line}`
export const originalText = (): string =>
  Array.from({ length: LINES }, (_, index) => `${originalLine(index + 1)}\n`).join('')

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Operation {
  path: string
  operation: 'add' | 'update' | 'delete'
  patch?: string
  replacement?: string
}

export function changeRequest(
  taskId: string,
  operations: readonly Operation[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    task_id: taskId,
    agent: 'agent-1',
    changes: operations.map((one) => ({ ...one, patch_hash: sha256(one.patch ?? one.replacement ?? '') })),
    checks: ['none'],
    ...more,
  }
}

const slotLine = (slot: number): number => slot * SLOT_LINES + 4

/** A hunk that replaces the one changeable line of a slot. */
export function slotPatch(slot: number, text: string): string {
  const line = slotLine(slot)
  const context = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => ` ${originalLine(from + index)}`)
  return [
    `@@ -${line - 3},7 +${line - 3},7 @@`,
    ...context(line - 3, line - 1),
    `-${originalLine(line)}`,
    `+${text}`,
    ...context(line + 1, line + 3),
    '',
  ].join('\n')
}

export function withSlot(before: string | undefined, slot: number, text: string): string {
  const lines = (before ?? '').split('\n')
  lines[slotLine(slot) - 1] = text
  return lines.join('\n')
}

/** A change that edits one slot of one file. */
export function edit(
  taskId: string,
  path: string,
  slot: number,
  text: string,
  more: Record<string, unknown>,
): Planned {
  return {
    taskId,
    request: changeRequest(taskId, [{ path, operation: 'update', patch: slotPatch(slot, text) }], more),
    ending: 'landed',
    paths: [path],
    effect: (_, before) => withSlot(before, slot, text),
  }
}

/** A change that adds one file. */
export function add(taskId: string, path: string, text: string, more: Record<string, unknown>): Planned {
  return {
    taskId,
    request: changeRequest(taskId, [{ path, operation: 'add', replacement: text }], more),
    ending: 'landed',
    paths: [path],
    effect: () => text,
  }
}

export interface WorkloadOptions {
  seed: number
  count: number
  /** Commit the patches are written against. */
  base: string
  /** Names the files of the first commit that may be edited and deleted, in turn. */
  files: readonly string[]
  doomed: readonly string[]
  checks?: (random: () => number) => { checks: string[]; ending: Ending }
}

/**
 * Plans changes of every kind: edits of disjoint hunks several per file, additions, deletions, two operations at
 * once, ones that must conflict with an earlier edit and ones that repeat it.
 */
export function planWorkload(options: WorkloadOptions): Planned[] {
  const random = seeded(options.seed)
  const free = options.files.flatMap((path) => Array.from({ length: SLOTS }, (_, slot) => ({ path, slot })))
  const doomed = [...options.doomed]
  const edited: { path: string; slot: number; text: string }[] = []
  const planned: Planned[] = []
  const take = <T>(list: T[]): T | undefined => list.splice(Math.floor(random() * list.length), 1)[0]
  for (let n = 1; planned.length < options.count; n += 1) {
    const taskId = `T-${options.seed}-${n}`
    const { checks, ending } = options.checks?.(random) ?? { checks: ['none'], ending: 'landed' as const }
    const more = { base_commit: options.base, checks }
    const dice = random()
    const text = `line of ${taskId}`
    const earlier = edited[Math.floor(random() * edited.length)]
    const gone = dice < 0.06 ? take(doomed) : undefined
    const slot = dice >= 0.06 && dice < 0.8 ? take(free) : undefined
    if (gone !== undefined) {
      const request = changeRequest(taskId, [{ path: gone, operation: 'delete' }], more)
      planned.push({ taskId, request, ending, paths: [gone], effect: () => null })
    } else if (slot !== undefined && dice < 0.55) {
      planned.push({ ...edit(taskId, slot.path, slot.slot, text, more), ending })
    } else if (slot !== undefined && dice < 0.65) {
      const path = `new/${taskId}.txt`
      const operations: Operation[] = [
        { path: slot.path, operation: 'update', patch: slotPatch(slot.slot, text) },
        { path, operation: 'add', replacement: `${text}\n` },
      ]
      planned.push({
        taskId,
        request: changeRequest(taskId, operations, more),
        ending,
        paths: [slot.path, path],
        effect: (at, before) => (at === path ? `${text}\n` : withSlot(before, slot.slot, text)),
      })
    } else if (earlier !== undefined && dice < 0.73) {
      planned.push({ ...edit(taskId, earlier.path, earlier.slot, text, more), ending: 'conflict' })
    } else if (earlier !== undefined && dice < 0.8) {
      const same = edit(taskId, earlier.path, earlier.slot, earlier.text, more)
      planned.push({ ...same, ending: 'already_present' })
    } else {
      planned.push({ ...add(taskId, `new/${taskId}.txt`, `${text}\n`, more), ending })
    }
    const last = planned.at(-1)
    if (slot !== undefined && last?.ending === 'landed' && last.paths.includes(slot.path)) {
      edited.push({ ...slot, text })
    }
  }
  return planned
}
