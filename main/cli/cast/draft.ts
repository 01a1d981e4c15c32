/** The draft that is being written on a terminal: what was answered is stored at once, whatever others write meanwhile. */
import type { CastAnswers, CastStep, CastView } from '../../../schemas/cast-draft.ts'
import { HyperionError, type Engine } from '../../engine/engine.ts'

/** Told where something was to be done to a draft as it was shown, and it is another one by now. */
export const CHANGED =
  '! The draft was changed elsewhere meanwhile: nothing was done. :show shows it as it is now.'

export interface OpenDraft {
  readonly view: CastView
  /**
   * Stores a change of the answers, on top of what another window wrote where one did. Returns why it cannot be one, or
   * null.
   */
  change(edit: (answers: CastAnswers) => Partial<CastAnswers>, step?: CastStep): Promise<string | null>
  /** Does something that stores by itself; false where the draft was changed meanwhile, and nothing was done. */
  act(work: (at: { id: string; revision: number; tab: string }) => Promise<CastView>): Promise<boolean>
  /** Does what stands on the draft as it was shown; null where it was changed meanwhile, and then it is shown anew. */
  unlessChanged<T>(work: () => Promise<T>): Promise<T | null>
}

export function openDraft(casts: Engine['casts'], first: CastView, tab: string): OpenDraft {
  let view = first

  async function unlessChanged<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof HyperionError) || thrown.code !== 'draft_changed') throw thrown
      view = await casts.open(view.draft.id)
      return null
    }
  }

  return {
    get view() {
      return view
    },
    async change(edit, step) {
      for (;;) {
        const { id, revision, answers } = view.draft
        const next = { ...answers, ...edit(answers) }
        try {
          const done = await casts.store({ id, revision, tab, step: step ?? view.draft.step, answers: next })
          view = done
          if (done.stored) return null
        } catch (thrown) {
          if (thrown instanceof HyperionError && thrown.code === 'bad_answer') return thrown.message
          throw thrown
        }
      }
    },
    async act(work) {
      const { id, revision } = view.draft
      const done = await unlessChanged(() => work({ id, revision, tab }))
      if (done === null) return false
      view = done
      return true
    },
    unlessChanged,
  }
}
