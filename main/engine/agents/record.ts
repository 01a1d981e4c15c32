/** Keeps what is said and done in a run, as it happens, for whoever looks: words are gathered, long things cut. */
import type { Clock } from '../base/clock.ts'
import { asHyperionError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import type { AgentRuns } from '../store/agent-runs.ts'
import type { RunEvent } from './harness.ts'

/** What happens is written at most so often, so that a run costs few commits. */
const GATHER_MS = 250
/** Of one run, in characters; a tool's input and a submission are cut much sooner. */
const MOST_TEXT = 1_000_000
const MOST_DETAIL = 20_000

interface Kept {
  kind: string
  body: unknown
}

/** An agent may say what no document can hold: halves of characters are replaced, whatever is too long is cut. */
const cut = (value: unknown): unknown => {
  const text = JSON.stringify(value ?? null, (_, one: unknown) =>
    typeof one === 'string' ? one.toWellFormed() : one,
  )
  return text.length <= MOST_DETAIL
    ? (JSON.parse(text) as unknown)
    : { cut: text.slice(0, MOST_DETAIL).toWellFormed(), length: text.length }
}

function keptOf(event: RunEvent): Kept | null {
  switch (event.kind) {
    case 'alive':
    case 'context':
    case 'text':
      return null
    case 'prompt':
      return {
        kind: 'prompt',
        body: { text: event.text.slice(0, MOST_TEXT).toWellFormed(), length: event.text.length },
      }
    case 'tool':
      return { kind: 'tool', body: { name: inert(event.name, 200), input: cut(event.input) } }
    case 'denied':
      return { kind: 'denied', body: { name: inert(event.name, 200), reason: inert(event.reason, 500) } }
    case 'usage':
      return { kind: 'usage', body: event.usage }
    case 'retry':
      return { kind: 'retry', body: { reason: inert(event.reason, 500), delay_ms: event.delayMs } }
    case 'model':
      return { kind: 'model', body: { model: event.model === null ? null : inert(event.model, 200) } }
    case 'submission':
      return { kind: 'submission', body: { value: cut(event.value), review: event.review } }
  }
}

/** Words stream in anywhere cut apart; what is still half once they are together is half for good. */
const wellFormed = (one: Kept): Kept =>
  one.kind === 'text' ? { ...one, body: { text: (one.body as { text: string }).text.toWellFormed() } } : one

export interface Recorder {
  hear(event: RunEvent): void
  /** Writes what is still gathered. */
  close(): void
}

export function openRecorder(runs: Pick<AgentRuns, 'addEvents'>, id: number, clock: Clock): Recorder {
  /** Not written yet; the words that stream in at the end of it are one entry. */
  let gathered: Kept[] = []
  let total = 0
  let writing: Promise<void> | null = null
  const closed = new AbortController()
  /** What keeps it from being written: told with the next thing that is heard, and kept from nobody's end. */
  let trouble: unknown = null
  function write(): void {
    const events = gathered.map(wellFormed)
    gathered = []
    try {
      runs.addEvents(id, events)
    } catch (error) {
      // A queue that is busy costs the record some words, never the run.
      if (asHyperionError(error).kind !== 'transient') trouble = error
    }
  }
  async function later(): Promise<void> {
    await clock.sleep(GATHER_MS, closed.signal)
    writing = null
    if (!closed.signal.aborted) write()
  }
  function addText(text: string): void {
    const kept = text.slice(0, Math.max(0, MOST_TEXT - total))
    total += text.length
    const last = gathered.at(-1)
    if (kept === '') return
    if (last?.kind === 'text') last.body = { text: (last.body as { text: string }).text + kept }
    else gathered.push({ kind: 'text', body: { text: kept } })
  }
  return {
    hear(event) {
      if (trouble !== null) throw trouble
      if (event.kind === 'text') addText(event.text)
      const kept = keptOf(event)
      // What it used up is in the run itself.
      if (kept !== null && kept.kind !== 'usage') gathered.push(kept)
      if (gathered.length > 0) writing ??= later()
    },
    close() {
      closed.abort()
      write()
    },
  }
}
