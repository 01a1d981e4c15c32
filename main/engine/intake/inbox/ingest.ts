/** Queues what stands in files of an inbox: each file whole or not at all, many files in one transaction. */
import { nowSeconds, type Clock } from '../../base/clock.ts'
import { asHyperionError, userError, type HyperionError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { validateChangeRequest } from '../../domain/validate-change.ts'
import type { Store } from '../../store/store.ts'
import { prepareChanges, type SubmitDeps, type Submission, type Submitted } from '../submit.ts'

/** A file in hand, as it was read. */
export interface Document {
  name: string
  value: unknown
  /** Whether it was in hand already when somebody ended: what it holds may be in the queue. */
  recovered: boolean
}

export type Ingested =
  { kind: 'accepted'; results: Submitted[] } | { kind: 'rejected'; error: HyperionError; errors: string[] }

export interface IngestDeps {
  clock: Clock
  store: Store
  submitDeps(): Promise<SubmitDeps>
}

/** Entries validated in one go; in between others get their turn. */
const AT_ONCE = 20
const REASONS = 100

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

function submissionsOf({ name, value }: Document): Submission[] {
  const source = inert(name, 200)
  if (!Array.isArray(value)) return [{ source, value }]
  if (value.length === 0)
    throw userError('empty', `${source} holds no change request`, 'put one or more in it')
  return value.map((entry: unknown, index) => ({ source: `${source}[${index}]`, value: entry }))
}

/** Validates a whole file; what it returns queues all of it within a transaction. */
async function prepared(deps: SubmitDeps, submissions: readonly Submission[]): Promise<() => Submitted[]> {
  const inserts: (() => Submitted[])[] = []
  for (let at = 0; at < submissions.length; at += AT_ONCE) {
    inserts.push(await prepareChanges(deps, submissions.slice(at, at + AT_ONCE)))
    await turn()
  }
  return () => inserts.flatMap((insert) => insert())
}

function rejected(document: Document, thrown: unknown): Ingested {
  const error = asHyperionError(thrown)
  // A database or a git that is busy says nothing about the file.
  if (error.kind !== 'user' && error.kind !== 'bug') throw error
  const values: unknown[] = Array.isArray(document.value) ? document.value : [document.value]
  const errors: string[] = []
  for (const value of values) {
    const verdict = validateChangeRequest(value)
    if (!verdict.ok) errors.push(...verdict.errors.map(({ message }) => message))
    if (errors.length >= REASONS) break
  }
  return { kind: 'rejected', error, errors: errors.slice(0, REASONS) }
}

/**
 * A file that the queue holds already is accepted: that is where it was to go. Not so where that change ended without
 * landing, which nobody would otherwise hear of, unless it is this very file that was queued then.
 */
function judged(document: Document, results: Submitted[]): Ingested {
  const ended = results.flatMap((one) =>
    one.kind === 'duplicate' && ['failed', 'cancelled'].includes(one.of.status) ? [one] : [],
  )
  const [first] = ended
  if (first === undefined || document.recovered || results.some(({ kind }) => kind === 'enqueued')) {
    return { kind: 'accepted', results }
  }
  const { id, status } = first.of
  const said = `${inert(document.name, 200)}: the same change request is change ${id} already, which ${status === 'failed' ? 'failed' : 'was cancelled'}` // prettier-ignore
  const error = userError('duplicate', said, `retry that one: \`hyperion retry ${id}\``)
  return { kind: 'rejected', error, errors: [] }
}

/** Queues documents and says, in their order, what became of each; throws what is no fault of any of them. */
export async function ingest(deps: IngestDeps, documents: readonly Document[]): Promise<Ingested[]> {
  const submit = await deps.submitDeps()
  const { db } = deps.store
  const outcomes: Ingested[] = []
  const inserts: { at: number; document: Document; insert: () => Submitted[] }[] = []
  for (const [at, document] of documents.entries()) {
    try {
      inserts.push({ at, document, insert: await prepared(submit, submissionsOf(document)) })
    } catch (thrown) {
      outcomes[at] = rejected(document, thrown)
    }
  }
  try {
    const results = db.write(() => inserts.map(({ insert }) => insert()))
    for (const [index, { at, document }] of inserts.entries())
      outcomes[at] = judged(document, results[index] ?? [])
  } catch (thrown) {
    const { kind } = asHyperionError(thrown)
    if (kind !== 'user' && kind !== 'bug') throw thrown
    // One of them cannot be stored; the others are not to wait for it.
    for (const { at, document, insert } of inserts) {
      try {
        outcomes[at] = judged(document, db.write(insert))
      } catch (error) {
        outcomes[at] = rejected(document, error)
      }
    }
  }
  return outcomes
}

/** What is written beside a rejected file. */
export const reasonOf = (
  clock: Clock,
  name: string,
  { error, errors }: Extract<Ingested, { kind: 'rejected' }>,
): object => ({
  file: name.toWellFormed(),
  code: error.code,
  message: error.message,
  hint: error.hint,
  errors,
  rejected_at: nowSeconds(clock),
})
