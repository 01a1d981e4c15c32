/** Doing something to many changes: in portions, told how far it is, with what was refused and the way back. */
import { useCallback, useRef, useState } from 'react'
import type { BulkResult } from '../../../schemas/ipc.ts'
import type { Api } from '../../client.ts'
import { failureOf, type Failure } from '../../failure.ts'
import { useApp } from '../../state/hooks.ts'
import { tellDone, tellFailure } from '../../state/toasts.ts'
import { ACT_WORDS, changes, portions, reverseOf, type BulkAct, type Plan } from './acts.ts'

const PORTION = 100

/** What the dialogs ask for. */
export interface Said {
  by: string
  role: string | null
  note: string | null
}

export interface Progress {
  act: BulkAct
  done: number
  of: number
}

export interface Refused {
  act: BulkAct
  refused: BulkResult['refused']
}

export interface Acts {
  progress: Progress | null
  refused: Refused | null
  failure: { act: BulkAct; failure: Failure } | null
  run(plan: Plan, said?: Said): Promise<boolean>
  clear(): void
}

function call(api: Api, act: BulkAct, ids: number[], said: Said | undefined): Promise<BulkResult> {
  const by = said?.by ?? ''
  switch (act) {
    case 'approve':
      return api.changes.approve({ ids, by, role: said?.role ?? null, note: said?.note ?? null })
    case 'reject':
      return api.changes.reject({ ids, by, reason: said?.note ?? '', at: null })
    case 'retry':
      return api.changes.retry({ ids })
    case 'cancel':
      return api.changes.cancel({ ids })
    case 'discard':
      return api.changes.discard({ ids })
  }
}

export function useActs(): Acts {
  const app = useApp()
  const [progress, setProgress] = useState<Progress | null>(null)
  const [refused, setRefused] = useState<Refused | null>(null)
  const [failure, setFailure] = useState<Acts['failure']>(null)
  const busy = useRef(false)

  const inPortions = useCallback(
    async (
      act: BulkAct,
      ids: number[],
      said: Said | undefined,
      tell: (done: number) => void,
    ): Promise<BulkResult> => {
      const all: BulkResult = { done: [], refused: [] }
      for (const part of portions(ids, PORTION)) {
        const result = await call(app.api, act, part, said)
        all.done.push(...result.done)
        all.refused.push(...result.refused)
        tell(all.done.length + all.refused.length)
      }
      return all
    },
    [app],
  )

  const takeBack = useCallback(
    async (reverse: BulkAct, ids: number[]): Promise<void> => {
      try {
        const result = await inPortions(reverse, ids, undefined, () => undefined)
        if (result.done.length > 0) tellDone(`${changes(result.done.length)} ${ACT_WORDS[reverse].done}`)
        const [first] = result.refused
        if (first !== undefined) {
          const message =
            result.refused.length === 1
              ? first.message
              : `${first.message}, and ${result.refused.length - 1} more`
          tellFailure('Not all was undone', { kind: 'user', code: 'refused', message, hint: first.hint })
        }
      } catch (thrown) {
        tellFailure('Not undone', failureOf(thrown))
      }
    },
    [inPortions],
  )

  const run = useCallback(
    async (plan: Plan, said?: Said): Promise<boolean> => {
      if (busy.current || plan.go.length === 0) return false
      busy.current = true
      setRefused(null)
      setFailure(null)
      setProgress({ act: plan.act, done: 0, of: plan.go.length })
      let done: number[] = []
      try {
        const result = await inPortions(plan.act, plan.go, said, (count) =>
          setProgress({ act: plan.act, done: count, of: plan.go.length }),
        )
        done = result.done
        if (result.refused.length > 0) setRefused({ act: plan.act, refused: result.refused })
        const asked = plan.act === 'cancel' && plan.asked > 0
        const what = asked && plan.asked === done.length ? 'asked to stop' : ACT_WORDS[plan.act].done
        const more = asked && plan.asked !== done.length ? `; ${plan.asked} asked to stop` : ''
        const reverse = reverseOf(plan)
        if (done.length > 0) {
          const undo = reverse === null ? undefined : { run: () => void takeBack(reverse, done) }
          tellDone(`${changes(done.length)} ${what}${more}`, undo)
        }
        return true
      } catch (thrown) {
        setFailure({ act: plan.act, failure: failureOf(thrown) })
        return false
      } finally {
        busy.current = false
        setProgress(null)
      }
    },
    [inPortions, takeBack],
  )
  const clear = useCallback(() => {
    setRefused(null)
    setFailure(null)
  }, [])
  return { progress, refused, failure, run, clear }
}
