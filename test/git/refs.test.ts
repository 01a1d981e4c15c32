/** The move of a ref: whoever dies in the middle of it has not moved it, and nobody waits for the dead. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAlive, type ProcessIdentity } from '../../main/engine/base/process.ts'
import { isAncestor, openRefUpdater, type RefUpdater } from '../../main/engine/git/refs.ts'
import { tempRepo, type TempRepo } from '../support/temp-repo.ts'

const REF = 'refs/heads/hyperion/main'
let repo: TempRepo
let refs: RefUpdater
let from: string
let to: string

beforeEach(() => {
  repo = tempRepo({ files: { 'a.txt': 'a\n' } })
  from = repo.head()
  repo.git('update-ref', REF, from)
  to = repo.commit('next')
  refs = openRefUpdater(repo.gitDir, 'test')
})
afterEach(() => {
  refs.close()
  repo.dispose()
})

const lock = (): string => `${join(repo.gitDir, REF)}.lock`
const tip = (): string => repo.git('rev-parse', REF)

/** Ends a git process and waits until its end is known here. */
async function end(git: ProcessIdentity): Promise<void> {
  process.kill(git.pid, 'SIGKILL')
  while (isAlive(git)) await new Promise((resolve) => setImmediate(resolve))
}

test('moves the ref when told to, again and again, by one process', async () => {
  const git = refs.identity()
  expect(await refs.prepare(git, REF, to, from)).toEqual({ kind: 'prepared' })
  expect(tip()).toBe(from)
  expect(existsSync(lock())).toBe(true)
  await refs.commit(REF)
  expect(tip()).toBe(to)
  expect(await refs.prepare(git, REF, from, to)).toEqual({ kind: 'prepared' })
  await refs.abort()
  expect(existsSync(lock())).toBe(false)
  expect(tip()).toBe(to)
  expect(refs.identity()).toEqual(git)
})

test('says that the ref is elsewhere, or locked by somebody else', async () => {
  expect(await refs.prepare(refs.identity(), REF, from, to)).toEqual({ kind: 'moved' })
  writeFileSync(lock(), '')
  expect(await refs.prepare(refs.identity(), REF, to, from)).toEqual({ kind: 'locked', file: lock() })
})

test('never takes another process than the one named', async () => {
  const git = refs.identity()
  await end(git)
  expect(await refs.prepare(git, REF, to, from)).toEqual({ kind: 'ended' })
  const next = refs.identity()
  expect(next).not.toEqual(git)
  expect(await refs.prepare(git, REF, to, from)).toEqual({ kind: 'ended' })
  expect(await refs.prepare(next, REF, to, from)).toEqual({ kind: 'prepared' })
  await refs.abort()
})

test('does not take the death of the git that holds the lock for a move', async () => {
  const git = refs.identity()
  await refs.prepare(git, REF, to, from)
  await end(git)
  await expect(refs.commit(REF)).rejects.toMatchObject({ code: 'landing_unknown' })
  expect(tip()).toBe(from)
  // What it left is for those to remove who know whose it is.
  expect(existsSync(lock())).toBe(true)
  await refs.abort()
})

test('ends a git that does not answer', async () => {
  refs.close()
  refs = openRefUpdater(repo.gitDir, 'test', 50)
  const first = refs.identity()
  process.kill(first.pid, 'SIGSTOP')
  expect(await refs.prepare(first, REF, to, from)).toEqual({ kind: 'ended' })
  expect(isAlive(first)).toBe(false)
  expect(tip()).toBe(from)
})

test('gives the lock back when its owner closes', async () => {
  const git = refs.identity()
  await refs.prepare(git, REF, to, from)
  refs.close()
  while (isAlive(git)) await new Promise((resolve) => setImmediate(resolve))
  expect(existsSync(lock())).toBe(false)
  expect(tip()).toBe(from)
})

test('asks whether a commit is in another: an unknown one is not, a broken history is no answer', async () => {
  const git = { gitDir: repo.gitDir }
  expect(await isAncestor(git, from, to)).toBe(true)
  expect(await isAncestor(git, to, from)).toBe(false)
  expect(await isAncestor(git, 'f'.repeat(40), to)).toBe(false)
  await expect(isAncestor(git, from, 'f'.repeat(40))).rejects.toMatchObject({ kind: 'transient' })
})
