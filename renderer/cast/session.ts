/**
 * One draft of a cast in one window: what is written here, what of it the engine has kept, what it says about it, and
 * what other windows write meanwhile. No view stands in here, so that all of it is tested without one.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CastExamination, CastStep, CastView } from '../../schemas/cast-draft.ts'
import type { Api } from '../client.ts'
import { failureOf, type Failure } from '../failure.ts'
import type { Clock } from '../state/clock.ts'
import { until } from '../state/until.ts'
import { merge } from './merge.ts'
import { bare, keyed, same, type Work } from './work.ts'

/** Kept so long after the first key; of a crash no more is lost. */
export const SAVE_MS = 500
export const RETRY_MS = 1_500
const UNSURE_KEPT = 20

/** What another window wrote where something stands here, told until it is put away. */
export interface Remark {
  id: number
  field: string | null
  text: string
  /** To be looked at and copied; null where nothing is. */
  kept: string | null
}

export type Saved =
  | { state: 'saved'; at: number }
  | { state: 'saving'; at: number }
  /** `again`: it is tried again by itself. */
  | { state: 'failed'; at: number; why: string; again: boolean }

export interface CastState {
  /** Null until it was read. */
  work: Work | null
  source: CastView['draft']['source']
  /** Where whoever wrote last was. */
  step: CastStep
  revision: number
  /** Of what is kept, which may be a moment behind what is written. */
  examination: CastExamination | null
  saved: Saved
  remarks: readonly Remark[]
  /** Why it could not be read. */
  failure: Failure | null
}

export interface CastSessionParts {
  api: Api
  clock: Clock
  id: string
  tab: string
}

/** What an act on the draft is based on. */
export interface DraftAt {
  id: string
  revision: number
  tab: string
}

export interface CastSession {
  readonly id: string
  store: StoreApi<CastState>
  /** Reads the draft, and hears of it until it is closed. */
  open(): Promise<void>
  /** `soon`: kept at once, for it took its time to come about. */
  change(edit: (work: Work) => Work, soon?: boolean): void
  step(step: CastStep): void
  /** Something under way that ends in a change: it is waited for before anything is kept for good. */
  hold(flush: () => Promise<void>): () => void
  /** Waits until everything is kept; false where it could not be. */
  settle(): Promise<boolean>
  /** Does something to the draft as it stands here, and takes up what came of it. */
  act(run: (at: DraftAt) => Promise<CastView>): Promise<void>
  /** Looks again at what the draft comes to: its file was written, or it was queued. */
  look(): Promise<void>
  newKey(): string
  dismiss(remark: number): void
  close(): void
}

type Outcome = 'kept' | 'again' | 'refused'

export function openCast({ api, clock, id, tab }: CastSessionParts): CastSession {
  const life = new AbortController()
  const store = createStore<CastState>(() => ({
    work: null,
    source: null,
    step: 'intent',
    revision: 0,
    examination: null,
    saved: { state: 'saved', at: 0 },
    remarks: [],
    failure: null,
  }))
  const holds = new Set<() => Promise<void>>()
  let keys = 0
  let remarks = 0
  /** As the engine has it, as far as this window knows. */
  let base: Work | null = null
  /** What was sent and not answered: it may have been acted upon none the less. */
  let unsure: Work[] = []
  let dirty = false
  let timer: (() => void) | null = null
  /** One thing after the other, so that each builds on the revision of the one before. */
  let turn: Promise<unknown> = Promise.resolve()
  let leaving: Promise<void> | null = null
  /** Why the last write failed. */
  let trouble: unknown = null

  const newKey = (): string => `item-${(keys += 1)}`
  const get = store.getState
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const next = turn.then(run)
    turn = next.catch(() => undefined)
    return next
  }
  const keptAt = (): number => get().saved.at
  const remark = (field: string | null, text: string, kept: string | null): void =>
    store.setState((state) => ({
      remarks: [...state.remarks, { id: (remarks += 1), field, text, kept }],
    }))

  function schedule(ms: number): void {
    if (life.signal.aborted) leaving ??= leave()
    // Counted from the first key, or who types on without a pause would be kept nowhere.
    else timer ??= clock.after(ms, () => void save())
  }

  function written(): void {
    dirty = true
    store.setState({ saved: { state: 'saving', at: keptAt() } })
    schedule(SAVE_MS)
  }

  function save(): Promise<Outcome> {
    timer?.()
    timer = null
    return inTurn(send)
  }

  async function send(): Promise<Outcome> {
    const { work, step, revision } = get()
    if (!dirty || work === null) return 'kept'
    dirty = false
    try {
      const { stored, ...view } = await api.casts.store({ id, revision, tab, step, answers: bare(work) })
      if (!stored) {
        // Another window was first: its work and this one's become one, which is kept in turn.
        absorb(view)
        return dirty ? 'again' : 'kept'
      }
      base = work
      unsure = []
      const { revision: now, updated_at, source } = view.draft
      store.setState({ revision: now, examination: view.examination, source })
      const state = dirty ? 'saving' : 'saved'
      store.setState({ saved: { state, at: updated_at * 1000 } })
      return dirty ? 'again' : 'kept'
    } catch (thrown) {
      dirty = true
      trouble = thrown
      unsure = [...unsure, work].slice(-UNSURE_KEPT)
      const { kind, message } = failureOf(thrown)
      // What is refused stays refused until something else is written.
      const again = kind !== 'user'
      store.setState({ saved: { state: 'failed', at: keptAt(), why: message, again } })
      if (again && !life.signal.aborted) schedule(RETRY_MS)
      return again ? 'again' : 'refused'
    }
  }

  /** Takes up a state of the draft that is newer than what was known here. */
  function absorb({ draft, examination }: CastView): void {
    const { work, revision } = get()
    if (draft.revision < revision) return
    // The same draft, looked at again: what stands around it may be other than it was.
    if (draft.revision === revision) return store.setState({ examination, failure: null })
    const own = draft.tab === tab ? unsure.find((one) => same(draft.answers, bare(one))) : undefined
    if (base !== null) base = own ?? base
    unsure = []
    const theirs = keyed(draft.answers, base, newKey)
    const before = base
    base = theirs
    const about = { source: draft.source, revision: draft.revision, examination, failure: null }
    if (before === null || work === null) {
      const saved: Saved = { state: 'saved', at: draft.updated_at * 1000 }
      store.setState({ ...about, step: draft.step, work: theirs, saved })
      return
    }
    const { work: merged, differing, stayed } = merge(before, work, theirs)
    store.setState({ ...about, work: merged })
    for (const { field, theirs: text } of differing)
      remark(field, 'Another window wrote this otherwise; what was written here stands.', text)
    for (const path of stayed)
      remark(
        null,
        `One window removed ${path === '' ? 'an item' : path} while the other wrote to it: it stays.`,
        null,
      )
    dirty = !same(bare(merged), draft.answers)
    store.setState({ saved: { state: dirty ? 'saving' : 'saved', at: draft.updated_at * 1000 } })
    if (dirty) schedule(SAVE_MS)
  }

  async function read(): Promise<void> {
    try {
      absorb(await api.casts.open({ id }, { signal: life.signal }))
      if (get().failure !== null) store.setState({ failure: null })
    } catch (thrown) {
      if (!life.signal.aborted) store.setState({ failure: failureOf(thrown) })
    }
  }

  async function hear(): Promise<void> {
    while (!life.signal.aborted) {
      try {
        for await (const event of until(api.casts.watch({ id }, { signal: life.signal }), life.signal)) {
          // Looked at again in its turn: what this window sent may be answered by then.
          if (event.revision > get().revision)
            await inTurn(async () => {
              if (event.revision > get().revision) await read()
            })
        }
      } catch {
        // The wire broke, or the engine ended; what comes after is read anew.
      }
      if (life.signal.aborted) return
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
      if (get().work === null && !life.signal.aborted) await inTurn(read)
    }
  }

  const flush = async (): Promise<void> => {
    await Promise.all([...holds].map((run) => run().catch(() => undefined)))
  }

  async function settle(): Promise<boolean> {
    await flush()
    for (;;) {
      const outcome = await save()
      if (outcome === 'kept' && !dirty) return true
      if (get().saved.state === 'failed') return false
    }
  }

  /** What was written last is sent until it is kept, also where the engine is away for a while. */
  async function leave(): Promise<void> {
    await flush()
    for (;;) {
      if (!dirty) break
      const outcome = await save()
      if (outcome === 'refused') break
      if (get().saved.state === 'failed') await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
    }
    leaving = null
  }

  return {
    id,
    store,
    async open() {
      await inTurn(read)
      void hear()
    },
    change(edit, soon = false) {
      const { work } = get()
      if (work === null) return
      const next = edit(work)
      if (next === work) return
      store.setState({ work: next })
      written()
      if (soon) void save()
    },
    step(step) {
      if (get().step === step || get().work === null) return
      store.setState({ step })
      written()
    },
    hold(run) {
      holds.add(run)
      return () => void holds.delete(run)
    },
    settle,
    async act(run) {
      if (!(await settle())) throw trouble
      await inTurn(async () => absorb(await run({ id, revision: get().revision, tab })))
    },
    look: () => inTurn(read),
    newKey,
    dismiss: (which) =>
      store.setState((state) => ({ remarks: state.remarks.filter((one) => one.id !== which) })),
    close() {
      timer?.()
      timer = null
      life.abort()
      leaving ??= leave()
    },
  }
}
