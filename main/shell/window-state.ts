/** Where each workspace's window stood, kept in one file of the data folder and never trusted blindly. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Rectangle } from 'electron'
import { z } from 'zod'

const extent = z.int().min(-100_000).max(100_000)
const placeSchema = z.object({
  x: extent,
  y: extent,
  width: extent.min(1),
  height: extent.min(1),
  maximized: z.boolean(),
})
export type Place = z.infer<typeof placeSchema>

const entrySchema = z.object({ workspace: z.string(), place: placeSchema })
type Entry = z.infer<typeof entrySchema>

export const SMALLEST = { width: 800, height: 560 }
const USUAL = { width: 1440, height: 920 }
/** How much of a window has to be on a display so that it can be grasped. */
const GRASP = { width: 120, height: 32 }
const MOST_WORKSPACES = 50

const overlap = (from: number, size: number, otherFrom: number, otherSize: number): number =>
  Math.min(from + size, otherFrom + otherSize) - Math.max(from, otherFrom)

/**
 * Returns bounds that can be seen and moved on the displays there are now; `areas` are work areas, the primary first.
 *
 * A remembered place on a display that is gone, or larger than the one it is on, is brought back.
 */
export function fitBounds(place: Place | null, areas: readonly Rectangle[]): Rectangle {
  const primary = areas[0] ?? { x: 0, y: 0, width: USUAL.width, height: USUAL.height }
  const home =
    place === null
      ? undefined
      : areas.find(
          (area) =>
            overlap(place.x, place.width, area.x, area.width) >= GRASP.width &&
            // The bar at its top is what one grasps.
            overlap(place.y, GRASP.height, area.y, area.height) >= GRASP.height,
        )
  const area = home ?? primary
  const wanted = place ?? USUAL
  const width = Math.min(Math.max(wanted.width, SMALLEST.width), area.width)
  const height = Math.min(Math.max(wanted.height, SMALLEST.height), area.height)
  if (place !== null && home !== undefined) return { x: place.x, y: place.y, width, height }
  return {
    x: area.x + Math.round((area.width - width) / 2),
    y: area.y + Math.round((area.height - height) / 2),
    width,
    height,
  }
}

function readEntries(file: string): Entry[] {
  try {
    const rows = z.array(z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')))
    return rows.flatMap((row) => entrySchema.safeParse(row).data ?? [])
  } catch {
    // Missing or damaged: windows stand where new ones do.
    return []
  }
}

function replaceFile(file: string, text: string): void {
  const next = `${file}.${process.pid}.tmp`
  const handle = openSync(next, 'w', 0o600)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  try {
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
}

export interface WindowStates {
  /** The place of a workspace's window, or of the one without a workspace. */
  of(workspace: string | null): Place | null
  remember(workspace: string | null, place: Place): void
}

/** Opens the memory; a failing write is told and costs nothing but the place. */
export function openWindowStates(dataFolder: string, note: (line: string) => void): WindowStates {
  const file = join(dataFolder, 'windows.json')
  let entries = readEntries(file)
  return {
    of: (workspace) => entries.find((entry) => entry.workspace === (workspace ?? ''))?.place ?? null,
    remember(workspace, place) {
      const others = entries.filter((entry) => entry.workspace !== (workspace ?? ''))
      entries = [{ workspace: workspace ?? '', place }, ...others].slice(0, MOST_WORKSPACES)
      try {
        mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
        replaceFile(file, `${JSON.stringify(entries, null, 2)}\n`)
      } catch (error) {
        note(
          `The place of the window could not be kept: ${error instanceof Error ? error.message : 'unknown'}`,
        )
      }
    },
  }
}
