/** What the window knows of the engine and of itself, in one store. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { LogEvent } from '../../schemas/log-event.ts'
import type { StatusCounts } from '../../schemas/metrics.ts'
import type { ChangeSummary, Live, Preferences, WorkspaceState } from '../../schemas/view.ts'
import type { ConnectionState } from '../client.ts'

/** Log rows kept for the live tails; what is older is asked for. */
export const KEPT_LOGS = 5_000
/** Changes whose latest state is kept, for rows on screen that were read before. */
const KEPT_CHANGES = 5_000

export interface AppState {
  connection: ConnectionState
  /** Null until the engine said it. */
  workspace: WorkspaceState | null
  preferences: Preferences
  /** Whether `preferences` came from the engine. */
  preferencesRead: boolean
  /** Last log row heard of, from which the feed goes on. */
  seq: number | null
  /** When the feed was last heard, on the window's clock. */
  heardAt: number | null
  counts: StatusCounts | null
  inbox: number | null
  logs: readonly LogEvent[]
  /** Changes as the feed last told them. */
  changes: ReadonlyMap<number, ChangeSummary>
  /** Selected rows, by view. */
  selection: Readonly<Record<string, readonly number[]>>
  overlay: Overlay
}

/** What lies over the view; one at a time. */
export type Overlay = 'none' | 'palette' | 'keys' | 'tour' | 'open' | 'stop-agents'

export type AppStore = StoreApi<AppState>

export const defaultPreferences: Preferences = {
  theme: 'system',
  density: 'compact',
  notify: true,
  name: '',
  tour: 'new',
  layout: {},
}

/** What is forgotten when another workspace is opened. */
const ofWorkspace = {
  seq: null,
  heardAt: null,
  counts: null,
  inbox: null,
  logs: [],
  changes: new Map<number, ChangeSummary>(),
  selection: {},
} satisfies Partial<AppState>

export const createAppStore = (): AppStore =>
  createStore<AppState>(() => ({
    connection: { state: 'connecting' },
    workspace: null,
    preferences: defaultPreferences,
    preferencesRead: false,
    overlay: 'none',
    ...ofWorkspace,
  }))

export const folderOf = (workspace: WorkspaceState | null): string | null =>
  workspace === null || workspace.state === 'none' ? null : workspace.folder

export function setWorkspace(store: AppStore, workspace: WorkspaceState): void {
  const other = folderOf(store.getState().workspace) !== folderOf(workspace)
  // What is read of another one is read after this was asked: the feed goes on from here, and nothing is read twice.
  const seq = workspace.state === 'open' ? workspace.seq : null
  store.setState(other ? { workspace, ...ofWorkspace, seq } : { workspace })
}

function keep(map: ReadonlyMap<number, ChangeSummary>, turn: Live): ReadonlyMap<number, ChangeSummary> {
  if (!turn.reset && turn.changes.length === 0 && turn.gone.length === 0) return map
  const next = new Map(turn.reset ? [] : map)
  for (const id of turn.gone) next.delete(id)
  for (const change of turn.changes) {
    // Taken out first, so that what was touched longest ago stands first and goes first.
    next.delete(change.id)
    next.set(change.id, change)
  }
  for (const id of next.keys()) {
    if (next.size <= KEPT_CHANGES) break
    next.delete(id)
  }
  return next
}

export function applyTurn(store: AppStore, turn: Live, heardAt: number): void {
  store.setState((before) => ({
    seq: turn.seq,
    heardAt,
    counts: turn.counts ?? before.counts,
    inbox: turn.inbox ?? before.inbox,
    changes: keep(before.changes, turn),
    logs: turn.reset
      ? turn.logs.slice(-KEPT_LOGS)
      : turn.logs.length === 0
        ? before.logs
        : [...before.logs, ...turn.logs].slice(-KEPT_LOGS),
  }))
}

export function select(store: AppStore, view: string, ids: readonly number[]): void {
  store.setState(({ selection }) => ({ selection: { ...selection, [view]: ids } }))
}
