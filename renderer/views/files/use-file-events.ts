/** What changes in the files of the workspace, read on as it happens; shared by the view and Home. */
import type { FileEvents } from '../../../schemas/intake.ts'
import { useApp, useRead, type Reading } from '../../state/hooks.ts'
import { ASKED, join } from './events.ts'

const KEY = 'intake.files'
/** The live feed tells of the log, and file events are not in it. */
const READ_EVERY_MS = 1_000

export function useFileEvents(): Reading<FileEvents> {
  const app = useApp()
  return useRead<FileEvents>(
    KEY,
    async (api, signal) => {
      const known = app.reads.snapshot<FileEvents>(KEY).value?.events ?? []
      const since = known.at(-1)?.created_at ?? null
      const { events, watching } = await api.intake.files({ since, limit: ASKED }, { signal })
      return { events: join(known, events), watching }
    },
    { everyMs: READ_EVERY_MS },
  )
}
