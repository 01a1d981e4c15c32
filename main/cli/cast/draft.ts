/** The draft that is being written on a terminal: what was answered is stored at once, whatever others write meanwhile. */
import type { CastAnswers, CastStep, CastView } from '../../../schemas/cast-draft.ts'
import type { Engine } from '../../engine/engine.ts'

export interface OpenDraft {
  readonly view: CastView
  /** Stores a change of the answers, on top of what another window wrote where one did. */
  change(edit: (answers: CastAnswers) => Partial<CastAnswers>, step?: CastStep): Promise<void>
  /** Does something that stores by itself. */
  act(work: (at: { id: string; revision: number; tab: string }) => Promise<CastView>): Promise<void>
}

export function openDraft(casts: Engine['casts'], first: CastView, tab: string): OpenDraft {
  let view = first
  return {
    get view() {
      return view
    },
    async change(edit, step) {
      for (;;) {
        const { id, revision, answers } = view.draft
        const done = await casts.store({
          id,
          revision,
          tab,
          step: step ?? view.draft.step,
          answers: { ...answers, ...edit(answers) },
        })
        view = done
        if (done.stored) return
      }
    },
    async act(work) {
      const { id, revision } = view.draft
      view = await work({ id, revision, tab })
    },
  }
}
