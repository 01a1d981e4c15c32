/** Sends what a file had come to when its view was left, until it is stored: the engine may be away. */
import { failureOf } from '../failure.ts'
import { reconcile } from '../merge/carry.ts'
import { beginResult, type Result } from '../merge/result.ts'
import type { StoredDraft } from '../../schemas/reviewer.ts'
import { resultOf, type ReviewFile } from './file.ts'
import type { SessionParts } from './session.ts'

const RETRY_MS = 1_500

/** What the engine had of the file; `saving` is the write that was on its way. */
interface Kept {
  revision: number | null
  result: Result | null
  saving: Promise<void> | null
}

export async function sendLast(
  { api, clock, id, tab }: Pick<SessionParts, 'api' | 'clock' | 'id' | 'tab'>,
  path: string,
  file: ReviewFile,
  mine: Kept,
): Promise<void> {
  // Read before the texts are put away.
  let draft = file.draft()
  const { sidesKey, merged } = file
  await mine.saving
  let { revision, result: base } = mine
  for (;;) {
    try {
      const answer = await api.conflicts.draft({ id, path, tab, draft, sides_key: sidesKey, revision })
      const theirs: StoredDraft | null = answer.current
      if (answer.stored || theirs === null || theirs.sides_key !== sidesKey) return
      // Another window was first.
      revision = theirs.revision
      if (merged === null) continue
      const [own, other] = [resultOf(draft, merged), resultOf(theirs, merged)]
      if (own === null || other === null) continue
      const { text, spans } = reconcile(merged.merge, base ?? beginResult(merged.merge), own, other).result
      draft = { ...draft, text, spans: [...spans] }
      base = other
    } catch (thrown) {
      // What is refused stays refused; a wire comes back.
      if (failureOf(thrown).kind === 'user') return
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
    }
  }
}
