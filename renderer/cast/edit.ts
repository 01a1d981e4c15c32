/** An edit that is written by hand: what is typed becomes a finished edit of its item, soon and in its order. */
import type { CastAuthored, CastEdit, CastUnfit } from '../../schemas/cast-draft.ts'
import type { Api } from '../client.ts'
import { failureOf } from '../failure.ts'
import type { Clock } from '../state/clock.ts'
import type { CastSession } from './session.ts'
import { withEdit, withItems, type Edited } from './work.ts'

/** With the draft's own pause behind it, what was typed last is kept well within a second. */
export const AUTHOR_MS = 300

export type Authored =
  | { state: 'none' }
  | { state: 'making' }
  | { state: 'made'; authored: CastAuthored }
  | { state: 'refused'; why: string }

export interface HandEdit {
  /** Takes an edit, to be made once nobody types, or soon. */
  offer(edit: CastEdit): void
  /** The text is as the base has it: there is no edit. */
  clear(): void
  /** Something was offered that is not in the cast yet. */
  isUnderWay(): boolean
  /** Makes what was offered last, now. */
  flush(): Promise<void>
  dispose(): void
}

/** As much as a draft keeps of what does not fit. */
const UNFIT_CHARACTERS = 1024 * 1024

function unfitOf(edit: Exclude<CastEdit, { kind: 'delete' }>, why: string): CastUnfit {
  const text = edit.kind === 'patch' ? edit.patch : edit.text
  return { kind: edit.kind, text: text.length > UNFIT_CHARACTERS ? null : text, why: why.slice(0, 4_000) }
}

export function handEdit({
  api,
  clock,
  session,
  itemKey,
  path,
  typed,
  hear,
}: {
  api: Api
  clock: Clock
  session: CastSession
  itemKey: string
  path: string
  /** Whether the edit is typed here: then what does not fit stays in the draft, and nothing stays in the cast for it. */
  typed: boolean
  hear: (state: Authored) => void
}): HandEdit {
  let waiting: CastEdit | null = null
  let timer: (() => void) | null = null
  let turn: Promise<void> = Promise.resolve()
  let gone = false
  let making = false
  const tell = (state: Authored): void => {
    if (!gone) hear(state)
  }

  function put(edited: Edited, base_commit: string | null): void {
    session.change((work) => {
      const items = work.items.map((item) =>
        item.key === itemKey && item.path === path ? withEdit(item, edited) : item,
      )
      return withItems(work, items, base_commit)
    }, true)
  }

  async function make(): Promise<void> {
    const edit = waiting
    waiting = null
    if (edit === null) return
    making = true
    tell({ state: 'making' })
    try {
      const base_commit = session.store.getState().work?.base_commit ?? null
      const authored = await api.casts.author({ base_commit, path, edit })
      if (waiting !== null) return
      if (authored.change !== null) put({ change: authored.change }, authored.base_commit)
      else if (edit.kind !== 'delete' && typed)
        put({ change: null, unfit: unfitOf(edit, authored.problem ?? 'it is no edit') }, null)
      tell(
        authored.change === null
          ? { state: 'refused', why: authored.problem ?? 'it is no edit' }
          : { state: 'made', authored },
      )
    } catch (thrown) {
      const failure = failureOf(thrown)
      tell({ state: 'refused', why: failure.message })
      if (failure.kind === 'user' || waiting !== null) return
      // The engine is away: what was typed is still to be made.
      waiting = edit
      timer ??= clock.after(AUTHOR_MS * 4, () => void flush())
    } finally {
      making = false
    }
  }

  function flush(): Promise<void> {
    timer?.()
    timer = null
    turn = turn.then(make)
    return turn
  }

  const release = session.hold(flush)
  return {
    offer(edit) {
      waiting = edit
      timer ??= clock.after(AUTHOR_MS, () => void flush())
    },
    isUnderWay: () => waiting !== null || making,
    clear() {
      waiting = null
      timer?.()
      timer = null
      const before = turn
      turn = (async () => {
        await before
        if (waiting !== null) return
        put({ change: null }, null)
        // In one go with it: that there is no edit now is the work of this window.
        tell({ state: 'none' })
      })()
    },
    flush,
    dispose() {
      gone = true
      void flush().finally(release)
    },
  }
}
