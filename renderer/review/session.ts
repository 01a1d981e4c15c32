/**
 * One change under review in one window: its files with their drafts kept by the engine, what other windows do to them,
 * and where the target moved. No view stands in here, so that all of it is tested without one.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Decision, PathTexts, Review, ReviewedPath, StoredDraft } from '../../schemas/reviewer.ts'
import type { Api } from '../client.ts'
import { failureOf, type Failure } from '../failure.ts'
import { reconcile } from '../merge/carry.ts'
import { beginResult, type Choice, type Result } from '../merge/result.ts'
import { differingPart } from '../editor/bounds.ts'
import { chunkKey } from '../merge/suggest/key.ts'
import type { Clock } from '../state/clock.ts'
import { until } from '../state/until.ts'
import { blockersOf } from './blockers.ts'
import { sendLast } from './last-draft.ts'
import { begunWith, openFile, resultOf, workIn, type Begun, type ReviewFile } from './file.ts'
import type { MakeDoc } from './doc.ts'

/** A draft is kept so long after the last key; of a crash no more is lost. */
export const SAVE_MS = 400
/** To send all of a long text costs what a dozen keys do; no more than a second is lost of it either. */
const SAVE_LONG_MS = 900
const LONG = 500_000
const RETRY_MS = 1_500

export interface FileState {
  path: string
  reviewed: ReviewedPath
  texts: PathTexts | null
  file: ReviewFile | null
  failure: Failure | null
  choices: readonly Choice[]
  /** What keeps it from being decided. */
  open: readonly string[]
  /** Counts up with every change of its text or pick. */
  version: number
  saved: 'saved' | 'saving' | 'failed'
}

/** Something that happened to the work here, to be told once and kept until it is put away. */
export interface Remark {
  id: number
  path: string | null
  text: string
  /** Text that did not find a place, to be looked at and copied. */
  kept: string | null
}

export interface ReviewState {
  review: Review | null
  failure: Failure | null
  files: readonly FileState[]
  remarks: readonly Remark[]
  /** Looks at where the target is now. */
  refreshing: boolean
}

export interface SessionParts {
  api: Api
  clock: Clock
  id: number
  tab: string
  makeDoc: MakeDoc
  /** Ends when documents can be made; what they are made of is read meanwhile. */
  ready?: Promise<unknown>
  /** Texts that were offered for a conflict of a file. */
  offered(file: FileState, index: number): readonly string[]
}

export interface Session {
  store: StoreApi<ReviewState>
  /** Reads what is to be reviewed, and hears of it until it is closed. */
  open(): Promise<void>
  /** Looks at the present tip and carries the decisions over. */
  refresh(): Promise<void>
  /** Waits until every draft is kept. */
  settle(): Promise<void>
  decisions(): Decision[]
  /** What keeps the change from being requeued; none where it can be. */
  blockers(): string[]
  dismiss(remark: number): void
  load(path: string): Promise<void>
  close(): void
}

/** What the engine has of a path, as this window last saw it. */
interface Kept {
  revision: number | null
  result: Result | null
  pick: StoredDraft['pick']
  timer: (() => void) | null
  saving: Promise<void> | null
  dirty: boolean
}

export function openSession(parts: SessionParts): Session {
  const { api, clock, id, tab } = parts
  const life = new AbortController()
  const store = createStore<ReviewState>(() => ({
    review: null, failure: null, files: [], remarks: [], refreshing: false,
  })) // prettier-ignore
  const kept = new Map<string, Kept>()
  let remarks = 0
  let refreshing: Promise<void> | null = null
  let movedBy: Review['landed_since'][number] | null = null

  const keptOf = (path: string): Kept => {
    const found = kept.get(path)
    if (found !== undefined) return found
    const fresh: Kept = { revision: null, result: null, pick: null, timer: null, saving: null, dirty: false }
    kept.set(path, fresh)
    return fresh
  }
  const fileState = (path: string): FileState | undefined =>
    store.getState().files.find((one) => one.path === path)
  const patch = (path: string, change: Partial<FileState>): void =>
    store.setState(({ files }) => ({
      files: files.map((one) => (one.path === path ? { ...one, ...change } : one)),
    }))
  const remark = (path: string | null, text: string, lost: string | null = null): void =>
    store.setState((state) => ({
      remarks: [...state.remarks, { id: (remarks += 1), path, text, kept: lost }],
    }))

  /** What a path's text or pick says now, after any change of it. */
  function look(path: string): void {
    const state = fileState(path)
    if (state === undefined || state.file === null) return
    patch(path, { choices: state.file.choices(), open: state.file.open(), version: state.version + 1 })
  }

  function changed(path: string): void {
    look(path)
    const mine = keptOf(path)
    mine.dirty = true
    patch(path, { saved: 'saving' })
    // Counted from the first key, or who types on without a pause would be kept nowhere.
    const isLong = (fileState(path)?.file?.doc()?.length() ?? 0) > LONG
    mine.timer ??= clock.after(isLong ? SAVE_LONG_MS : SAVE_MS, () => void save(path))
  }

  async function save(path: string): Promise<void> {
    const mine = keptOf(path)
    mine.timer?.()
    mine.timer = null
    // One at a time, so that each builds on the revision of the one before.
    await mine.saving
    const file = fileState(path)?.file ?? null
    if (file === null || !mine.dirty || life.signal.aborted) return
    mine.saving = send(path, file, mine)
    await mine.saving
    mine.saving = null
  }

  async function send(path: string, file: ReviewFile, mine: Kept): Promise<void> {
    const draft = file.draft()
    mine.dirty = false
    try {
      const answer = await api.conflicts.draft({
        id, path, tab, draft, sides_key: file.sidesKey, revision: mine.revision,
      }) // prettier-ignore
      if (answer.stored) {
        mine.revision = answer.current?.revision ?? mine.revision
        mine.result = draft.text === null ? null : { text: draft.text, spans: draft.spans }
        mine.pick = draft.pick
        if (!mine.dirty) patch(path, { saved: 'saved' })
        return
      }
      if (answer.current === null) return patch(path, { saved: 'failed' })
      // Another window was first: its work and this one's become one, which is kept in turn.
      take(path, answer.current)
    } catch {
      mine.dirty = true
      patch(path, { saved: 'failed' })
      mine.timer = clock.after(RETRY_MS, () => void save(path))
    }
  }

  /** Brings another window's draft and the work here together. */
  function take(path: string, theirs: StoredDraft): void {
    const state = fileState(path)
    const file = state?.file ?? null
    const mine = keptOf(path)
    if (state === undefined || file === null) return
    if (theirs.sides_key !== file.sidesKey) {
      if (state.reviewed.sides_key !== file.sidesKey) return void refresh()
      // It is behind: its window brings what it has over to these sides by itself.
      mine.revision = theirs.revision
      return changed(path)
    }
    const before = { pick: mine.pick, result: mine.result }
    const other = file.merged === null ? null : resultOf(theirs, file.merged)
    mine.revision = theirs.revision
    mine.pick = theirs.pick
    mine.result = other
    const isMine = file.pick() !== before.pick
    if (theirs.pick !== file.pick()) {
      if (!isMine) file.setPick(theirs.pick)
      else remark(path, `Another window decided ${path} in another way; what was decided here stands.`)
    }
    if (other !== null && file.merged !== null) {
      const doc = file.doc() ?? file.begin()
      if (doc !== null) {
        const { merge } = file.merged
        const own: Result = { text: doc.text(), spans: doc.spans() }
        const { result, differing, dropped } = reconcile(
          merge,
          before.result ?? beginResult(merge),
          own,
          other,
        )
        for (const { index, theirs: text } of differing)
          remark(
            path,
            `Another window decided conflict ${index + 1} of ${path} in another way; what was decided here stands.`,
            text,
          )
        for (const lines of dropped)
          remark(path, `Lines typed in another window meet lines typed here, which stand.`, lines.join(''))
        if (result.text !== own.text) doc.edit([differingPart(own.text, result.text)], result.spans)
        if (theirs.pick === null && file.pick() !== null && !isMine) file.setPick(null)
      }
    }
    look(path)
    const now = file.draft()
    if (now.text === theirs.text && now.pick === theirs.pick) {
      mine.dirty = false
      mine.timer?.()
      mine.timer = null
      patch(path, { saved: 'saved' })
    } else changed(path)
  }

  async function load(path: string): Promise<void> {
    const state = fileState(path)
    if (state === undefined || (state.file !== null && state.file.sidesKey === state.reviewed.sides_key))
      return
    try {
      const reading = api.conflicts.texts({ id, path }, { signal: life.signal })
      const [texts] = await Promise.all([reading, parts.ready])
      if (life.signal.aborted) return
      const now = fileState(path)
      if (now === undefined) return
      mount(now, texts)
    } catch (thrown) {
      if (!life.signal.aborted) patch(path, { failure: failureOf(thrown) })
    }
  }

  /** Opens a path on these sides: with what this window has of it, else with its draft, else with nothing decided. */
  function mount(state: FileState, texts: PathTexts): void {
    const { path, reviewed, file: old } = state
    const mine = keptOf(path)
    const isNew = old === null
    const draft = isNew ? reviewed.draft : old.draft()
    const draftKey = isNew ? (reviewed.draft?.sides_key ?? '') : old.sidesKey
    const from = draftKey === texts.now.sides_key ? null : isNew ? texts.drafted : (state.texts?.now ?? null)
    const isUsable = draft !== null && (draftKey === texts.now.sides_key || from !== null)
    const begun = isUsable ? begunWith(reviewed.record.kind, draft, from, texts.now) : null
    const file: ReviewFile = openFile({
      path,
      kind: reviewed.record.kind,
      sides: texts.now,
      makeDoc: parts.makeDoc,
      begun,
      offered(index) {
        const present = fileState(path)
        return present === undefined ? [] : parts.offered(present, index)
      },
    })
    file.onChange(() => changed(path))
    old?.dispose()
    mine.revision = isNew ? (reviewed.draft?.revision ?? null) : mine.revision
    if (isNew && from === null && reviewed.draft !== null) {
      mine.pick = reviewed.draft.pick
      mine.result = file.merged === null ? null : resultOf(reviewed.draft, file.merged)
    } else if (from !== null) {
      // What others go out from is no text of these sides.
      mine.pick = null
      mine.result = null
    }
    patch(path, { texts, file, failure: null, saved: 'saved' })
    look(path)
    const carried = begun?.carried ?? null
    if (draft !== null && from !== null && draft.pick !== null)
      remark(path, `${movedWords()}: decide again whether a whole side of ${path} is right.`)
    else if (carried !== null) tellCarried(path, carried)
    if (begun === null && draft !== null) {
      const lost = workIn(draft, old?.merged ?? null)
      // What is stored stays so until something is decided anew.
      if (lost !== null)
        remark(path, `${movedWords()}: ${path} is decided anew. This is what it had come to here:`, lost)
    } else if (from !== null) changed(path)
  }

  function movedWords(): string {
    const by = movedBy?.request_id ?? movedBy?.task_id ?? movedBy?.commit.slice(0, 10) ?? null
    return `${store.getState().review?.target ?? 'The target'} moved${by === null ? '' : ` (${by})`}`
  }

  function tellCarried(
    path: string,
    { kept: still, decided, dropped, lost }: NonNullable<Begun['carried']>,
  ): void {
    remark(
      path,
      `${movedWords()}: ${still} of ${decided} ${decided === 1 ? 'decision' : 'decisions'} kept in ${path}.`,
    )
    for (const { text } of lost) remark(path, 'This was decided about lines that are others by now:', text)
    for (const lines of dropped)
      remark(path, 'These lines were typed where the target has others by now:', lines.join(''))
  }

  function takeReview(review: Review): void {
    const before = store.getState()
    const files = review.paths.map((reviewed): FileState => {
      const path = reviewed.record.path
      const known = before.files.find((one) => one.path === path)
      return known === undefined
        ? { path, reviewed, texts: null, file: null, failure: null, choices: [], open: ['it is being read'], version: 0, saved: 'saved' } // prettier-ignore
        : { ...known, reviewed }
    })
    for (const gone of before.files.filter(({ path }) => !files.some((one) => one.path === path))) {
      keptOf(gone.path).timer?.()
      kept.delete(gone.path)
      const work = gone.file === null ? null : workIn(gone.file.draft(), gone.file.merged)
      gone.file?.dispose()
      if (before.review === null) continue
      const renamed = review.paths.find(({ record }) => record.rename_source === gone.path)
      const why =
        renamed === undefined
          ? `${gone.path} fits again as it is: nothing is left to decide there.`
          : `${gone.path} is named ${renamed.record.path} by now: decide it there.`
      remark(null, work === null ? why : `${why} This is what it had come to here:`, work)
    }
    store.setState({ review, files, failure: null })
  }

  const loadAll = async (): Promise<void> => {
    for (const { path } of store.getState().files) await load(path)
  }

  async function refresh(): Promise<void> {
    refreshing ??= (async () => {
      store.setState({ refreshing: true })
      try {
        // Who moved it is told from where the records stood, which are made anew.
        const { landed_since: landed } = await api.conflicts.show({ id }, { signal: life.signal })
        movedBy = landed[0] ?? movedBy
        const review = await api.conflicts.refresh({ id }, { signal: life.signal })
        takeDrafts(review)
        takeReview(review)
        await loadAll()
      } catch (thrown) {
        if (!life.signal.aborted) store.setState({ failure: failureOf(thrown) })
      } finally {
        refreshing = null
        store.setState({ refreshing: false })
      }
    })()
    return refreshing
  }

  async function hear(): Promise<void> {
    while (!life.signal.aborted) {
      try {
        for await (const event of until(api.conflicts.watch({ id }, { signal: life.signal }), life.signal)) {
          const { review } = store.getState()
          if (review !== null && event.status === 'conflict' && event.tip !== review.tip) {
            // A verdict is of what the target was; and it may be gone, or back.
            const look = await api.conflicts.show({ id }, { signal: life.signal })
            store.setState({ review: { ...review, ...look, paths: review.paths }, failure: null })
            if (look.landed_since[0] !== undefined) movedBy = look.landed_since[0]
          }
          const cameBack = event.status === 'conflict' && review !== null && review.status !== 'conflict'
          if (review !== null && event.status !== review.status)
            store.setState({ review: { ...review, status: event.status } })
          // It was tried again and does not fit in another way.
          if (cameBack) await read()
          if (event.status !== 'conflict') continue
          if (event.moved) await refresh()
          const newer = event.drafts.filter(
            (one) => one.tab !== tab && one.revision > (keptOf(one.path).revision ?? 0),
          )
          if (newer.length > 0) await readDrafts(newer.map((one) => one.path))
        }
      } catch {
        // The wire broke, or the engine ended; what comes after is read anew.
      }
      if (life.signal.aborted) return
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
      if (store.getState().review === null) await read()
    }
  }

  async function readDrafts(paths: readonly string[]): Promise<void> {
    for (const path of paths) await keptOf(path).saving
    takeDrafts(await api.conflicts.show({ id }, { signal: life.signal }))
  }

  /** What other windows kept meanwhile, on the sides that are open here. */
  function takeDrafts({ paths }: Review): void {
    for (const { record, draft } of paths) {
      const mine = keptOf(record.path)
      if (draft === null || draft.tab === tab || draft.revision <= (mine.revision ?? 0)) continue
      if (draft.sides_key === fileState(record.path)?.file?.sidesKey) take(record.path, draft)
    }
  }

  async function read(): Promise<void> {
    try {
      const review = await api.conflicts.show({ id }, { signal: life.signal })
      takeReview(review)
      if (review.status !== 'conflict') return
      if (review.paths.some(({ moved }) => moved)) await refresh()
      // Where the target cannot be looked at now, what was found before is shown, and can be decided.
      await loadAll()
    } catch (thrown) {
      if (!life.signal.aborted) store.setState({ failure: failureOf(thrown) })
    }
  }

  return {
    store,
    async open() {
      await read()
      void hear()
    },
    refresh,
    async settle() {
      for (const { path } of store.getState().files) await save(path)
    },
    decisions() {
      return store.getState().files.flatMap(({ path, file, choices }): Decision[] => {
        if (file === null) return []
        const pick = file.pick()
        if (pick !== null) return [{ path, how: pick, content: null, sides_key: file.sidesKey }]
        const content = file.result()
        if (content === null) return []
        const doc = file.doc()
        const chunks = (file.merged?.merge.conflicts ?? []).map(({ chunk }, index) => ({
          key: chunkKey(chunk),
          choice: choices[index] ?? ('typed' as const),
          text: doc?.slice(doc.spans()[index] ?? { from: 0, to: 0 }) ?? '',
        }))
        return [{ path, how: 'from', content, sides_key: file.sidesKey, chunks }]
      })
    },
    blockers: () => blockersOf(store.getState()),
    dismiss: (which) =>
      store.setState((state) => ({ remarks: state.remarks.filter((one) => one.id !== which) })),
    load,
    close() {
      for (const { path, file } of store.getState().files) {
        const mine = keptOf(path)
        mine.timer?.()
        if (file !== null && (mine.dirty || mine.saving !== null)) void sendLast(parts, path, file, mine)
      }
      life.abort()
      for (const { file } of store.getState().files) file?.dispose()
    },
  }
}
