/** Stages of one test file: they share a browser, and nothing else. */
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll } from 'vitest'
import { openDatabase, type Database } from '../../main/engine/store/database.ts'
import type { TempRepoOptions } from '../support/temp-repo.ts'
import { launchBrowser, openStage, type Stage } from './support.ts'

/** Opens stages in one browser, which ends with the file; each has cookies, storage and windows of its own. */
export function stagesInOneBrowser(): (options?: TempRepoOptions) => Promise<Stage> {
  let launched: Promise<Browser> | null = null
  const browser = (): Promise<Browser> => (launched ??= launchBrowser())
  afterAll(async () => {
    await (await launched)?.close()
  })
  return (options = {}) => openStage({ ...options, browser })
}

/** A connection of another process to a stage's queue, which has to be there. */
export const queueOf = (stage: Stage): Database =>
  openDatabase(join(stage.repo.dir, '.hyperion/hyperion.db'), { mustExist: true })

export interface ChangeNow {
  status: string
  attempts_made: number
}

/** The changes of a stage's queue by their numbers from 1: what the command line would say of each, in one look. */
export function changesOf(stage: Stage): ChangeNow[] {
  const db = queueOf(stage)
  try {
    return db
      .sql<ChangeNow>(
        `SELECT status, (SELECT count(*) FROM change_attempts WHERE change_id = change_queue.id) AS attempts_made
         FROM change_queue ORDER BY id`,
      )
      .all()
  } finally {
    db.close()
  }
}
