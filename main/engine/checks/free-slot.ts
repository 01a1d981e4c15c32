/** Finds a check slot that no live process holds. */
import { HyperionError } from '../base/errors.ts'
import { openSlot, type CheckSlot, type SlotDeps, type SlotRequest } from './worktrees.ts'

/** As many as one command line starts workers; further ones wait. */
export const MAX_SLOTS = 64

export const SLOTS_BUSY = 'slots_busy'

/**
 * Opens the first free slot from the wanted one on; several programs may work for one workspace at once.
 *
 * Throws `slots_busy` (transient) when live processes hold all of them.
 */
export async function openFreeSlot(
  request: SlotRequest,
  deps: SlotDeps,
  slots = MAX_SLOTS,
): Promise<CheckSlot> {
  for (let offset = 0; offset < slots; offset += 1) {
    const slot = ((request.slot - 1 + offset) % slots) + 1
    try {
      return await openSlot({ ...request, slot }, deps)
    } catch (error) {
      if (!(error instanceof HyperionError) || error.code !== 'slot_busy') throw error
    }
  }
  const said = `all ${slots} check worktrees in ${request.cacheDir} are held by live processes`
  throw new HyperionError('transient', SLOTS_BUSY, said, { hint: 'try again when one of those workers ends' })
}
