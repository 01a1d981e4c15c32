/** Does what a person decided, tells it with a way back where the engine has one, and says what was refused. */
import { useState } from 'react'
import type { BulkResult } from '../../../schemas/ipc.ts'
import type { Api } from '../../client.ts'
import { failureOf, type Failure } from '../../failure.ts'
import { useApp } from '../../state/hooks.ts'
import { tellDone, tellFailure } from '../../state/toasts.ts'
import { ACT_DONE, REVERSE, type Act } from './acts.ts'

export interface Said {
  by: string
  /** The note of an approval, the reason of a rejection. */
  note: string
}

type Many = Exclude<Act, 'resolve'>

const count = (n: number): string => (n === 1 ? '1 change' : `${n.toLocaleString('en')} changes`)

function ask(api: Api, act: Many, ids: number[], { by, note }: Said): Promise<BulkResult> {
  switch (act) {
    case 'approve':
      return api.changes.approve({ ids, by, role: null, note: note.trim() === '' ? null : note.trim() })
    case 'reject':
      return api.changes.reject({ ids, by, reason: note.trim(), at: null })
    default:
      return api.changes[act]({ ids })
  }
}

/** Refusals as one failure, to be shown where the decision was made. */
export function refusalOf({ refused }: BulkResult): Failure | null {
  const [first, ...more] = refused
  if (first === undefined) return null
  const rest = more.length === 0 ? '' : ` (and ${more.length} more were refused)`
  return { kind: 'user', code: 'refused', message: `${first.message}${rest}`, hint: first.hint }
}

export interface Decide {
  busy: Act | null
  failure: Failure | null
  decide(act: Many, ids: number[], said?: Said): Promise<boolean>
}

export function useDecide(done: () => void): Decide {
  const app = useApp()
  const [state, setState] = useState<{ busy: Act | null; failure: Failure | null }>({
    busy: null,
    failure: null,
  })

  const putBack = async (ids: number[]): Promise<void> => {
    try {
      const refusal = refusalOf(await app.api.changes.retry({ ids }))
      if (refusal !== null) tellFailure('Not undone', refusal)
      else tellDone(`Put back: ${count(ids.length)}`)
    } catch (thrown) {
      tellFailure('Not undone', failureOf(thrown))
    }
    done()
  }

  return {
    ...state,
    async decide(act, ids, said = { by: '', note: '' }) {
      if (state.busy !== null) return false
      setState({ busy: act, failure: null })
      try {
        const result = await ask(app.api, act, ids, said)
        setState({ busy: null, failure: refusalOf(result) })
        if (result.done.length > 0) {
          const text = `${ACT_DONE[act]}: ${count(result.done.length)}`
          tellDone(text, REVERSE[act] === undefined ? undefined : { run: () => void putBack(result.done) })
        }
        done()
        return result.refused.length === 0
      } catch (thrown) {
        setState({ busy: null, failure: failureOf(thrown) })
        return false
      }
    },
  }
}
