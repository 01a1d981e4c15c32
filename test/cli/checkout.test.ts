/** `apply` and `sync` on checkouts with work in them: nothing of the operator's is ever lost. */
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { fingerprint } from '../support/fingerprint.ts'
import { added, change, deleted, patched, replaced, request, type Json } from '../support/requests.ts'
import { hyperion, sentence, workspace, type Workspace, type WorkspaceOptions } from './support.ts'

const open: Workspace[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.dispose()
})

async function prepared(options?: WorkspaceOptions): Promise<Workspace> {
  const made = await workspace(options)
  open.push(made)
  return made
}

/** The checkout and what git knows of it, without the index's notes of file times. */
const state = (w: Workspace): object => [
  fingerprint(w.dir, { without: ['.git', '.hyperion'] }),
  w.repo.git('ls-files', '--stage'),
  w.repo.git('for-each-ref'),
  w.repo.git('rev-parse', 'HEAD'),
]

async function refuses(
  w: Workspace,
  args: readonly string[],
  code: number,
  said: string | RegExp,
): Promise<void> {
  const before = state(w)
  const ran = await hyperion(args, { cwd: w.dir })
  const found = sentence(ran)
  const fits = typeof said === 'string' ? found === said : said.test(found)
  expect([found, fits, ran.code]).toEqual([found, true, code])
  expect(state(w)).toEqual(before)
}

const FILES = {
  'src/x.txt': 'x\n',
  'run.sh': { content: '#!/bin/sh\n', executable: true },
  '.gitignore': '.env\nbuild/\n',
}

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

describe('sync', () => {
  /** Lands a change request, so that there is something to bring to upstream. */
  async function land(w: Workspace, ...changes: Json[]): Promise<void> {
    await w.enqueue(request({ task: `S-${(await w.list()).length + 1}` }, ...changes))
    const ran = await w.run('worker', '--drain', '--poll-interval-ms', '20', '--workers', '1')
    if (ran.code !== 0) throw new Error(`not landed: ${ran.stderr} ${JSON.stringify(await w.list())}`)
  }
  const synced = async (w: Workspace): Promise<void> => {
    await w.ok('sync')
    expect(w.repo.git('rev-parse', 'main')).toBe(w.repo.git('rev-parse', 'hyperion/main'))
  }

  test('keeps unrelated edits, staged changes, untracked and ignored files', async () => {
    const w = await prepared({ files: FILES })
    await land(w, replaced('a.txt', 'landed\n'), added('new.txt', 'new\n'), deleted('run.sh'))
    w.repo.write('src/x.txt', 'edited\n')
    w.repo.write('staged.txt', 'staged\n')
    w.repo.git('add', 'staged.txt')
    w.repo.write('untracked.txt', 'mine\n')
    w.repo.write('.env', 'SECRET=1\n')
    await synced(w)
    expect(w.repo.git('status', '--porcelain')).toBe(' M src/x.txt\nA  staged.txt\n?? untracked.txt')
    expect(w.repo.read('.env').toString()).toBe('SECRET=1\n')
    expect(w.repo.read('a.txt').toString()).toBe('landed\n')
    expect(w.repo.git('reflog', '-1', '--format=%gs')).toBe('hyperion: sync')
  })

  test('refuses, changing nothing, what would be lost', async () => {
    const w = await prepared({ files: { ...FILES, 'was-file': 'file\n' } })
    await land(
      w,
      replaced('a.txt', 'landed\n'),
      added('.env', 'SECRET=landed\n'),
      added('build/out.txt', 'x\n'),
      deleted('was-file'),
    )
    await land(w, added('was-file/now-folder.txt', 'x\n'))
    const edited =
      /^\/.* has edits that would be lost: Entry 'a\.txt' not uptodate\. Cannot merge\.; commit or stash them; nothing was changed$/
    w.repo.write('a.txt', 'edited\n')
    await refuses(w, ['sync'], 1, edited)
    w.repo.git('add', 'a.txt')
    await refuses(w, ['sync'], 1, /would be lost: Entry 'a\.txt' would be overwritten by merge/)
    w.repo.git('reset', '--quiet', '--hard')

    w.repo.write('.env', 'SECRET=1\n')
    await refuses(
      w,
      ['sync'],
      1,
      `${w.dir}/.env is not tracked and would be overwritten; move it away; nothing was changed`,
    )
    w.repo.remove('.env')
    // A file or a link of the operator's where a folder has to be.
    w.repo.write('build', 'mine\n')
    await refuses(
      w,
      ['sync'],
      1,
      `${w.dir}/build is not tracked and would be overwritten; move it away; nothing was changed`,
    )
    w.repo.remove('build')
    const outside = dirname(w.file('outside/kept.txt', 'kept'))
    symlinkSync(outside, join(w.dir, 'build'))
    await refuses(w, ['sync'], 1, /\/build is not tracked and would be overwritten/)
    w.repo.remove('build')
    // And a folder where a file has to be.
    mkdirSync(join(w.dir, '.env'))
    writeFileSync(join(w.dir, '.env/mine'), 'mine')
    await refuses(w, ['sync'], 1, /\/\.env is not tracked and would be overwritten/)
    w.repo.remove('.env')
    await synced(w)
    expect(readFileSync(join(outside, 'kept.txt'), 'utf8')).toBe('kept')
    expect(w.repo.git('status', '--porcelain')).toBe('')
  })

  test('refuses in the middle of a merge, cherry-pick, revert, rebase or bisect', async () => {
    const w = await prepared()
    await land(w, added('new.txt', 'new\n'))
    const head = `${w.repo.head()}\n`
    const said = /is in the middle of a merge, rebase or the like \(.*\); finish or abort that first$/
    const marks = { MERGE_HEAD: head, CHERRY_PICK_HEAD: head, REVERT_HEAD: head, BISECT_LOG: '' }
    for (const [mark, text] of Object.entries(marks)) {
      writeFileSync(join(w.repo.gitDir, mark), text)
      await refuses(w, ['sync'], 1, said)
      rmSync(join(w.repo.gitDir, mark))
    }
    // In a rebase HEAD is detached, and the branch is moved when it ends.
    mkdirSync(join(w.repo.gitDir, 'rebase-merge'))
    writeFileSync(join(w.repo.gitDir, 'rebase-merge/head-name'), 'refs/heads/main\n')
    w.repo.git('checkout', '--quiet', '--detach')
    await refuses(w, ['sync'], 1, said)
    expect(lstatSync(join(w.dir, 'new.txt'), { throwIfNoEntry: false })).toBeUndefined()
  })

  test('refuses while another git has the index, with exit code 4', async () => {
    const w = await prepared()
    await land(w, added('new.txt', 'new\n'))
    writeFileSync(join(w.repo.gitDir, 'index.lock'), '')
    await refuses(
      w,
      ['sync'],
      4,
      /is locked by another git \(.*index\.lock\); wait for it, or remove the file if no git runs$/,
    )
    rmSync(join(w.repo.gitDir, 'index.lock'))
    await synced(w)
    expect(w.repo.read('new.txt').toString()).toBe('new\n')
  })

  test('converts line endings as the checkout wants them, and keeps executables', async () => {
    const w = await prepared({ files: FILES })
    w.repo.git('config', 'core.autocrlf', 'true')
    await land(w, replaced('a.txt', 'landed\nlines\n'), added('tool.sh', '#!/bin/sh\n', true))
    await synced(w)
    expect(w.repo.read('a.txt').toString()).toBe('landed\r\nlines\r\n')
    expect(lstatSync(join(w.dir, 'tool.sh')).mode & 0o111).toBe(0o111)
    expect(w.repo.git('status', '--porcelain')).toBe('')
  })

  test('runs no hook of the repository', async () => {
    const w = await prepared()
    const hook = join(w.repo.gitDir, 'hooks/post-checkout')
    for (const name of ['post-checkout', 'reference-transaction', 'post-merge', 'post-index-change']) {
      writeFileSync(join(dirname(hook), name), `#!/bin/sh\ntouch ${join(w.dir, 'hooked')}\n`)
      chmodSync(join(dirname(hook), name), 0o755)
    }
    await land(w, added('new.txt', 'new\n'))
    await synced(w)
    expect(lstatSync(join(w.dir, 'hooked'), { throwIfNoEntry: false })).toBeUndefined()
  })

  test('an upstream checked out nowhere only moves; one in another worktree moves with its files', async () => {
    const w = await prepared()
    await land(w, added('new.txt', 'new\n'))
    w.repo.git('checkout', '--quiet', '-b', 'elsewhere')
    expect(await w.ok('sync')).toMatch(/^Moved main from [0-9a-f]{10} to [0-9a-f]{10}\n$/)
    expect(lstatSync(join(w.dir, 'new.txt'), { throwIfNoEntry: false })).toBeUndefined()

    const linked = join(dirname(w.dir), 'linked worktree')
    w.repo.git('worktree', 'add', '--quiet', linked, 'main')
    await land(w, added('second.txt', '2\n'))
    expect(await w.ok('sync')).toContain(`and the checkout ${linked} from`)
    expect(readFileSync(join(linked, 'second.txt'), 'utf8')).toBe('2\n')
    expect(w.repo.run(['status', '--porcelain'], { cwd: linked }).toString()).toBe('')

    await land(w, added('third.txt', '3\n'))
    w.repo.git('worktree', 'lock', linked)
    rmSync(linked, { recursive: true })
    await refuses(
      w,
      ['sync'],
      1,
      `the folder of ${linked} does not exist; run \`hyperion sync\` inside it, or \`git worktree prune\` if it is gone`,
    )
  })

  test('a bare repository with worktrees, and a git directory elsewhere, are synced where their files are', async () => {
    const w = await prepared({ init: false })
    const root = dirname(w.dir)
    const bare = join(root, 'bare.git')
    w.repo.run(['clone', '--quiet', '--bare', w.dir, bare], { cwd: root })
    const linked = join(root, 'tree')
    w.repo.run(['worktree', 'add', '--quiet', linked, 'main'], { cwd: bare })
    const apart = join(root, 'apart')
    w.repo.run(['clone', '--quiet', '--separate-git-dir', join(root, 'apart-git'), w.dir, apart], {
      cwd: root,
    })
    const file = w.file('one.json', change({ task: 'T-1', path: 'new.txt', add: 'new\n' }))
    for (const cwd of [linked, apart]) {
      for (const args of [['enqueue', file], ['worker', '--drain'], ['sync']])
        expect([cwd, args, await hyperion(args, { cwd })]).toMatchObject([cwd, args, { code: 0 }])
      expect(readFileSync(join(cwd, 'new.txt'), 'utf8')).toBe('new\n')
      expect(w.repo.run(['status', '--porcelain'], { cwd }).toString()).toBe('')
    }
    expect(lstatSync(join(root, 'new.txt'), { throwIfNoEntry: false })).toBeUndefined()

    // From another worktree nobody can say which folder belongs to the git directory that lies elsewhere.
    const beside = join(root, 'beside')
    w.repo.run(['worktree', 'add', '--quiet', '-b', 'side', beside], { cwd: apart })
    const env = { HYPERION_CONFIG: w.file('main.json', { landing: { upstream: 'main', target: 'other' } }) }
    const second = w.file('two.json', change({ task: 'T-2', path: 'two.txt', add: '2\n' }))
    for (const args of [
      ['enqueue', second],
      ['worker', '--drain'],
    ])
      expect(await hyperion(args, { cwd: beside, env })).toMatchObject({ code: 0 })
    const ran = await hyperion(['sync'], { cwd: beside, env })
    expect([ran.code, sentence(ran)]).toEqual([
      1,
      `the folder of the checkout of ${join(root, 'apart-git')} is not known here; run \`hyperion sync\` inside it, or \`git worktree prune\` if it is gone`,
    ])
    expect(lstatSync(join(root, 'two.txt'), { throwIfNoEntry: false })).toBeUndefined()
  })

  test('an upstream that went its own way is refused', async () => {
    const w = await prepared()
    await land(w, added('new.txt', 'new\n'))
    w.repo.write('mine.txt', 'mine\n')
    w.repo.commit('mine')
    await refuses(
      w,
      ['sync'],
      1,
      'main has commits that hyperion/main lacks, so it cannot be fast-forwarded; merge hyperion/main into it with git; the target then follows by itself',
    )
    w.repo.git('merge', '--quiet', '--no-edit', 'hyperion/main')
    expect(await w.ok('sync')).toMatch(/^main is up to date at /)
    expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(w.repo.head())
  })
})
