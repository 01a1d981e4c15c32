/** One watch over the log for all who listen: whoever writes it, this process or another on the same database. */
import type { Clock } from '../engine/engine.ts'
import type { Live } from '../../schemas/view.ts'

/** How often the log's newest row is looked up; one indexed read. */
const LOOK_MS = 100
/** At least so long between two turns of one listener. */
const TURN_MS = 250
/** A turn is sent after so long even if nothing happened: silence longer than that means a broken line. */
const BEAT_MS = 3_000

export interface FeedSource {
  lastSeq(): number
  live(after: number | null, first?: boolean): Live
}

export interface Feed {
  /** Yields turns from `after` on until `signal` aborts; `writable` is waited for before each. */
  listen(after: number | null, signal: AbortSignal, writable: () => Promise<void>): AsyncGenerator<Live>
  /** Ends every listening: what is watched is about to be closed. */
  end(): void
}

export function openFeed(source: FeedSource, clock: Clock): Feed {
  const over = new AbortController()
  return {
    end: () => over.abort(),
    async *listen(after, signal, writable) {
      let turn = source.live(after, true)
      // Who asks again after a gap hears what was missed; who has missed too much is told so at once.
      yield turn
      let at = clock.monotonicMs()
      while (!signal.aborted && !over.signal.aborted) {
        await clock.sleep(LOOK_MS, signal)
        if (signal.aborted || over.signal.aborted) return
        const waited = clock.monotonicMs() - at
        if (source.lastSeq() === turn.seq ? waited < BEAT_MS : waited < TURN_MS) continue
        // A slow listener gets fewer, larger turns; nothing is kept for it here.
        await writable()
        if (over.signal.aborted) return
        turn = source.live(turn.seq)
        at = clock.monotonicMs()
        yield turn
      }
    },
  }
}
