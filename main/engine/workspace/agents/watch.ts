/** Tells a window what agents do for a request, whichever process leads them, as it happens. */
import type { AgentTurn } from '../../../../schemas/ipc-agents.ts'
import type { Ground } from '../../compose.ts'

/** How often it is looked whether anybody committed: one look at a file. */
const LOOK_MS = 150
/** Two commits within one tick of the file system's clock may look like one, so that now and then more is read. */
const THOROUGH_LOOKS = 8
/** Events of one turn; of a long record the rest comes with the next ones. */
const MOST_EVENTS = 500

/** Yields everything there is, then what is new, until `signal` aborts. */
export async function* watchAgents(
  { store, clock }: Pick<Ground, 'store' | 'clock'>,
  requestId: string,
  signal: AbortSignal,
  writable: () => Promise<void>,
): AsyncGenerator<AgentTurn> {
  const seen = new Map<number, { row: string; seq: number }>()
  let stamp = ''
  let isFirst = true
  let isBehind = false
  for (let looks = 0; !signal.aborted; looks += 1) {
    // Stamped before it is read: what happens in between is read again.
    const now = store.db.stamp()
    if ((now !== stamp || isBehind || looks % THOROUGH_LOOKS === 0) && !store.db.inTransaction) {
      stamp = now
      const turn: AgentTurn = { runs: [], events: [] }
      for (const run of store.runs.list({ requestId })) {
        const known = seen.get(run.id)
        const row = JSON.stringify(run)
        const room = MOST_EVENTS - turn.events.length
        const events = room <= 0 ? [] : store.runs.events(run.id, known?.seq ?? 0, room)
        if (row !== known?.row) turn.runs.push(run)
        turn.events.push(...events.map((event) => ({ ...event, run_id: run.id })))
        seen.set(run.id, { row, seq: events.at(-1)?.seq ?? known?.seq ?? 0 })
      }
      isBehind = turn.events.length >= MOST_EVENTS
      if (isFirst || turn.runs.length + turn.events.length > 0) {
        await writable()
        if (signal.aborted) return
        isFirst = false
        yield turn
      }
    }
    if (!isBehind) await clock.sleep(LOOK_MS, signal)
  }
}
