/** What a trial tells, for a listener that may be slower than what is told. */
import type { TrialEvent } from '../../../../schemas/reviewer.ts'

/** Output that waits for a listener; of more the end is kept, and all of it comes with the verdict as far as it is kept. */
const WAITING = 256 * 1024

export interface TrialStream {
  tell(event: TrialEvent): void
  /** No more will be told. */
  end(): void
  /** Returns what was told since, or waits for it; null after the end. */
  next(): Promise<TrialEvent | null>
}

export function trialStream(): TrialStream {
  const waiting: TrialEvent[] = []
  let ended = false
  let wake: (() => void) | null = null
  const awake = (): void => {
    wake?.()
    wake = null
  }
  return {
    tell(event) {
      const last = waiting.at(-1)
      if (event.kind === 'output' && last?.kind === 'output' && last.check === event.check)
        waiting[waiting.length - 1] = { ...last, text: endOf(last.text + event.text) }
      else waiting.push(event.kind === 'output' ? { ...event, text: endOf(event.text) } : event)
      awake()
    },
    end() {
      ended = true
      awake()
    },
    async next() {
      for (;;) {
        const event = waiting.shift()
        if (event !== undefined) return event
        if (ended) return null
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

const LEFT_OUT = '[output left out]\n'

function endOf(text: string): string {
  if (text.length <= WAITING) return text
  const from = text.indexOf('\n', text.length - WAITING / 2) + 1
  return `${LEFT_OUT}${text.slice(from === 0 ? text.length - WAITING / 2 : from)}`
}
