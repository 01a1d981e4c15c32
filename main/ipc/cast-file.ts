/** A cast that a person opens as a file, from a file manager or the desktop's command line. */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, isAbsolute, relative } from 'node:path'
import { userError, type Engine } from '../engine/engine.ts'
import type { Recent } from '../../schemas/view.ts'

/** As the page takes it. */
const MAX_BYTES = 16 * 1024 * 1024

/** The window opens a draft under a name of its own; this only says who began it. */
const BEGUN = 'begun'

function textOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw userError('no_such_file', `${file} is not there`, 'open it from where it is')
  if (!stat.isFile()) throw userError('not_a_file', `${file} is no file`, 'open the file of a cast')
  if (stat.size > MAX_BYTES)
    throw userError('too_large', `${file} has ${stat.size} bytes`, `at most ${MAX_BYTES} are taken`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
  } catch {
    throw userError('not_utf8', `${file} is not valid UTF-8, or cannot be read`, 'save it as UTF-8')
  }
}

/** Begins a draft from the file; returns the page that shows it. */
export async function beginCast(engine: Engine, file: string): Promise<string> {
  const { draft } = await engine.casts.begin(
    { kind: 'file', name: basename(file), text: textOf(file) },
    BEGUN,
  )
  return `/cast-builder/${draft.id}`
}

/**
 * The innermost of the workspaces a file lies in; null where it lies in none of them.
 *
 * A repository that nobody opened yet is not opened by a file in it, which may come from anywhere.
 */
export function workspaceAround(file: string, known: readonly Recent[]): string | null {
  let real: string
  try {
    real = realpathSync.native(file)
  } catch {
    return null
  }
  const around = known.filter(({ folder, exists }) => {
    const path = relative(folder, real)
    return exists && path !== '' && !path.startsWith('..') && !isAbsolute(path)
  })
  return around.toSorted((a, b) => b.folder.length - a.folder.length)[0]?.folder ?? null
}
