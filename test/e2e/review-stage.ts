/** Conflicts made by real landings: one change lands, another that was written before it does not fit any more. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { diffed, request, type Json, type RequestFields } from '../support/requests.ts'
import type { TempRepo } from '../support/temp-repo.ts'
import type { Stage } from './support.ts'

/** Texts by path; null is no file. */
export type Texts = Readonly<Record<string, string | null>>

export interface Conflicted {
  /** What all began with; the repository holds it. */
  before: Texts
  /** What landed first. */
  landed: Texts
  /** What the change that comes too late wants. */
  wanted: Texts
}

/** What a repository of such texts is made of, with a check that passes: what asks for none waits for an approval. */
export const filesOf = (
  texts: Texts,
  allow: Readonly<Record<string, string>> = { good: 'true' },
): Record<string, string> => ({
  'hyperion.config.json': JSON.stringify({ checks: { allow } }),
  ...Object.fromEntries(Object.entries(texts).flatMap(([path, one]) => (one === null ? [] : [[path, one]]))),
})

let count = 0

/** A change request that makes one set of texts the other. */
export const making = (fields: RequestFields, from: Texts, to: Texts): Json =>
  request(
    { checks: ['good'], ...fields },
    ...Object.entries(to)
      .filter(([path, text]) => text !== (from[path] ?? null))
      .map(([path, text]) => diffed(path, from[path] ?? null, text)),
  )

/** Queues a change request by the command line, as an agent's. */
export function enqueue(stage: Stage, value: Json): void {
  const file = join(stage.home, `request-${(count += 1)}.json`)
  writeFileSync(file, JSON.stringify(value))
  const { code, stderr } = stage.cli('enqueue', file)
  if (code !== 0) throw new Error(stderr)
}

export function drain(stage: Stage): void {
  stage.cli('worker', '--drain')
}

/** Lands the first and leaves the second in conflict; it is change 2. The repository holds `before` already. */
export function makeConflict(stage: Stage, { before, landed, wanted }: Conflicted): void {
  stage.cli('init')
  const base = stage.repo.git('rev-parse', 'HEAD')
  enqueue(
    stage,
    making({ task: 'REQ-131-2', agent: 'agent-2', metadata: { intent: 'Rename the limit' } }, before, landed),
  )
  drain(stage)
  const late = { task: 'REQ-142-3', agent: 'agent-1', base, metadata: { intent: 'Limit the rate of calls' } }
  enqueue(stage, making(late, before, wanted))
  drain(stage)
}

/** Commits on the target as other hands do, beside the queue; `act` changes the files as they are there. */
export function byHand(stage: Stage, act: (repo: TempRepo) => void): void {
  const { repo } = stage
  const back = repo.git('rev-parse', '--abbrev-ref', 'HEAD')
  repo.git('checkout', '--quiet', '--detach', 'hyperion/main')
  act(repo)
  repo.git('update-ref', 'refs/heads/hyperion/main', repo.commit('by hand'))
  repo.git('checkout', '--quiet', back)
}

/** Leaves change 2 in conflict with what other hands did to the target. */
export function makeConflictByHand(
  stage: Stage,
  before: Texts,
  wanted: Texts,
  act: (repo: TempRepo) => void,
): void {
  stage.cli('init')
  const base = stage.repo.git('rev-parse', 'HEAD')
  enqueue(stage, making({ task: 'REQ-131-2', agent: 'agent-2' }, {}, { 'elsewhere.txt': 'landed\n' }))
  drain(stage)
  byHand(stage, act)
  enqueue(stage, making({ task: 'REQ-142-3', agent: 'agent-1', base }, before, wanted))
  drain(stage)
}

export const targetBytes = (stage: Stage, path: string): Buffer =>
  stage.repo.run(['show', `hyperion/main:${path}`])

export const openReview = async (page: Page, host: string, id = 2): Promise<void> => {
  await page.goto(new URL(`/review/${id}`, host).href)
  await page.getByRole('navigation', { name: 'Files and conflicts' }).waitFor()
}
