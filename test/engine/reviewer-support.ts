/** Conflicts for tests of the reviewer: made by real landings, decided as a window would. */
import type { Draft, Review, ReviewedPath } from '../../schemas/reviewer.ts'
import { diffed, request, type Json } from '../support/requests.ts'
import { attempt, land, type Workbench, type WorkbenchOptions } from '../support/workbench.ts'

export const TEN = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n'
export const OURS = TEN.replace('five', 'FIVE of the target')
export const THEIRS = TEN.replace('five', 'five of the change')
export const SETTLED = TEN.replace('five', 'five, as settled')

export const EMPTY: Draft = { pick: null, text: null, spans: [], choices: [] }

export const configured = (checks: Json, files: Record<string, string>): WorkbenchOptions => ({
  files: { ...files, 'hyperion.config.json': JSON.stringify({ checks }) },
})

/** A change that conflicts with what landed before it in each of the paths; they held TEN. */
export async function inConflict(
  bench: Workbench,
  paths: readonly string[] = ['a.txt'],
  more: { checks?: readonly unknown[]; base?: string } = {},
): Promise<number> {
  const first = request(
    { task: 'FIRST', agent: 'agent-a', metadata: { intent: 'shout five' } },
    ...paths.map((path) => diffed(path, TEN, OURS)),
  )
  await land(bench, first)
  const second = request(
    { task: 'SECOND', agent: 'agent-b', base: more.base ?? bench.base, metadata: { intent: 'name five' } },
    ...paths.map((path) => diffed(path, TEN, THEIRS)),
  )
  const shown = await attempt(bench, more.checks === undefined ? second : { ...second, checks: more.checks })
  if (shown.status !== 'conflict')
    throw new Error(`change ${shown.id} is ${shown.status}: ${shown.last_error}`)
  return shown.id
}

/** Lands another text in place of a file's present one. */
export async function landText(bench: Workbench, task: string, path: string, text: string): Promise<void> {
  await land(bench, request({ task, priority: 'urgent' }, diffed(path, bench.text(path) ?? '', text)))
}

export function pathOf(review: Review, path = 'a.txt'): ReviewedPath {
  const found = review.paths.find(({ record }) => record.path === path)
  if (found === undefined) throw new Error(`${path} is not in the conflict`)
  return found
}

/** A text for a path, decided on the sides it has now. */
export async function decided(bench: Workbench, id: number, path: string, text: string) {
  const { sides_key: sidesKey } = pathOf(await bench.engine.review.show(id), path)
  return { path, how: 'from' as const, content: Buffer.from(text), sidesKey }
}
