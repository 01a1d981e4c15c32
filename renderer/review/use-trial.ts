/** The checks on a result that is not requeued yet: run, stopped, and known to be of another text once it changes. */
import { useEffect, useRef, useState } from 'react'
import type { Decision, Trial } from '../../schemas/reviewer.ts'
import { failureOf, type Failure } from '../failure.ts'
import { sha256 } from '../merge/suggest/key.ts'
import { useApp } from '../state/hooks.ts'
import { until } from '../state/until.ts'
import { useReview } from './use-session.ts'
import type { Session } from './session.ts'

export interface RunningCheck {
  name: string
  command: string
  output: string
  verdict: string | null
}

export interface TrialState {
  running: boolean
  /** What is made ready before the first check. */
  preparing: string | null
  checks: readonly RunningCheck[]
  trial: Trial | null
  /** Whether the verdict is of exactly what would be requeued now; null while that is not known. */
  isCurrent: boolean | null
  failure: Failure | null
  start(): void
  stop(): void
}

/** The same for the same decisions about the same sides, in any window. */
export const decisionsKey = (decisions: readonly Decision[]): string =>
  sha256(
    JSON.stringify(decisions.map(({ path, how, content, sides_key }) => [path, how, content, sides_key])),
  )

/** A key costs a look at all texts, which no key that is typed has to wait for. */
const LOOK_MS = 250
/** So much of what a check prints is shown; the newest. */
const OUTPUT = 64 * 1024

interface Run {
  running: boolean
  preparing: string | null
  checks: readonly RunningCheck[]
  failure: Failure | null
}
const IDLE: Run = { running: false, preparing: null, checks: [], failure: null }

export function useTrial(session: Session, id: number): TrialState {
  const { api, clock } = useApp()
  const files = useReview(session, (state) => state.files)
  const stored = useReview(session, (state) => state.review?.trial ?? null)
  const tip = useReview(session, (state) => state.review?.tip ?? null)
  const [run, setRun] = useState<Run>(IDLE)
  const [mine, setMine] = useState<Trial | null>(null)
  const [key, setKey] = useState<string | null>(null)
  const life = useRef<AbortController | null>(null)
  const trial = mine ?? stored
  const hasTrial = trial !== null

  useEffect(() => {
    setKey(null)
    if (!hasTrial) return undefined
    return clock.after(LOOK_MS, () => setKey(decisionsKey(session.decisions())))
  }, [clock, session, files, hasTrial])
  useEffect(() => () => life.current?.abort(), [])

  const change = (name: string, edit: (check: RunningCheck) => RunningCheck): void =>
    setRun((before) => ({
      ...before,
      checks: before.checks.map((check) => (check.name === name ? edit(check) : check)),
    }))

  async function follow(signal: AbortSignal): Promise<void> {
    try {
      await session.settle()
      const decisions = session.decisions()
      const events = api.conflicts.trial({ id, key: decisionsKey(decisions), decisions }, { signal })
      for await (const event of until(events, signal)) {
        if (event.kind === 'preparing') setRun((before) => ({ ...before, preparing: event.what }))
        else if (event.kind === 'started')
          setRun((before) => ({
            ...before,
            preparing: null,
            checks: [
              ...before.checks.filter(({ name }) => name !== event.check),
              { name: event.check, command: event.command, output: '', verdict: null },
            ],
          }))
        else if (event.kind === 'output')
          change(event.check, (check) => ({ ...check, output: (check.output + event.text).slice(-OUTPUT) }))
        else if (event.kind === 'ended')
          change(event.check, (check) => ({ ...check, verdict: event.verdict }))
        else setMine(event.trial)
      }
      setRun((before) => ({ ...before, running: false, preparing: null }))
    } catch (thrown) {
      if (!signal.aborted) setRun({ ...IDLE, failure: failureOf(thrown) })
    }
  }
  return {
    ...run,
    trial,
    // Of exactly these decisions, on exactly this target.
    isCurrent: trial === null || key === null ? null : trial.key === key && trial.tip === tip,
    start() {
      life.current?.abort()
      life.current = new AbortController()
      setRun({ ...IDLE, running: true, preparing: 'Making ready' })
      void follow(life.current.signal)
    },
    stop() {
      life.current?.abort()
      setRun(IDLE)
    },
  }
}
