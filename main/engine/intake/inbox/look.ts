/** What the app shows of the workspace's inbox. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { InboxFolder } from '../../../../schemas/intake.ts'
import type { Store } from '../../store/store.ts'
import { ERROR_SUFFIX, isRequestName, REJECTED } from './names.ts'
import type { InboxWatch } from './watch.ts'

const SHOWN = 50

const listing = (folder: string): Promise<string[] | null> => readdir(folder).catch(() => null)

export async function readInboxFolder(
  store: Store,
  folder: string,
  watch: InboxWatch | null,
): Promise<InboxFolder> {
  const waiting = (await listing(folder))?.filter(isRequestName).length ?? null
  const turnedAway = await listing(join(folder, REJECTED))
  const rejected = store.logs
    .list({ message: 'inbox rejected', limit: SHOWN })
    .toReversed()
    .flatMap(({ details, created_at }) => {
      const told = JSON.parse(details) as { folder: string; file: string; code: string; message: string }
      const { file, code, message } = told
      return told.folder === folder ? [{ file, code, message, rejected_at: created_at }] : []
    })
  return {
    folder,
    how: watch?.how() ?? 'off',
    waiting,
    trouble: watch?.trouble() ?? null,
    rejected,
    rejected_count:
      waiting === null ? null : (turnedAway?.filter((name) => name.endsWith(ERROR_SUFFIX)).length ?? 0),
  }
}
