/** The cast builder's side of the engine: drafts, what they come to, edits, approvals, the file, what became of it. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  castAnswersSchema,
  type CastAnswers,
  type CastAuthored,
  type CastBase,
  type CastDraft,
  type CastDraftStanding,
  type CastDraftSummary,
  type CastEdit,
  type CastExamination,
  type CastPath,
  type CastRecord,
  type CastStep,
  type CastView,
  type CastWritten,
} from '../../../../schemas/cast-draft.ts'
import type { FileChange } from '../../../../schemas/change-request.ts'
import { asHyperionError, HyperionError, userError } from '../../base/errors.ts'
import { canonicalJson } from '../../base/hash.ts'
import { inert } from '../../base/inert.ts'
import { describeIssues, readJson, wellFormed } from '../../base/json.ts'
import { modelOf, NO_ANSWERS } from '../../casts/answers.ts'
import { configOrDefault } from '../../compose.ts'
import { importCast } from '../../casts/import.ts'
import { guide } from '../../casts/steps.ts'
import { REQUEST_LIMITS } from '../../domain/limits.ts'
import type { CastSource, DraftEdit, DraftRow, WrittenCast } from '../../store/casts.ts'
import { author, baseText } from './author.ts'
import { openExaminer, type ExamineDeps } from './examine.ts'
import { CASTS_FOLDER, stateOf, writeCast } from './file.ts'
import { watchDraft, type DraftEvent } from './watch.ts'

export interface CastsRoomDeps extends ExamineDeps {
  /** Writes the reports under execution/ now; returns what kept it from doing so. */
  report(): Promise<string | null>
}

/** What a draft is begun with. */
export type CastBeginning =
  | { kind: 'blank' }
  | { kind: 'file'; name: string; text: string }
  | { kind: 'draft'; id: string }
  | { kind: 'written'; id: number }

export interface ApprovalGiven {
  by: string
  role: string | null
  note: string | null
}

const HISTORY = 100
/** So many drafts of a list are examined; whoever has more sees the names of the others. */
const EXAMINED = 30

export function openCastsRoom(room: CastsRoomDeps) {
  const { ground, deps, paths } = room
  const { store } = deps
  const { workspace } = ground.repository
  const { examine } = openExaminer(room)

  function require(id: string): DraftRow {
    const row = store.casts.draft(id)
    if (row === null)
      throw userError('no_such_draft', `there is no draft ${inert(id, 80)}`, 'see the list of drafts')
    return row
  }

  const shown = ({ source, ...row }: DraftRow): CastDraft => ({
    ...row,
    source: source === null ? null : { name: source.name, remarks: source.remarks },
  })

  async function view(row: DraftRow): Promise<CastView> {
    return { draft: shown(row), examination: await examine(row.answers, row.source) }
  }

  /** Stores on top of what is there; throws where another window was quicker. */
  function storeOver(edit: DraftEdit): DraftRow {
    const { stored, current } = store.casts.store(edit)
    if (current === null)
      throw userError('no_such_draft', `there is no draft ${edit.id}`, 'see the list of drafts')
    if (!stored)
      throw userError('draft_changed', `draft ${edit.id} was changed meanwhile`, 'look at it as it is now')
    return current
  }

  /** The next free one of REQ-1, REQ-2, …: after every one that a request, a cast or a draft has. */
  function freeId(): string {
    const rows = store.db
      .sql<{ id: string }>(
        `SELECT request_id AS id FROM task_requests WHERE request_id GLOB 'REQ-[0-9]*'
         UNION SELECT request_id FROM casts WHERE request_id GLOB 'REQ-[0-9]*'
         UNION SELECT answers ->> 'request_id' FROM cast_drafts WHERE answers ->> 'request_id' GLOB 'REQ-[0-9]*'`,
      )
      .all()
    const numbers = rows.map(({ id }) => Number(/^REQ-(\d{1,9})$/.exec(id)?.[1] ?? 0))
    return `REQ-${Math.max(0, ...numbers) + 1}`
  }

  /** A copy: with an id of its own, and without approvals, which were of another content. */
  const copyOf = (answers: CastAnswers): CastAnswers => ({ ...answers, request_id: freeId(), approvals: [] })

  function begun(beginning: CastBeginning): { answers: CastAnswers; source: CastSource | null } {
    switch (beginning.kind) {
      case 'blank':
        return { answers: { ...NO_ANSWERS, request_id: freeId() }, source: null }
      case 'file': {
        const { answers, source } = importCast(beginning.name, Buffer.from(beginning.text))
        return { answers, source }
      }
      case 'draft':
        return { answers: copyOf(require(beginning.id).answers), source: null }
      case 'written': {
        const found = store.casts.history(1_000_000).find(({ id }) => id === beginning.id)
        if (found === undefined) throw userError('no_such_cast', `there is no cast ${beginning.id}`)
        return { answers: copyOf(importCast(found.path, Buffer.from(found.cast_json)).answers), source: null }
      }
    }
  }

  function requireSound({ findings }: CastExamination): void {
    const errors = findings.filter(({ level }) => level === 'error')
    const [first] = errors
    if (first === undefined) return
    const rest = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`
    throw userError(
      'cast_unfinished',
      `the cast cannot be written: ${first.message}${rest}`,
      'mend what is named',
    )
  }

  /** Writes what answers come to; `folder` is taskjson/ of the workspace unless named. */
  async function writeAnswers(
    answers: CastAnswers,
    examination: CastExamination,
    folder: string,
    overwrite: boolean,
  ): Promise<CastWritten> {
    requireSound(examination)
    const request_id = answers.request_id.trim()
    const { text, sha256, content_hash } = examination
    const file = writeCast(folder, `${request_id}.json`, text, overwrite)
    const isUsual = folder === join(workspace, CASTS_FOLDER)
    const path = isUsual ? `${CASTS_FOLDER}/${request_id}.json` : file
    store.casts.written({ request_id, path, sha256, content_hash, cast_json: text.replace(/^\ufeff/, '') })
    const context_problem = await room.report()
    return { path, bytes: Buffer.byteLength(text), sha256, context_problem }
  }

  function recordOf(cast: WrittenCast): CastRecord {
    const row = store.requests.get(cast.request_id)
    const state = stateOf(resolve(workspace, cast.path), cast.sha256)
    const counts = store.db
      .sql<{ status: string; n: number }>(
        'SELECT status, count(*) AS n FROM change_queue WHERE request_id = ? GROUP BY status',
      )
      .all(cast.request_id)
    const { id, request_id, path, sha256, written_at } = cast
    const value = JSON.parse(cast.cast_json) as { summary?: unknown }
    return {
      id,
      request_id,
      summary: String(value.summary ?? ''),
      path,
      sha256,
      written_at,
      file: state === 'none' ? 'gone' : state,
      request:
        row === undefined
          ? null
          : {
              status: row.status,
              same: row.payload === canonicalJson(value),
              changes: Object.fromEntries(counts.map(({ status, n }) => [status, n])),
            },
    }
  }

  const summaryOf = ({ id, answers, step, updated_at }: DraftRow): CastDraftSummary => ({
    id,
    request_id: answers.request_id,
    summary: answers.summary,
    step,
    updated_at,
  })

  async function standingOf({ answers, source }: DraftRow): Promise<CastDraftStanding['standing']> {
    const examination = await examine(answers, source).catch((thrown: unknown) => asHyperionError(thrown))
    // One that cannot be examined is no reason to show none.
    if (examination instanceof HyperionError)
      return { errors: 1, warnings: 0, first: examination.message, file: null }
    const { findings, file } = examination
    const errors = findings.filter(({ level }) => level === 'error')
    return {
      errors: errors.length,
      warnings: findings.length - errors.length,
      first: errors[0]?.message ?? null,
      file: file?.state ?? null,
    }
  }

  return {
    drafts: (): CastDraftSummary[] => store.casts.drafts().map(summaryOf),
    /** The same with what is still wrong with each. */
    async standings(): Promise<CastDraftStanding[]> {
      const all: CastDraftStanding[] = []
      for (const row of store.casts.drafts())
        all.push({ ...summaryOf(row), standing: all.length < EXAMINED ? await standingOf(row) : null })
      return all
    },
    /** Begins a draft: blank, from a file's text, or as a copy. */
    async begin(beginning: CastBeginning, tab: string): Promise<CastView> {
      const { answers, source } = begun(beginning)
      // Kept only once it can be shown.
      await examine(answers, source)
      return view(store.casts.create({ id: randomUUID(), tab, step: 'intent', answers, source }))
    },
    open: (id: string): Promise<CastView> => view(require(id)),
    /** Stores answers unless another window wrote since; what is kept now comes back either way. */
    async store(edit: DraftEdit): Promise<{ stored: boolean } & CastView> {
      const answers = wellFormed(edit.answers)
      const shaped = castAnswersSchema.safeParse(answers)
      if (!shaped.success)
        throw userError('bad_answer', describeIssues(shaped.error, answers)[0]?.message ?? 'it is no answer')
      const { stored, current } = store.casts.store({ ...edit, answers })
      if (current === null)
        throw userError('no_such_draft', `there is no draft ${edit.id}`, 'see the list of drafts')
      return { stored, ...(await view(current)) }
    },
    /** Puts a draft away, or takes it out again; nothing of it is lost. */
    setDiscarded(id: string, discarded: boolean): void {
      require(id)
      store.casts.setDiscarded(id, discarded)
    },
    watch: (id: string, signal: AbortSignal, writable: () => Promise<void>): AsyncGenerator<DraftEvent> => {
      require(id)
      return watchDraft(store, deps.clock, id, signal, writable)
    },
    paths: (query: string, limit: number): Promise<CastPath[]> => paths.like(query, limit),
    base: (base: string | null, path: string, change: FileChange | null = null): Promise<CastBase> =>
      baseText(deps, base, path, change),
    guide,
    author: (path: string, base: string | null, edit: CastEdit): Promise<CastAuthored> =>
      author(deps, { path, base, edit }),
    /** Records a person's approval of exactly what the draft holds now. */
    async approve(
      at: Pick<DraftEdit, 'id' | 'revision' | 'tab'>,
      { by, role, note }: ApprovalGiven,
    ): Promise<CastView> {
      const row = require(at.id)
      const { content_hash } = await examine(row.answers, row.source)
      const { answers } = row
      const stored = store.db.write(() => {
        const { approved_at } = store.casts.approve({
          request_id: answers.request_id.trim(),
          content_hash,
          approver: by,
          role,
          note,
        })
        const claim = {
          approver: by,
          ...(role === null ? {} : { role }),
          approved_at,
          payload_hash: content_hash,
          ...(note === null ? {} : { note }),
        }
        const others = answers.approvals.filter(
          (one) => one.approver !== by || one.payload_hash !== content_hash,
        )
        return storeOver({ ...at, step: row.step, answers: { ...answers, approvals: [...others, claim] } })
      })
      return view(stored)
    },
    /** Takes an approval out of a draft; one that was recorded does not count any more. */
    async withdraw(at: Pick<DraftEdit, 'id' | 'revision' | 'tab'>, index: number): Promise<CastView> {
      const row = require(at.id)
      const one = row.answers.approvals[index]
      if (one === undefined)
        throw userError('no_such_approval', `draft ${at.id} has no approval ${index + 1}`)
      const stored = store.db.write(() => {
        if (one.payload_hash !== undefined) store.casts.withdraw(one.payload_hash, one.approver)
        const approvals = row.answers.approvals.filter((_, at_) => at_ !== index)
        return storeOver({ ...at, step: row.step, answers: { ...row.answers, approvals } })
      })
      return view(stored)
    },
    /** Writes a draft to its file, and what its agents are to know beside it; `folder` is taskjson/ unless named. */
    async write(
      { id, revision }: Pick<DraftEdit, 'id' | 'revision'>,
      overwrite: boolean,
      folder: string | null = null,
    ): Promise<CastWritten> {
      const row = require(id)
      if (row.revision !== revision)
        throw userError('draft_changed', `draft ${id} was changed meanwhile`, 'look at it as it is now')
      const examination = await examine(row.answers, row.source)
      return writeAnswers(row.answers, examination, folder ?? join(workspace, CASTS_FOLDER), overwrite)
    },
    /** The model that a complexity chooses, unless one was named. */
    modelFor: (complexity: number | null, agent_model: string) =>
      modelOf({ complexity, agent_model }, configOrDefault(ground).agents),
    /** The same from a file's text without a draft. */
    async writeFrom(
      name: string,
      bytes: Uint8Array,
      folder: string | null,
      overwrite: boolean,
    ): Promise<CastWritten & { remarks: string[]; examination: CastExamination }> {
      const { answers, source, lost } = importCast(name, bytes)
      const [first] = lost
      if (first !== undefined)
        throw userError(
          'cast_would_lose',
          `${inert(name)} does not fit into a cast: ${first}${lost.length === 1 ? '' : ` (and ${lost.length - 1} more)`}`,
          'mend what is named, or import it in the cast builder',
        )
      const examination = await examine(answers, source)
      const written = await writeAnswers(
        answers,
        examination,
        folder ?? join(workspace, CASTS_FOLDER),
        overwrite,
      )
      return { ...written, remarks: source.remarks, examination }
    },
    /** What a file would come to; writes nothing. */
    async examineFile(
      name: string,
      bytes: Uint8Array,
    ): Promise<{ remarks: string[]; examination: CastExamination }> {
      const { answers, source } = importCast(name, bytes)
      return { remarks: source.remarks, examination: await examine(answers, source) }
    },
    /** Reads the file of a cast that was written, to be queued: exactly that file, unless somebody changed it since. */
    readWritten(requestId: string): { source: string; value: unknown } {
      const cast = store.casts.newest(requestId)
      if (cast === null)
        throw userError('no_such_cast', `no cast ${inert(requestId, 80)} was written`, 'write it first')
      const file = resolve(workspace, cast.path)
      const state = stateOf(file, cast.sha256)
      if (state !== 'same') {
        const what = state === 'none' ? 'is gone' : 'is not what was written'
        throw userError(
          'cast_changed',
          `${cast.path} ${what}`,
          'write the cast again, or queue the file with `hyperion request`',
        )
      }
      return { source: cast.path, value: readJson(readFileSync(file), REQUEST_LIMITS, cast.path) }
    },
    history: (): CastRecord[] => store.casts.history(HISTORY).map(recordOf),
  }
}

export type CastsRoom = ReturnType<typeof openCastsRoom>
export type { CastStep }
