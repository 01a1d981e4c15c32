/** `apply` on checkouts with work in them: nothing of the operator's is ever lost. */
import { lstatSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { added, deleted, patched, replaced, request, type Json } from '../support/requests.ts'
import { FILES, refuses } from './checkout-support.ts'
import { sentence, thingsForEach, type Workspace } from './support.ts'

const { prepared } = thingsForEach()

describe('apply', () => {
  const apply = (w: Workspace, ...changes: Json[]): string[] => [
    'apply',
    w.file('apply.json', request({ task: 'A-1' }, ...changes)),
  ]
  const fine = added('fine.txt', 'fine\n')

  test('builds on local edits where the patch fits, and keeps what is staged', async () => {
    const w = await prepared()
    w.repo.write('a.txt', 'one\ntwo\nthree\nmine\n')
    w.repo.write('staged.txt', 'staged\n')
    w.repo.git('add', 'staged.txt')
    const args = apply(
      w,
      patched('a.txt', '@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n'),
      replaced('.gitignore', '.env\n'),
    )
    const before = w.repo.git('ls-files', '--stage')
    w.repo.write('.gitignore', '')
    w.repo.git('checkout', '--', 'a.txt')
    w.repo.write('a.txt', 'one\ntwo\nthree\nmine\n')
    await refuses(
      w,
      args,
      3,
      /^\.gitignore is in the checkout but not tracked, so it is left alone; nothing was changed$/,
    )
    w.repo.git('clean', '-fdxq', '.gitignore')
    const only = apply(w, patched('a.txt', '@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n'))
    expect((await w.run(...only)).code).toBe(0)
    expect(w.repo.read('a.txt').toString()).toBe('ONE\ntwo\nthree\nmine\n')
    expect(w.repo.git('ls-files', '--stage')).toBe(before)
  })

  test('refuses, changing nothing, what would lose something', async () => {
    const w = await prepared({ files: { ...FILES, 'folder/inside.txt': 'in\n' } })
    w.repo.write('a.txt', 'edited\n')
    w.repo.write('.env', 'SECRET=1\n')
    w.repo.write('untracked.txt', 'mine\n')
    symlinkSync('src', join(w.dir, 'link'))
    const cases: readonly [Json, RegExp][] = [
      [
        replaced('a.txt', 'new\n'),
        /^a\.txt has local edits that would be lost; commit or stash them; nothing was changed$/,
      ],
      [deleted('a.txt'), /^a\.txt has local edits that would be lost/],
      [patched('a.txt', '@@ -1 +1 @@\n-one\n+ONE\n'), /^a\.txt: /],
      [added('.env', 'SECRET=2\n'), /^\.env exists already in the checkout; nothing was changed$/],
      [replaced('.env', 'SECRET=2\n'), /^\.env is in the checkout but not tracked/],
      [deleted('untracked.txt'), /^untracked\.txt is in the checkout but not tracked/],
      [added('untracked.txt', 'x'), /^untracked\.txt exists already/],
      [replaced('missing.txt', 'x'), /^missing\.txt does not exist in the checkout/],
      [
        added('src/x.txt/y.txt', 'x'),
        /^src\/x\.txt in the checkout is not a plain file or folder on the way to src\/x\.txt\/y\.txt/,
      ],
      [added('folder', 'x'), /^folder in the checkout is not a plain file or folder on the way to folder/],
      [
        added('link/new.txt', 'x'),
        /^link in the checkout is not a plain file or folder on the way to link\/new\.txt/,
      ],
      [replaced('link', 'x'), /^link in the checkout is not a plain file/],
    ]
    // The one that fits comes first: nothing of it may stay.
    for (const [wrong, said] of cases) await refuses(w, apply(w, fine, wrong), 3, said)
    expect(w.repo.read('.env').toString()).toBe('SECRET=1\n')
  })

  test('keeps modes and line endings of the checkout', async () => {
    const w = await prepared({ files: FILES })
    w.repo.write('a.txt', 'one\r\ntwo\r\nthree\r\n')
    const args = apply(
      w,
      patched('a.txt', '@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n'),
      replaced('run.sh', '#!/bin/sh\nexit 0\n'),
      added('new.sh', '#!/bin/sh\n', true),
      deleted('src/x.txt'),
    )
    expect(await w.ok(...args)).toBe('Applied a.txt\nApplied run.sh\nApplied new.sh\nApplied src/x.txt\n')
    expect(w.repo.read('a.txt').toString()).toBe('ONE\r\ntwo\r\nthree\r\n')
    const modes = ['run.sh', 'new.sh', 'a.txt'].map((name) => lstatSync(join(w.dir, name)).mode & 0o777)
    expect(modes).toEqual([0o755, 0o755, 0o644])
    expect(lstatSync(join(w.dir, 'src'), { throwIfNoEntry: false })).toBeUndefined()
  })

  test('leaves a merge in progress as it is', async () => {
    const w = await prepared()
    w.repo.git('checkout', '--quiet', '-b', 'other')
    w.repo.write('a.txt', 'ours\n')
    w.repo.commit('ours')
    w.repo.git('checkout', '--quiet', 'main')
    w.repo.write('a.txt', 'theirs\n')
    w.repo.commit('theirs')
    expect(() => w.repo.git('merge', 'other')).toThrow(/merge/)
    await refuses(w, apply(w, replaced('a.txt', 'mine\n')), 3, /^a\.txt has local edits that would be lost/)
    expect(await w.ok(...apply(w, fine))).toBe('Applied fine.txt\n')
    expect(w.repo.git('status', '--porcelain')).toBe('UU a.txt\n?? fine.txt')
  })

  test.each(['--skip-worktree', '--assume-unchanged'])(
    'edits in files that git was told not to look at (%s) stay',
    async (flag) => {
      const w = await prepared({ files: { ...FILES, 'del.txt': 'del\n' } })
      w.repo.git('update-index', flag, 'a.txt', 'del.txt')
      w.repo.write('a.txt', 'precious\n')
      w.repo.write('del.txt', 'precious\n')
      for (const one of [replaced('a.txt', 'landed\n'), deleted('del.txt')]) {
        await refuses(w, apply(w, fine, one), 3, /has local edits that would be lost/)
      }
      expect([w.repo.read('a.txt').toString(), w.repo.read('del.txt').toString()]).toEqual([
        'precious\n',
        'precious\n',
      ])
    },
  )

  test('a file that a sparse checkout leaves out is not applied to', async () => {
    const w = await prepared({ files: FILES })
    w.repo.git('update-index', '--skip-worktree', 'src/x.txt')
    w.repo.remove('src')
    await refuses(
      w,
      apply(w, fine, replaced('src/x.txt', 'y\n')),
      3,
      /^src\/x\.txt is tracked but not in this checkout/,
    )
    expect(lstatSync(join(w.dir, 'src'), { throwIfNoEntry: false })).toBeUndefined()
  })

  test('failing checks put everything back, and say what they could not', async () => {
    const config = { checks: { allow: { red: 'exit 7', edits: 'echo more >> a.txt; exit 1' } } }
    const w = await prepared({ files: FILES, config })
    const file = (check: string): string =>
      w.file('checked.json', {
        ...request(
          { task: 'A-2' },
          replaced('a.txt', 'new\n'),
          added('deep/er/new.txt', 'x\n'),
          deleted('src/x.txt'),
        ),
        checks: [check],
      })
    await refuses(
      w,
      ['apply', file('red'), '--run-checks'],
      3,
      'the check "red" ended failed (exit code 7); everything was put back',
    )
    await refuses(
      w,
      ['apply', file('unlisted'), '--run-checks'],
      3,
      'the check "unlisted" is not on the allow-list; everything was put back',
    )
    await refuses(
      w,
      ['apply', file('none'), '--run-checks'],
      3,
      'it asks for no check, and --run-checks was given; everything was put back',
    )
    const ran = await w.run('apply', file('edits'), '--run-checks')
    expect([ran.code, sentence(ran)]).toEqual([
      3,
      'the check "edits" ended failed (exit code 1); a.txt changed meanwhile and stayed as it is; everything else was put back',
    ])
    expect(w.repo.read('a.txt').toString()).toBe('new\nmore\n')
    expect(w.repo.git('status', '--porcelain')).toBe(' M a.txt')
  })
})
