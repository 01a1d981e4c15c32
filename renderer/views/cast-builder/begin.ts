/** Begins a draft and goes there. */
import { navigate, pathOf } from '../../router.ts'
import { useAct, type Act } from '../../state/hooks.ts'

export type Beginning =
  | { kind: 'blank' }
  | { kind: 'file'; name: string; text: string }
  | { kind: 'draft'; id: string }
  | { kind: 'written'; id: number }

/** Which window begins it says nothing: it is opened by one that has a name of its own. */
const BEGUN = 'begun'

export const useBegin = (): Act<Beginning> =>
  useAct((api, beginning: Beginning) => api.casts.begin({ tab: BEGUN, beginning }), {
    done: ({ draft }) => navigate(`${pathOf({ view: 'cast', id: draft.id })}?step=intent`),
  })
