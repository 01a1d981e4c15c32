/** The conflict reviewer's side of the engine. */
import type {
  Draft,
  PathTexts,
  Precedent,
  Review,
  ReviewEvent,
  StoredDraft,
  TrialEvent,
  WhyCommits,
} from '../../../../schemas/reviewer.ts'
import type { Ground } from '../../compose.ts'
import { sidesKey } from '../../domain/sides-key.ts'
import { requireRow, type ActDeps } from '../../landing/acts.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import { conflictMoved, resolveConflict, type PathDecision } from '../../landing/resolve.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { refresh, requireInConflict } from './refresh.ts'
import { showReview } from './show.ts'
import { recordOf, requireConflict, textsOf } from './sides.ts'
import { trialStream } from './stream.ts'
import { movedPaths, tipOf } from './target.ts'
import { runTrial, type TrialWish } from './trial.ts'
import { watchReview } from './watch.ts'
import { openWhy } from './why.ts'

export interface DraftToStore {
  path: string
  sidesKey: string
  revision: number | null
  tab: string
  draft: Draft
}

export function openReview(ground: Ground, deps: LandingDeps, actDeps: ActDeps) {
  const { store } = deps
  const over = new AbortController()
  const running = new Set<Promise<unknown>>()
  const why = openWhy(deps)

  /** Throws where a decision was made on what the target has no more: nobody should find that out after requeueing. */
  async function requireUnmoved(id: number, decisions: readonly PathDecision[]): Promise<void> {
    const keyed = new Set(decisions.filter((one) => one.sidesKey !== undefined).map(({ path }) => path))
    if (keyed.size === 0) return
    const records = store.records
      .conflicts(id)
      .map(recordOf)
      .filter(({ path }) => keyed.has(path))
    const [path] = await movedPaths(deps, records, await tipOf(deps))
    if (path !== undefined) throw conflictMoved(path)
  }

  /** Tells of a trial as it goes; ending the telling ends the trial, and everything it started is dead by then. */
  async function* trial(
    id: number,
    wish: TrialWish,
    signal: AbortSignal,
    writable: () => Promise<void>,
  ): AsyncGenerator<TrialEvent> {
    const stop = new AbortController()
    const either = AbortSignal.any([signal, over.signal, stop.signal])
    const stream = trialStream()
    const run = runTrial({ ground, deps, actDeps }, id, wish, stream.tell, either).finally(stream.end)
    // Whoever listens hears of it below; nobody may listen any more.
    run.catch(() => undefined)
    running.add(run)
    try {
      for (let event = await stream.next(); event !== null; event = await stream.next()) {
        await writable()
        yield event
      }
      const done = await run
      if (done !== null) yield { kind: 'done', trial: done }
    } finally {
      stop.abort()
      await run.catch(() => undefined)
      running.delete(run)
    }
  }

  return {
    show: (id: number): Promise<Review> => showReview(deps, id),
    texts: (id: number, path: string): PathTexts => textsOf(store, requireRow(store, id), path),
    why: async (id: number, path: string): Promise<WhyCommits> =>
      why(requireConflict(store, requireRow(store, id), path)),
    precedents: (keys: readonly string[]): Precedent[] => store.reviews.precedents(keys),
    /** Stores how far a path has come, unless somebody else wrote since; what is kept now comes back either way. */
    draft(id: number, draft: DraftToStore): { stored: boolean; current: StoredDraft | null } {
      return store.db.write(() => {
        const conflict = requireConflict(store, requireInConflict(store, id), draft.path)
        const known =
          draft.sidesKey === sidesKey(recordOf(conflict)) ||
          store.reviews.formerSides(id, draft.path, draft.sidesKey) !== undefined
        if (!known) throw conflictMoved(draft.path)
        return store.reviews.writeDraft(id, draft)
      })
    },
    async refresh(id: number): Promise<Review> {
      await refresh(deps, id, actDeps.actor)
      return showReview(deps, id)
    },
    async resolve(id: number, by: string, decisions: readonly PathDecision[]): Promise<ChangeRow> {
      await requireUnmoved(id, decisions)
      return resolveConflict(actDeps, id, by, decisions)
    },
    trial,
    watch(id: number, signal: AbortSignal, writable: () => Promise<void>): AsyncGenerator<ReviewEvent> {
      return watchReview(deps, id, AbortSignal.any([signal, over.signal]), writable)
    },
    /** Ends what runs, for what it works with is about to be closed; returns what to wait for, null for nothing. */
    close(): Promise<unknown> | null {
      over.abort()
      return running.size === 0 ? null : Promise.allSettled(running)
    },
  }
}
