/** Skills for the window: they need no workspace; an open one keeps where they were exported to. */
import { dirname, isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSkills, shippedRoot, userError, type Engine, type Skills } from '../engine/engine.ts'
import type { ExportResult } from '../../schemas/skills.ts'
import type { Session } from './session.ts'

export const skillsOf = ({ options: { clock } }: Session): Skills =>
  openSkills({ root: shippedRoot(dirname(fileURLToPath(import.meta.url))), clock })

/** The page knows no folder that its paths could begin in. */
export function whole(path: string): string {
  // An empty name is refused by name below, as the command line has it.
  if (isAbsolute(path) || path.trim() === '') return path
  throw userError('relative_path', `${path} is no whole path`, 'name it from the root on')
}

/** Exports, and keeps it in the open workspace; `engine` is null where none is open. */
export async function exportSkills(
  session: Session,
  engine: Engine | null,
  { dest, replace }: { dest: string; replace: readonly string[] },
): Promise<ExportResult> {
  const result = await skillsOf(session).export(whole(dest), replace)
  const problem = engine === null ? null : await engine.recordExport(result)
  const notes = problem === null ? result.notes : [...result.notes, problem]
  return { ...result, notes, recorded: engine !== null }
}
