/** The engine's part of a review in memory: sides, drafts with their revisions, several windows that watch. */
import type {
  Draft,
  PathTexts,
  Review,
  ReviewEvent,
  SideTexts,
  StoredDraft,
} from '../../../schemas/reviewer.ts'
import type { Api } from '../../../renderer/client.ts'

export interface Sides {
  base: string | null
  ours: string | null
  theirs: string | null
}

const OID = 'a'.repeat(40)

const sideOf = (text: string | null): SideTexts['base'] => ({
  text,
  absent: text === null,
  bytes: text?.length ?? null,
  reason: null,
})
const textsOf = (key: string, { base, ours, theirs }: Sides): SideTexts => ({
  sides_key: key,
  base: sideOf(base),
  ours: sideOf(ours),
  theirs: sideOf(theirs),
})

export interface StandIn {
  api: Api
  /** What is stored of a path. */
  draft(path: string): StoredDraft | null
  /** The target moves: other sides from the next refresh on; null where the path fits. */
  move(path: string, sides: Sides | null, by?: string): void
  /** The target is elsewhere, or gone; nothing of this change has to be another for that. */
  tip: string | null
  /** Renames that the target made, by the new path. */
  renamed: Map<string, string>
  /** Another kind for a path. */
  kinds: Map<string, string>
  notify(): void
  /** The change goes on, or comes back. */
  status(status: Review['status']): void
  /** Fails the next writes of drafts. */
  broken: boolean
  /** Answers to writes of drafts wait for this. */
  gate: Promise<void>
  writes: { path: string; draft: Draft; tab: string }[]
}

export function standInEngine(first: Readonly<Record<string, Sides>>, kind = 'content'): StandIn {
  const sides = new Map(Object.entries(first).map(([path, one]) => [path, { key: `${path} 1`, ...one }]))
  const old = new Map<string, { key: string } & Sides>()
  const coming = new Map<string, { sides: Sides | null; by: string | undefined }>()
  const drafts = new Map<string, StoredDraft>()
  const listeners = new Set<() => void>()
  let count = 1
  let landed: string[] = []
  let now: Review['status'] = 'conflict'
  const notify = (): void => {
    for (const listener of listeners) listener()
  }
  const review = (): Review => ({
    id: 2, status: now, target: 'main', tip: stand.tip, target_problem: stand.tip === null ? 'the target is gone' : null, trial: null, checks_off: null,
    incoming: { change_id: 2, request_id: 'REQ-2', task_id: 'REQ-2-1', agent: 'a', title: 'i', intent: 'i', summary: null },
    landed_since: landed.map((name) => ({ change_id: 3, request_id: name, task_id: null, agent: null, title: null, intent: null, summary: null, commit: OID })),
    paths: [...sides].map(([path, { key }]) => ({
      record: { path, kind: stand.kinds.get(path) ?? kind, rename_source: stand.renamed.get(path) ?? null, touched_by: [], base: null, ours: null, theirs: null } as unknown as Review['paths'][number]['record'],
      sides_key: key,
      moved: coming.has(path),
      draft: drafts.get(path) ?? null,
    })),
  }) // prettier-ignore
  const stand: StandIn = {
    broken: false,
    tip: OID,
    renamed: new Map(),
    kinds: new Map(),
    notify,
    gate: Promise.resolve(),
    writes: [],
    draft: (path) => drafts.get(path) ?? null,
    status(next) {
      now = next
      notify()
    },
    move(path, next, by) {
      coming.set(path, { sides: next, by })
      if (by !== undefined) landed = [by]
      notify()
    },
    api: {
      conflicts: {
        show: async () => structuredClone(review()),
        async texts({ path }: { path: string }): Promise<PathTexts> {
          const now = sides.get(path)
          if (now === undefined) throw new Error(`no ${path}`)
          const draft = drafts.get(path)
          const before = old.get(path)
          const isOld = draft !== undefined && draft.sides_key === before?.key
          return {
            path,
            now: textsOf(now.key, now),
            drafted: isOld ? textsOf(before.key, before) : null,
            patch: null,
          }
        },
        async draft(given: {
          path: string
          sides_key: string
          revision: number | null
          tab: string
          draft: Draft
        }) {
          await stand.gate
          if (stand.broken) throw new Error('the wire broke')
          const current = drafts.get(given.path) ?? null
          if ((current?.revision ?? null) !== given.revision) return { stored: false, current }
          const { path, tab, sides_key, draft } = given
          const stored = {
            ...draft,
            path,
            tab,
            sides_key,
            revision: (current?.revision ?? 0) + 1,
            updated_at: 0,
          }
          drafts.set(path, stored)
          stand.writes.push({ path, draft, tab })
          notify()
          return { stored: true, current: stored }
        },
        async refresh() {
          for (const [path, { sides: next }] of coming) {
            const now = sides.get(path)
            if (now !== undefined) old.set(path, now)
            if (next === null) sides.delete(path)
            else sides.set(path, { key: `${path} ${(count += 1)}`, ...next })
          }
          coming.clear()
          landed = []
          return structuredClone(review())
        },
        async watch(_: unknown, { signal }: { signal: AbortSignal }) {
          return (async function* (): AsyncGenerator<ReviewEvent> {
            while (!signal.aborted) {
              const changed = new Promise<void>((resolve) => {
                const hear = (): void => {
                  listeners.delete(hear)
                  resolve()
                }
                listeners.add(hear)
                signal.addEventListener('abort', hear)
              })
              yield {
                status: now,
                tip: stand.tip,
                moved: coming.size > 0,
                drafts: [...drafts.values()].map(({ path, revision, tab }) => ({ path, revision, tab })),
              }
              await changed
            }
          })()
        },
      },
    } as unknown as Api,
  }
  return stand
}
