/** What an attempt's time went into, worked out from what is recorded of it: wait, lease, build, each check, land. */
import type { ChangeDetail } from '../../../schemas/view.ts'

export type StepKind = 'wait' | 'lease' | 'build' | 'check' | 'land'
export type StepTone = 'muted' | 'accent' | 'ok' | 'warn' | 'danger'

export interface Step {
  key: string
  kind: StepKind
  label: string
  ms: number
  /** Where the bar begins and how long it is, as parts of the attempt; null: before the attempt, drawn apart. */
  bar: { from: number; width: number } | null
  tone: StepTone
  note: string | null
}

export interface AttemptView {
  number: number
  fence: number
  worker: string
  startedAtMs: number
  /** Null while it runs. */
  endedAtMs: number | null
  ms: number
  outcome: string
  tone: StepTone
  detail: string | null
  steps: Step[]
}

const OUTCOMES: Readonly<Record<string, readonly [words: string, tone: StepTone]>> = {
  applied: ['applied', 'ok'],
  already_present: ['already present', 'ok'],
  marked_applied: ['marked applied', 'ok'],
  conflict: ['conflict', 'warn'],
  held: ['held', 'warn'],
  validation_failed: ['validation failed', 'danger'],
  check_failed: ['checks failed', 'danger'],
  marked_failed: ['marked failed', 'danger'],
  crashed: ['crashed', 'danger'],
  lease_expired: ['lease expired', 'danger'],
  tip_moved: ['given back: the target moved', 'muted'],
  lease_lost: ['given back: the lease was lost', 'muted'],
  paused: ['given back: landing is paused', 'muted'],
  released: ['given back', 'muted'],
  cancelled: ['cancelled', 'muted'],
}

const VERDICT_TONE: Readonly<Record<string, StepTone>> = {
  passed: 'ok',
  failed: 'danger',
  timed_out: 'danger',
  could_not_run: 'warn',
  also_red_on_base: 'warn',
}

export const verdictTone = (verdict: string): StepTone => VERDICT_TONE[verdict] ?? 'muted'
export const spoken = (code: string): string => code.replaceAll('_', ' ')

type Recorded = Pick<ChangeDetail, 'created_at' | 'attempts_made' | 'check_runs' | 'log'>

/** How long landing took, as the log tells it; a change landed with others has its share. */
function landedIn({ log }: Recorded, startedAtMs: number): number | null {
  for (const { message, details, created_at } of log) {
    const took = details?.['apply_duration_ms']
    // The log counts whole seconds.
    if (message === 'applied' && typeof took === 'number' && (created_at + 1) * 1000 > startedAtMs)
      return took
  }
  return null
}

export function waterfall(change: Recorded, nowMs: number): AttemptView[] {
  const attempts = [...change.attempts_made].sort((a, b) => a.leased_at_ms - b.leased_at_ms)
  let freeAt = change.created_at * 1000
  return attempts.map((attempt, index) => {
    const { leased_at_ms: start, ended_at_ms: ended } = attempt
    const ms = Math.max(0, (ended ?? nowMs) - start)
    const waited = Math.max(0, start - freeAt)
    freeAt = ended ?? nowMs
    const [words, tone] =
      attempt.outcome === null
        ? (['running', 'accent'] as const)
        : (OUTCOMES[attempt.outcome] ?? ([spoken(attempt.outcome), 'muted'] as const))

    const runs = change.check_runs.filter(({ fence }) => fence === attempt.fence).sort((a, b) => a.id - b.id)
    const checked = runs.reduce((sum, run) => sum + run.duration_ms, 0)
    const told = attempt.outcome === 'applied' ? landedIn(change, start) : null
    const landing = told === null ? 0 : Math.min(told, Math.max(0, ms - checked))
    // While it runs nobody knows yet what the time since the last check went into.
    const building = Math.max(0, ms - checked - landing)

    const steps: Step[] = []
    const part = (value: number): number => (ms === 0 ? 0 : Math.min(1, Math.max(0, value / ms)))
    const add = (kind: StepKind, label: string, took: number, at: number, more: Partial<Step> = {}): void => {
      const from = part(at)
      const bar = { from, width: Math.min(part(took), 1 - from) }
      steps.push({ key: `${attempt.fence}-${kind}-${steps.length}`, kind, label, ms: took, bar, tone: 'muted', note: null, ...more }) // prettier-ignore
    }
    add('wait', 'Waited', waited, 0, { bar: null })
    add('lease', 'Leased', ms, 0, { tone })
    const buildNote =
      attempt.outcome === null && runs.length > 0
        ? 'rest of the lease, with what runs now'
        : 'rest of the lease'
    add('build', 'Build', building, 0, { tone: 'accent', note: buildNote })
    let at = building
    for (const run of runs) {
      const again = run.run > 1 ? ` (run ${run.run})` : ''
      const note = spoken(run.verdict)
      add('check', (run.name ?? run.command) + again, run.duration_ms, at, {
        tone: verdictTone(run.verdict),
        note,
      })
      at += run.duration_ms
    }
    if (told !== null) add('land', 'Land', landing, at, { tone: 'ok' })
    return {
      number: index + 1,
      fence: attempt.fence,
      worker: attempt.worker_id,
      startedAtMs: start,
      endedAtMs: ended,
      ms,
      outcome: words,
      tone,
      detail: attempt.detail,
      steps,
    }
  })
}
