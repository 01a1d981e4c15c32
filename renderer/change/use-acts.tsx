/** Doing something to changes: in portions, told how far it is, with what was refused and the way back. */
import { useCallback, useRef, useState } from 'react'
import type { BulkResult } from '../../schemas/ipc.ts'
import type { Priority } from '../../schemas/states.ts'
import type { Api } from '../client.ts'
import { failureOf, type Failure } from '../failure.ts'
import type { App } from '../state/app.ts'
import { useApp } from '../state/hooks.ts'
import { tellDone, tellFailure } from '../state/toasts.ts'
import { ACT_WORDS, ACTS, changes, portions, reverseOf, type Act, type Plan, type Selection } from './acts.ts'

const PORTION = 100

/** What an approval or a rejection is recorded with. */
export interface Said {
  by: string
  role: string | null
  /** The note of an approval, the reason of a rejection. */
  note: string | null
  /** `PATH:LINE`, where a rejection is about a line. */
  at?: string | null
}

/** What an act is done with, where it needs more than the changes. */
export interface With {
  said?: Said
  /** The priority that changes are given. */
  to?: Priority
}

export interface Progress {
  act: Act
  done: number
  of: number
}

/** What was not done: some of it refused, or the whole act broken off. */
export interface Trouble {
  act: Act
  refused: BulkResult['refused']
  failure: Failure | null
}

export interface Acts {
  progress: Progress | null
  trouble: Trouble | null
  /** Returns whether all of it was done. */
  run(plan: Plan, given?: With): Promise<boolean>
  clear(): void
}

function call(api: Api, act: Act, ids: number[], { said, to }: With): Promise<BulkResult> {
  const by = said?.by ?? ''
  switch (act) {
    case 'approve':
      return api.changes.approve({ ids, by, role: said?.role ?? null, note: said?.note ?? null })
    case 'reject':
      return api.changes.reject({ ids, by, reason: said?.note ?? '', at: said?.at ?? null })
    case 'prioritize':
      return api.changes.prioritize({ ids, to: to ?? 'normal' })
    default:
      return api.changes[act]({ ids })
  }
}

type Outcome = BulkResult & { sent_back: number[] }

/** Adds to `all` as it goes, so that what was done before an error is known. */
async function inPortions(
  app: App,
  act: Act,
  ids: readonly number[],
  given: With,
  all: Outcome,
  tell: (done: number) => void = () => undefined,
): Promise<void> {
  for (const part of portions(ids, PORTION)) {
    const { done, refused, sent_back } = await call(app.api, act, part, given)
    all.done.push(...done)
    all.refused.push(...refused)
    all.sent_back.push(...(sent_back ?? []))
    tell(all.done.length + all.refused.length)
  }
}

const nothingYet = (): Outcome => ({ done: [], refused: [], sent_back: [] })

interface WayBack extends With {
  act: Act
  ids: number[]
}

/** Each act that leads back, with the changes it leads back. */
function waysBack(act: Act, done: readonly number[], before: Selection, to: Priority | undefined): WayBack[] {
  if (act === 'prioritize') {
    const had = Map.groupBy(done, (id) => before.get(id)?.priority ?? null)
    return [...had].flatMap(([priority, ids]) =>
      priority === null || priority === to ? [] : [{ act, to: priority, ids }],
    )
  }
  return ACTS.flatMap((reverse) => {
    const ids = done.filter((id) => {
      const standing = before.get(id)
      return standing !== undefined && reverseOf(act, standing) === reverse
    })
    return ids.length === 0 ? [] : [{ act: reverse, ids }]
  })
}

async function takeBack(app: App, ways: readonly WayBack[]): Promise<void> {
  try {
    for (const { act, ids, ...given } of ways) {
      const all = nothingYet()
      await inPortions(app, act, ids, given, all)
      const { done, refused } = all
      if (done.length > 0) tellDone(`${changes(done.length)} ${doneWords(act, given)}`)
      const [first, ...more] = refused
      if (first === undefined) continue
      const message = more.length === 0 ? first.message : `${first.message}, and ${more.length} more`
      tellFailure('Not all was undone', { kind: 'user', code: 'refused', message, hint: first.hint })
    }
  } catch (thrown) {
    tellFailure('Not undone', failureOf(thrown))
  }
}

const doneWords = (act: Act, { to }: With): string =>
  to === undefined ? ACT_WORDS[act].done : `given ${to} priority`

/** Tells what was done: of what a worker has, that it was asked to stop; of the rest, with the way back if there is one. */
function tell(app: App, { act, go }: Plan, { done, sent_back: sentBack }: Outcome, given: With): void {
  const asked = act === 'cancel' ? done.filter((id) => go.get(id)?.status === 'in_progress').length : 0
  const again = sentBack.length
  const ended = done.length - asked - again
  const parts = [
    ...(again > 0 ? [`${changes(again)} sent back to ${again === 1 ? 'its agent' : 'their agents'}`] : []),
    ...(ended > 0 ? [`${changes(ended)} ${doneWords(act, given)}`] : []),
    ...(asked > 0 ? [`${ended > 0 ? String(asked) : changes(asked)} asked to stop`] : []),
  ]
  // Another takes the place of what was sent back.
  const final = new Set(sentBack)
  const ways = waysBack(
    act,
    done.filter((id) => !final.has(id)),
    go,
    given.to,
  )
  const back = ways.reduce((sum, { ids }) => sum + ids.length, 0)
  const label = back === done.length ? 'Undo' : `Undo ${back.toLocaleString('en')}`
  tellDone(parts.join('; '), back === 0 ? undefined : { label, run: () => void takeBack(app, ways) })
}

/** `after` is called once an act went as far as it could. */
export function useActs(after?: () => void): Acts {
  const app = useApp()
  const [progress, setProgress] = useState<Progress | null>(null)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const busy = useRef(false)
  const latest = useRef(after)
  latest.current = after

  const run = useCallback(
    async (plan: Plan, given: With = {}): Promise<boolean> => {
      const { act, go } = plan
      if (busy.current || go.size === 0) return false
      busy.current = true
      setTrouble(null)
      setProgress({ act, done: 0, of: go.size })
      const all = nothingYet()
      let failure: Failure | null = null
      try {
        await inPortions(app, act, [...go.keys()], given, all, (count) =>
          setProgress({ act, done: count, of: go.size }),
        )
      } catch (thrown) {
        failure = failureOf(thrown)
      } finally {
        busy.current = false
        setProgress(null)
      }
      const { done, refused } = all
      if (refused.length > 0 || failure !== null) setTrouble({ act, refused, failure })
      if (done.length > 0) tell(app, plan, all, given)
      latest.current?.()
      return refused.length === 0 && failure === null
    },
    [app],
  )
  const clear = useCallback(() => setTrouble(null), [])
  return { progress, trouble, run, clear }
}
