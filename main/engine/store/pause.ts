/** The pause: a fact of the workspace that every claim and every last look reads. */
import type { Pause } from '../../../schemas/acts.ts'
import { instant, nowSeconds, type Clock } from '../base/clock.ts'
import { userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import type { Store } from './store.ts'
import type { WorkspaceFacts } from './workspace.ts'

/** Later than this is no time that a date can hold. */
const LATEST = 8_640_000_000_000

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** Returns the pause there is, or null; what an older program wrote is its reason. */
export function readPause(facts: Pick<WorkspaceFacts, 'get'>): Pause | null {
  const stored = facts.get('paused')
  if (stored === null) return null
  const unknown: Pause = { by: null, at: null, reason: textOf(stored), code: null, remedy: null }
  let value: unknown
  try {
    value = JSON.parse(stored)
  } catch {
    return unknown
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unknown
  const { by, at, reason, code, remedy } = value as Record<string, unknown>
  return {
    by: textOf(by),
    at: Number.isInteger(at) && Number(at) >= 0 && Number(at) <= LATEST ? Number(at) : null,
    reason: textOf(reason),
    code: textOf(code),
    remedy: textOf(remedy),
  }
}

/** Says a pause in words: "paused by ada since 2026-01-01T10:00:00Z: release day". */
export function pauseText({ by, at, reason }: Pause): string {
  const who = by === null ? '' : ` by ${inert(by, 200)}`
  const since = at === null ? '' : ` since ${instant(at)}`
  return `paused${who}${since}${reason === null ? '' : `: ${inert(reason, 500)}`}`
}

/** What ends a pause: its own remedy, else `resume`. */
export const pauseRemedy = ({ code, remedy }: Pause): string =>
  code === null ? 'run `hyperion resume`' : (remedy ?? `run \`hyperion resume --accept ${code}\``)

/** Returns what says, once each time, that the queue was paused, or is worked again; called now and then. */
export function pauseTeller(read: () => Pause | null, say: (sentence: string) => void): () => void {
  let told: string | null = null
  return () => {
    const pause = read()
    const says = pause === null ? null : `${pauseText(pause)}; ${pauseRemedy(pause)}`
    if (says !== told) say(says ?? 'the queue is worked again')
    told = says
  }
}

interface PauseDeps {
  store: Pick<Store, 'db' | 'facts' | 'logs'>
  clock: Clock
  /** Who acts, for the log. */
  actor: string
}

export interface Paused {
  pause: Pause
  /** Whether it was paused before; that pause stands as it is. */
  already: boolean
}

/**
 * Stops claiming and landing for every process; once this returns nothing is leased and nothing lands.
 *
 * With `agents`, every run of every agent ends as well, and none begins before the queue is worked again.
 */
export function pauseQueue(
  { store, clock, actor }: PauseDeps,
  reason: string | null,
  agents = false,
): Paused {
  const { db, facts, logs } = store
  return db.write(() => {
    const found = readPause(facts)
    if (agents && facts.get('agents_stopped') === null) {
      facts.set('agents_stopped', JSON.stringify({ by: actor, at: nowSeconds(clock), reason }))
      logs.write({ level: 'warn', message: 'agents stopped', details: { by: actor, reason } })
    }
    if (found !== null) return { pause: found, already: true }
    const pause: Pause = { by: actor, at: nowSeconds(clock), reason, code: null, remedy: null }
    facts.set('paused', JSON.stringify({ by: pause.by, at: pause.at, reason }))
    logs.write({ level: 'warn', message: 'paused', details: { by: actor, reason } })
    return { pause, already: false }
  })
}

/**
 * Ends the pause and returns it; null where there was none.
 *
 * A stop with a code is Hyperion's own, because going on could lose something: it ends only where the operator accepts
 * exactly that.
 */
export function resumeQueue({ store, clock, actor }: PauseDeps, accept: string | null): Pause | null {
  const { db, facts, logs } = store
  return db.write(() => {
    const found = readPause(facts)
    if (facts.get('agents_stopped') !== null) {
      facts.remove('agents_stopped')
      logs.write({ level: 'warn', message: 'agents resumed', details: { by: actor } })
    }
    if (found === null) return null
    if (found.code !== null && found.code !== accept) {
      const accepting = `to go on as it is, run \`hyperion resume --accept ${found.code}\``
      const remedy = found.remedy === null ? accepting : `${found.remedy}; ${accepting}`
      throw userError(found.code, `landing was stopped: ${found.reason ?? found.code}`, remedy)
    }
    facts.remove('paused')
    const seconds = found.at === null ? null : Math.max(0, nowSeconds(clock) - found.at)
    const details = { by: actor, paused_by: found.by, reason: found.reason, seconds, accepted: found.code }
    logs.write({ level: 'warn', message: 'resumed', details })
    return found
  })
}
