/** An operator's acts on the queue as a whole, and on what has landed, as the facade offers them. */
import type { Event, Overlap, Pause, WaitReason, Why } from '../../../schemas/acts.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import type { Priority } from '../../../schemas/states.ts'
import { asHyperionError } from '../base/errors.ts'
import { isOver } from '../domain/states.ts'
import { privateFolder, type Ground } from '../compose.ts'
import type { SubmitDeps } from '../intake/submit.ts'
import { prioritize, type ActDeps, type Prioritized } from '../landing/acts.ts'
import { tipOrThrow } from '../landing/attempt.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { TARGET_REWOUND } from '../landing/rewound.ts'
import type { ChangeRow } from '../store/changes.ts'
import { pauseQueue, readPause, resumeQueue, type Paused } from '../store/pause.ts'
import { backUp, type Backup } from './backup.ts'
import { eventsAfter } from './events.ts'
import { revert, type Reverted } from './revert.ts'
import { everybodysReasons, waitingReasons } from './waiting.ts'
import { whereMeant, why } from './why.ts'

export interface Operations {
  /** The pause there is, whoever made it; null while the queue is worked. */
  paused(): Pause | null
  /** With `agents`, a hard stop: every run of an agent ends at once as well. */
  pause(reason: string | null, agents?: boolean): Paused
  /** Ends the pause; one that Hyperion made ends only where its code is accepted. Null where there was none. */
  resume(accept: string | null): Promise<Pause | null>
  prioritize(ids: readonly number[], to: Priority): Prioritized
  /** Queues the inverse of a landed change. */
  revert(id: number): Promise<Reverted>
  why(path: string, line: number | null): Promise<Why>
  /** What `PATH[:LINE]` means. */
  whereMeant(place: string): Promise<{ path: string; line: number | null }>
  backUp(file: string, overwrite: boolean): Promise<Backup>
  /** The next events after a row of the log. */
  events(after: number): Event[]
  /** What changes wait for; what keeps everything waiting is looked up once. */
  waits(rows: readonly ChangeRow[]): WaitReason[][]
  /** Open changes that edit the same lines as an open one. */
  overlaps(row: ChangeRow): Overlap[]
  /** Work that nothing but a worker is missing for. */
  unsettled(): number
}

export function openOperations(
  ground: Ground,
  deps: LandingDeps,
  actDeps: ActDeps,
  submitDeps: () => Promise<SubmitDeps>,
  overlaps: SubmitDeps['overlaps'],
): Operations {
  const { store, clock, dbFile } = ground
  const { actor } = actDeps
  const { commonDir, gitDir } = ground.repository
  const ownFolders = [privateFolder(ground.repository), commonDir, gitDir]
  return {
    paused: () => readPause(store.facts),
    pause: (reason, agents = false) => pauseQueue(actDeps, reason, agents),
    async resume(accept) {
      const ended = resumeQueue(actDeps, accept)
      // What the target lost is taken back at once, whether or not a worker runs to find it so.
      if (ended?.code === TARGET_REWOUND) {
        await tipOrThrow(deps).catch((thrown: unknown) => {
          // What stands in the way besides is told by whoever lands next; the pause has ended.
          if (asHyperionError(thrown).kind === 'bug') throw thrown
        })
      }
      return ended
    },
    prioritize: (ids, to) => prioritize(actDeps, ids, to),
    revert: async (id) => revert({ ...deps, actor, submit: await submitDeps() }, id),
    why: (path, line) => why(deps, path, line),
    whereMeant: (place) => whereMeant(deps, place),
    backUp: (file, overwrite) => backUp({ store, dbFile, actor, ownFolders }, file, overwrite),
    events: (after) => eventsAfter(store, after),
    waits(rows) {
      const waiting = { store, clock, commonDir: deps.repository.commonDir, target: deps.target }
      const everybodys = everybodysReasons(waiting)
      return rows.map((row) => waitingReasons(waiting, row, everybodys))
    },
    overlaps: (row) =>
      isOver(row.status) ? [] : overlaps.of(row.id, JSON.parse(row.payload) as ChangeRequest),
    unsettled: () => store.claims.unsettled(),
  }
}
