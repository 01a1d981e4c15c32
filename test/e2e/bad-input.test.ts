/** Workspaces that cannot be opened, or go away: the app says what is wrong and what to do, and goes on. */
import { chownSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { MIGRATIONS, openDatabase } from '../../main/engine/store/database.ts'
import { mountReadOnly, NO_MOUNTS } from '../support/mounts.ts'
import { tempRepo, type TempRepoOptions } from '../support/temp-repo.ts'
import { findingsInBothThemes } from './findings.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { CONFIG, WRONG_CONFIGS } from './wrong-configs.ts'

const openStage = stagesInOneBrowser()

/** A bound for each test, most of whose time is axe's. */
const PATIENCE_MS = 180_000
const START: TempRepoOptions = { files: { 'a.txt': 'one\n' } }

let stage: Stage | null = null
const undo: (() => void)[] = []
afterEach(async () => {
  for (const back of undo.splice(0)) back()
  await stage?.dispose()
  stage = null
})

const queueOf = (on: Stage): string => join(on.repo.dir, '.hyperion/hyperion.db')

interface Trouble {
  name: string
  start?: TempRepoOptions
  /** Does it, and returns how to mend it; null where that cannot be done here. */
  make(on: Stage): (() => void) | null
  says: RegExp
  remedy: RegExp
  rootOnly?: boolean
}

function away(path: string): () => void {
  const aside = `${path}-away`
  renameSync(path, aside)
  return () => renameSync(aside, path)
}

/** Mounts a folder read-only until the test has ended. */
function readOnly(folder: string): (() => void) | null {
  const mount = mountReadOnly(folder)
  if (mount !== null) undo.push(() => mount.end())
  return mount === null ? null : () => mount.mend()
}

function owner(on: Stage, uid: number): void {
  for (const path of [on.repo.dir, on.repo.gitDir]) chownSync(path, uid, uid)
}

const TROUBLES: readonly Trouble[] = [
  {
    name: 'a folder that is no repository',
    make: ({ repo }) => {
      rmSync(repo.gitDir, { recursive: true })
      return () => {
        repo.git('init', '--quiet')
        repo.commit()
      }
    },
    says: /is not in a git repository/,
    remedy: /run `git init` there/,
  },
  {
    name: 'a folder that is not there',
    make: ({ repo }) => away(repo.dir),
    says: /there is no folder/,
    remedy: /name the repository/,
  },
  {
    name: 'a repository without a commit',
    start: {},
    make:
      ({ repo }) =>
      () =>
        void repo.commit(),
    says: /has no commits yet/,
    remedy: /make a first commit/,
  },
  {
    name: 'a repository of somebody else',
    rootOnly: true,
    make: (on) => {
      owner(on, 4321)
      return () => owner(on, 0)
    },
    says: /belongs to somebody else/,
    remedy: /git config --global --add safe\.directory \/\S+\/work` and try again/,
  },
  {
    name: 'a locked database',
    make: (on) => {
      on.cli('init')
      const db = openDatabase(queueOf(on))
      db.pragma('locking_mode = EXCLUSIVE')
      db.exec('BEGIN EXCLUSIVE')
      undo.push(() => db.close())
      return () => {
        db.exec('COMMIT')
        db.pragma('locking_mode = NORMAL')
        // The lock itself goes with the next reading.
        db.pragma('user_version')
      }
    },
    says: /another program holds the queue/,
    remedy: /wait until it is done, or end it, and try again/,
  },
  {
    name: 'a repository on a read-only disk',
    make: ({ repo }) => readOnly(repo.dir),
    says: /the repository \S+\/\.git cannot be written/,
    remedy: /make it writable for this user; nothing was changed/,
  },
  {
    name: 'a workspace whose disk became read-only',
    make: (on) => {
      on.cli('init')
      return readOnly(on.repo.dir)
    },
    says: /the queue \S+\/hyperion\.db cannot be written/,
    remedy: /make the file and its folder writable/,
  },
  {
    name: 'a newer database',
    make: (on) => {
      on.cli('init')
      const db = openDatabase(queueOf(on))
      undo.push(() => db.close())
      db.pragma(`user_version = ${MIGRATIONS.length + 7}`)
      return () => void db.pragma(`user_version = ${MIGRATIONS.length}`)
    },
    says: /was written by a newer version/,
    remedy: /use the newer Hyperion; nothing was changed/,
  },
  {
    name: 'a file that is no database',
    make: (on) => {
      on.cli('init')
      writeFileSync(queueOf(on), 'this is no database, whatever its name says; '.repeat(40))
      return () => rmSync(queueOf(on))
    },
    says: /is damaged/,
    remedy: /restore it from a backup/,
  },
  ...WRONG_CONFIGS.map(({ name, text, says }) => ({
    name: `a configuration with ${name}`,
    make: (on: Stage) => {
      on.repo.write(CONFIG, text)
      return () => on.repo.write(CONFIG, '{}\n')
    },
    says,
    remedy: /correct it; nothing lands until then/,
  })),
]

/** The healthy app on an open workspace. */
const isWell = (page: Page): Promise<void> => page.getByText('Healthy: nothing queued').waitFor()

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  describe('cannot be opened:', { timeout: PATIENCE_MS }, () => {
    test.for(TROUBLES)('$name', async ({ start, make, says, remedy, rootOnly }, context) => {
      if (rootOnly === true && process.getuid?.() !== 0)
        return context.skip('only root can give a repository away')
      stage = await openStage(start ?? START)
      const mend = make(stage)
      if (mend === null) return context.skip(NO_MOUNTS)
      const { url } = await stage.serve(true)
      const page = await stage.tab(url)
      const alert = page.getByRole('alert')
      await alert.getByText(/was not opened/).waitFor()
      await alert.getByText(says).waitFor()
      await alert.getByText(remedy).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      // It stays usable.
      await page.getByRole('button', { name: 'Settings' }).click()
      await page.getByText('Dark', { exact: true }).click()
      await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
      await page.getByRole('button', { name: 'Back' }).click()
      mend()
      await alert.getByRole('button', { name: 'Try again' }).click()
      await isWell(page)
      expect(stage.complaints).toEqual([])
    })

    test('and another one is opened instead', async () => {
      stage = await openStage(START)
      stage.repo.write(CONFIG, '{ broken')
      const other = tempRepo(START)
      undo.push(() => other.dispose())
      const { url } = await stage.serve(true)
      const page = await stage.tab(url)
      await page.getByText(/was not opened/).waitFor()
      await page.getByLabel('Folder of the repository').fill(stage.home)
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByText('It cannot be opened').waitFor()
      await page.getByLabel('Folder of the repository').fill(other.dir)
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByRole('heading', { name: 'What will happen' }).waitFor()
      // What was wrong with the first one is not said of this one.
      expect(await page.getByRole('alert').count()).toBe(0)
      await page.getByRole('button', { name: 'Open as a workspace' }).click()
      await isWell(page)
      expect(stage.complaints).toEqual([])
    })
  })

  describe('goes away while it is open:', { timeout: PATIENCE_MS }, () => {
    test.each([
      { name: 'its folder', path: (on: Stage) => on.repo.dir, says: /the folder \S+ is not there any more/ },
      {
        name: 'its repository',
        path: (on: Stage) => on.repo.gitDir,
        says: /the repository \S+ is not there any more/,
      },
      { name: 'its queue', path: queueOf, says: /the queue \S+ is not there any more/ },
    ])('$name', async ({ path, says }) => {
      stage = await openStage(START)
      const { url } = await stage.serve(true)
      const page = await stage.tab(url)
      const second = await stage.tab(new URL('/queue', url).href)
      await isWell(page)
      const back = away(path(stage))
      for (const tab of [page, second]) {
        const alert = tab.getByRole('alert')
        await alert.getByText(/was closed/).waitFor()
        await alert.getByText(says).waitFor()
      }
      expect(await page.getByText('Healthy').count()).toBe(0)
      expect(await findingsInBothThemes(page)).toEqual([])
      back()
      await page.getByRole('button', { name: 'Try again' }).click()
      await isWell(page)
      await second.getByText('Live', { exact: true }).waitFor()
      expect(stage.complaints).toEqual([])
    })
  })
})
