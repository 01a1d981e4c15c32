/**
 * Whole texts that name no base. By the contract such a text is what the file is to hold from now on, so it fits every
 * tip, and what landed after it was written goes without a conflict. It is queued; its sender is told.
 */
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import { inert } from '../base/inert.ts'
import type { Objects } from '../git/objects.ts'
import { isRegularFile, lookUp, parentOf, treeOf } from '../git/trees.ts'
import type { Database } from '../store/database.ts'

/** How many of the newest landed changes are looked at, and how many a warning names. */
const LOOKED_AT = 200
const NAMED = 5
/** Longer texts are not taken apart for a warning. */
const LONGEST = 1024 * 1024

/** A landed change that loses lines to a whole text. */
export interface TakenOut {
  path: string
  change_id: number
  task_id: string
  lines: number
}

export interface WholeTexts {
  /** Paths given as a whole text, over a file that is there. */
  paths: string[]
  takesOut: TakenOut[]
}

/** Returns the paths that a request replaces or removes whole without naming a base. */
const withoutBase = (request: ChangeRequest): FileChange[] =>
  request.base_commit === undefined
    ? request.changes.filter(({ operation, patch }) => operation !== 'add' && patch === undefined)
    : []

/** Looks what whole texts without a base would take out of a commit's files; null where there is nothing to say. */
export async function wholeTexts(
  deps: { db: Database; objects: Objects },
  request: ChangeRequest,
  tip: string,
): Promise<WholeTexts | null> {
  const whole = withoutBase(request)
  // Nothing is read for the many of which there is nothing to say.
  if (whole.length === 0) return null
  const tree = await treeOf(deps.objects, tip)
  const found: WholeTexts = { paths: [], takesOut: [] }
  for (const { path, replacement } of whole) {
    const at = await lookUp(deps.objects, tree, path)
    if (at.kind !== 'entry' || !isRegularFile(at.entry.mode)) continue
    found.paths.push(path)
    if (found.takesOut.length >= NAMED) continue
    const text = await textAt(deps.objects, tree, path)
    const gone = text === null ? [] : missingLines(text, replacement ?? '')
    if (gone.length > 0) found.takesOut.push(...(await whoseLines(deps, path, new Set(gone))))
  }
  found.takesOut.splice(NAMED)
  return found.paths.length === 0 ? null : found
}

/** The text of a file, empty where there is none; null where it is too long to be taken apart. */
async function textAt(objects: Objects, tree: string, path: string): Promise<string | null> {
  const at = await lookUp(objects, tree, path)
  const file = at.kind === 'entry' ? await objects.read(at.entry.oid) : null
  if (file === null) return ''
  return file.body.length > LONGEST ? null : file.body.toString('utf8')
}

/** The lines of a text that another has not, or has less often. */
function missingLines(text: string, other: string): string[] {
  const left = new Map<string, number>()
  for (const line of other.split('\n')) left.set(line, (left.get(line) ?? 0) + 1)
  return text.split('\n').filter((line) => {
    const n = left.get(line) ?? 0
    left.set(line, n - 1)
    // A brace or an empty line says nothing about who wrote it.
    return n <= 0 && /[\p{L}\p{N}]/u.test(line)
  })
}

/** Names the newest landed changes that brought such lines to a file. */
async function whoseLines(
  { db, objects }: { db: Database; objects: Objects },
  path: string,
  gone: ReadonlySet<string>,
): Promise<TakenOut[]> {
  const landed = db
    .sql<{ id: number; task_id: string; commit: string }>(
      `SELECT q.id, q.task_id, q.landed_commit AS "commit"
       FROM (SELECT id FROM change_queue INDEXED BY change_queue_status
             WHERE status = 'applied' ORDER BY updated_at DESC LIMIT ${LOOKED_AT}) newest
       JOIN change_paths p ON p.change_id = newest.id AND p.path = ?
       JOIN change_queue q ON q.id = newest.id
       WHERE q.landed_commit IS NOT NULL ORDER BY q.id DESC LIMIT ${NAMED}`,
    )
    .all(path)
  const found: TakenOut[] = []
  for (const { id, task_id, commit } of landed) {
    const before = await parentOf(objects, commit)
    if (before === null) continue
    const [then, now] = await Promise.all(
      [before, commit].map(async (at) => textAt(objects, await treeOf(objects, at), path)),
    )
    const lines = missingLines(now ?? '', then ?? '').filter((line) => gone.has(line)).length
    if (lines > 0) found.push({ path, change_id: id, task_id, lines })
  }
  return found
}

/** Says it in sentences for whoever sent the request. */
export function wholeTextWarnings({ paths, takesOut }: WholeTexts): string[] {
  const [first = '', ...more] = paths
  const and = more.length === 0 ? '' : ` (and ${more.length} more)`
  const missing =
    `${inert(first)}${and} is given as a whole without base_commit: ` +
    'it replaces what the file holds by then, and what landed after it was written is not merged; give base_commit'
  const counted = (n: number): string => `${n} line${n === 1 ? '' : 's'}`
  return [
    missing,
    ...takesOut.map(
      ({ path, change_id, task_id, lines }) =>
        `${inert(path)} loses ${counted(lines)} that ${task_id} (change ${change_id}) landed`,
    ),
  ]
}
