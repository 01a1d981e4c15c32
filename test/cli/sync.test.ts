/** `sync` on checkouts with work in them: nothing of the operator's is ever lost. */
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { added, change, deleted, replaced, request, type Json } from '../support/requests.ts'
import { FILES, refuses } from './checkout-support.ts'
import { hyperion, sentence, thingsForEach, type Workspace } from './support.ts'

const { prepared } = thingsForEach()

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
    const edited = `${w.dir}/a.txt has edits that would be lost; commit or stash them; nothing was changed`
    w.repo.write('a.txt', 'edited\n')
    await refuses(w, ['sync'], 1, edited)
    w.repo.git('add', 'a.txt')
    await refuses(w, ['sync'], 1, edited)
    w.repo.git('reset', '--quiet', '--hard')

    w.repo.write('.env', 'SECRET=1\n')
    w.repo.write('build/out.txt', 'mine\n')
    await refuses(
      w,
      ['sync'],
      1,
      /\/\.env is not tracked and would be overwritten \(also in the way: build\/out\.txt\); move/,
    )
    rmSync(join(w.dir, 'build'), { recursive: true })
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
    await refuses(w, ['sync'], 1, /\/\.env\/mine is not tracked and would be overwritten/)
    w.repo.remove('.env')
    await synced(w)
    expect(readFileSync(join(outside, 'kept.txt'), 'utf8')).toBe('kept')
    expect(w.repo.git('status', '--porcelain')).toBe('')
  })

  test('refuses in the middle of a merge, cherry-pick, revert, rebase or bisect', async () => {
    const w = await prepared()
    await land(w, added('new.txt', 'new\n'))
    const head = `${w.repo.head()}\n`
    const said =
      /is in the middle of a (?:merge|cherry-pick|revert|rebase|bisect); finish or abort that first$/
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

  test('an upstream that went its own way waits for its merge, or for one by hand', async () => {
    const w = await prepared()
    await land(w, added('new.txt', 'new\n'))
    w.repo.write('mine.txt', 'mine\n')
    const mine = w.repo.commit('mine')
    const apart = 'main has commits that hyperion/main lacks, so it cannot be fast-forwarded'
    const queued = `${apart}; change 2 is queued to merge them; sync again once it has landed`
    await refuses(w, ['sync'], 3, queued)
    await refuses(w, ['sync'], 3, queued)
    expect((await w.row(2)).task_id).toBe(`upstream-${mine.slice(0, 10)}`)
    await w.ok('worker', '--drain', '--workers', '1')
    expect(await w.ok('sync')).toMatch(/^Moved main and the checkout /)
    expect(w.repo.git('rev-parse', 'hyperion/main^2')).toBe(mine)

    const env = { HYPERION_CONFIG: w.file('alone.json', { landing: { follow: false } }) }
    await land(w, added('second.txt', 'new\n'))
    w.repo.write('more.txt', 'more\n')
    w.repo.commit('more')
    const ran = await hyperion(['sync'], { cwd: w.dir, env })
    expect([ran.code, sentence(ran)]).toEqual([1, `${apart}; merge hyperion/main into it with git`])
    w.repo.git('merge', '--quiet', '--no-edit', 'hyperion/main')
    expect(await w.ok('sync')).toMatch(/^main is up to date at /)
    expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(w.repo.head())
  })

  test('--watch brings what lands as it lands, says once what keeps it, and ends with Ctrl-C', async () => {
    const w = await prepared()
    const watching = w.start('sync', '--watch')
    w.repo.write('new.txt', 'in the way\n')
    await land(w, added('new.txt', 'new\n'))
    await watching.says(/new\.txt is not tracked and would be overwritten/)
    w.repo.remove('new.txt')
    await watching.says(/^Moved main and the checkout/m)
    expect(w.repo.read('new.txt').toString()).toBe('new\n')
    watching.kill('SIGINT')
    const ended = await watching.ended
    expect(ended.code).toBe(130)
    expect(ended.stderr.match(/not tracked/g)?.length).toBe(1)
  })
})
