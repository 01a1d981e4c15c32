import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workspaceFingerprint } from '../support/fingerprint.ts'
import { added, deleted, diffed, replaced, request, type Json } from '../support/requests.ts'
import type { TempRepo } from '../support/temp-repo.ts'
import { withBench, type Workbench } from '../support/workbench.ts'

const lines = (name: string): string =>
  Array.from({ length: 20 }, (_, index) => `${name} ${index}\n`).join('')
const TRACKED = [
  'edited.txt',
  'staged.txt',
  'both.txt',
  'gone.txt',
  'staged-gone.txt',
  'clean.txt',
  'deep/er/file.txt',
]

/** A checkout in the middle of somebody's work. */
function busy(repo: TempRepo): void {
  repo.write('.gitignore', '.env\nbuild/\n')
  repo.commit('ignores')
  repo.write('edited.txt', `${lines('edited.txt')}local\n`)
  repo.write('staged.txt', `${lines('staged.txt')}staged\n`)
  repo.git('add', 'staged.txt')
  repo.write('both.txt', `${lines('both.txt')}staged\n`)
  repo.git('add', 'both.txt')
  repo.write('both.txt', `${lines('both.txt')}staged\nand edited\n`)
  repo.write('staged-new.txt', 'staged and new\n')
  repo.git('add', 'staged-new.txt')
  repo.git('rm', '--quiet', 'staged-gone.txt')
  repo.remove('gone.txt')
  repo.write('untracked.txt', 'untracked\n')
  repo.write('.env', 'SECRET=of the operator\n')
  repo.write('build/out.js', 'built\n')
  repo.write('script.sh', { content: '#!/bin/sh\n', executable: true })
  symlinkSync('untracked.txt', join(repo.dir, 'link'))
  mkdirSync(join(repo.dir, 'empty folder'))
  repo.git('stash', 'create')
  repo.git('config', 'rerere.enabled', 'true')
}

/** Fifty changes that touch, add or delete everything the checkout has edited, staged, untracked or ignored. */
function changes(base: string): Json[] {
  const targeted = [
    ...TRACKED.filter((path) => path !== 'staged-gone.txt').map((path) =>
      replaced(path, `${lines(path)}landed\n`),
    ),
    deleted('staged-gone.txt'),
    added('untracked.txt', 'landed\n'),
    added('.env', 'landed\n'),
    added('build/out.js', 'landed\n'),
    added('staged-new.txt', 'landed\n'),
    added('script.sh', 'landed\n'),
    added('link', 'landed\n'),
    added('empty folder/file.txt', 'landed\n'),
  ]
  const more = Array.from({ length: 50 - targeted.length }, (_, index) => {
    const old = lines('clean.txt')
    const at = `clean.txt ${(index * 2) % 20}\n`
    const edit = diffed('clean.txt', old, old.replace(at, `landed at ${at}`))
    return index < 10 ? edit : added(`new/${index}.txt`, 'landed\n')
  })
  return [
    ...targeted
      .filter((one) => one['path'] !== 'clean.txt')
      .map((one, index) => request({ task: `T-${index}`, base }, one)),
    ...more.map((one, index) => request({ task: `M-${index}`, base }, one)),
    request({ task: 'LAST', base }, added('last.txt', 'landed\n')),
  ]
}

test.each([
  ['in this process', (bench: Workbench) => bench.drain()],
  ['by two worker processes', (bench: Workbench) => bench.workers(2)],
])(
  'fifty changes landed %s leave a checkout with work in it as it was: files, times, index, settings',
  (_, work) =>
    withBench(
      {
        files: Object.fromEntries(TRACKED.map((path) => [path, lines(path)])),
        before: busy,
      },
      async (bench) => {
        const ours = [
          '.git/objects',
          '.git/refs/heads/hyperion',
          '.git/logs/refs/heads/hyperion',
          'execution',
        ]
        const before = workspaceFingerprint(bench.dir, ours)
        const status = bench.repo.git('--no-optional-locks', 'status', '--porcelain', '--ignored')
        const requests = changes(bench.base)
        expect(requests.length).toBe(50)
        await bench.enqueue(...requests)
        await work(bench)
        expect(bench.engine.list({}).map(({ status: s, last_error }) => [s, last_error])).toEqual(
          requests.map(() => ['applied', null]),
        )
        expect(bench.landed().length).toBe(50)
        expect(workspaceFingerprint(bench.dir, ours)).toEqual(before)
        const now = bench.repo.git('--no-optional-locks', 'status', '--porcelain', '--ignored')
        // The reports are written where git does not look.
        expect(now.replace('\n!! execution/', '')).toBe(status)
        expect(bench.text('.env')).toBe('landed\n')
        expect(bench.repo.git('for-each-ref', '--format=%(refname)')).toBe(
          'refs/heads/hyperion/main\nrefs/heads/main',
        )
      },
    ),
)
