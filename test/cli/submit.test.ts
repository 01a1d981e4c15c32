/** `submit`: real worktrees and branches become change requests, and nothing of the operator's is touched. */
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ChangeRequest } from '../../schemas/change-request.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { added, request } from '../support/requests.ts'
import { hyperion, sentence, thingsForEach, type Workspace } from './support.ts'

const { prepared, folder } = thingsForEach()

const FILES = {
  'a.txt': 'one\ntwo\nthree\n',
  'src/b.txt': Array.from({ length: 40 }, (_, n) => `line ${n}\n`).join(''),
  'run.sh': { content: '#!/bin/sh\n', executable: true },
  'old/gone.txt': 'gone\n',
  '.gitignore': 'ignored/\n*.log\n',
}

/** A linked worktree on a branch of its own. */
function linked(
  space: Workspace,
  branch = 'agent/fix',
): { dir: string; write(path: string, text: string): void } {
  const dir = join(dirname(space.dir), `wt-${branch.replaceAll('/', '-')}`)
  space.repo.git('worktree', 'add', '-q', '-b', branch, dir)
  return {
    dir,
    write(path, text) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    },
  }
}

const payload = async (space: Workspace, id = 1): Promise<ChangeRequest> => (await space.row(id)).payload
const commitIn = (space: Workspace, dir: string, message = 'work'): void => {
  space.repo.run(['add', '-A'], { cwd: dir, env: { GIT_DIR: join(dir, '.git'), GIT_WORK_TREE: dir } })
  space.repo.run(['commit', '-qm', message], {
    cwd: dir,
    env: { GIT_DIR: join(dir, '.git'), GIT_WORK_TREE: dir },
  })
}

/** Everything of the repository and a worktree except what Hyperion keeps for itself. */
const untouched = (space: Workspace, dir: string): object => ({
  status: space.repo.run(['status', '--porcelain', '--ignored'], { cwd: dir, env: { GIT_DIR: join(dir, '.git'), GIT_WORK_TREE: dir, GIT_OPTIONAL_LOCKS: '0' } }).toString(), // prettier-ignore
  refs: space.repo.git('for-each-ref'),
  stash: space.repo.git('stash', 'list'),
  reflog: space.repo.git('reflog', '--all'),
  worktree: fingerprint(dir, { times: true }),
  // Git marks an object it would have written as still wanted, by its time.
  git: fingerprint(space.repo.gitDir),
})

test('an empty source is refused: a script that left it unset does not hand in the operator’s checkout', async () => {
  const space = await prepared({ files: FILES })
  space.repo.write('a.txt', 'mine\n')
  const ran = await space.run('submit', '--from', '', '--agent', 'a')
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toContain('not an empty text')
})

test('comes in against what had landed where the target was moved back by hand and nothing lands', async () => {
  const space = await prepared({ files: FILES, config: { approvals: { fromComplexity: null } } })
  const start = space.repo.git('rev-parse', 'hyperion/main')
  await space.enqueue(request({ task: 'LANDED' }, added('landed.txt', 'x\n')))
  expect(await space.run('worker', '--drain', '--workers', '1')).toMatchObject({ code: 0 })
  const left = space.repo.git('rev-parse', 'hyperion/main')
  const work = linked(space)
  space.repo.run(['reset', '--quiet', '--hard', left], {
    cwd: work.dir,
    env: { GIT_DIR: join(work.dir, '.git'), GIT_WORK_TREE: work.dir },
  })
  work.write('mine.txt', 'mine\n')
  space.repo.git('update-ref', 'refs/heads/hyperion/main', start)
  const ran = await space.run('submit', '--from', work.dir, '--agent', 'a')
  expect(ran).toMatchObject({ code: 0, stdout: 'Enqueued change request 2\n' })
  const { changes, base_commit: base } = await payload(space, 2)
  expect([changes.map(({ path }) => path), base]).toEqual([['mine.txt'], left])
})

describe('a worktree', () => {
  test('with all that is in it becomes one change, and stays as it was to the byte', async () => {
    const space = await prepared({ files: FILES, config: { approvals: { fromComplexity: null } } })
    const work = linked(space)
    const base = space.repo.head()
    const b = readFileSync(join(work.dir, 'src/b.txt'), 'utf8')
    work.write('src/b.txt', b.replace('line 1\n', 'first\n').replace('line 38\n', 'last\n'))
    commitIn(space, work.dir, 'Edit both ends')
    work.write('a.txt', 'one\n2\nthree\n')
    work.write('new/deep/file.txt', 'new')
    work.write('new/tool', '#!/bin/sh\n')
    chmodSync(join(work.dir, 'new/tool'), 0o755)
    rmSync(join(work.dir, 'old'), { recursive: true })
    renameSync(join(work.dir, 'run.sh'), join(work.dir, 'go.sh'))
    work.write('ignored/secret.txt', 'no')
    work.write('debug.log', 'no')
    work.write('execution/verification_report.json', '{}')
    work.write('empty.txt', '')
    const before = untouched(space, work.dir)
    const ran = await space.run('submit', '--from', work.dir, '--agent', 'agent-7')
    expect(ran).toMatchObject({ code: 0, stdout: 'Enqueued change request 1\n' })
    expect(ran.stderr).toContain('has uncommitted work, which is included')
    expect(untouched(space, work.dir)).toEqual(before)
    const request = await payload(space)
    expect(request).toMatchObject({ agent: 'agent-7', base_commit: base, checks: ['none'] })
    expect(request.task_id).toMatch(/^agent-fix-[0-9a-f]{10}$/)
    expect(request.metadata).toMatchObject({
      intent: 'Edit both ends',
      complexity: 8,
      telemetry_anchors: [],
      approvals: [],
      agent_model: 'unknown',
    })
    expect(request.metadata?.sample_diff).toContain('+2')
    const shape = request.changes.map(({ path, operation, executable }) => [path, operation, executable])
    expect(shape).toEqual([
      ['a.txt', 'update', undefined],
      ['empty.txt', 'add', undefined],
      ['go.sh', 'add', true],
      ['new/deep/file.txt', 'add', undefined],
      ['new/tool', 'add', true],
      ['old/gone.txt', 'delete', undefined],
      ['run.sh', 'delete', undefined],
      ['src/b.txt', 'update', undefined],
    ])
    // Two hunks, not one around everything between them.
    expect(request.changes.at(-1)?.patch?.match(/^@@/gm)).toHaveLength(2)
    await space.ok('worker', '--drain')
    expect(await space.row(1)).toMatchObject({ status: 'applied' })
    const landed = Object.fromEntries(space.repo.tree('hyperion/main').map(({ path, mode, bytes }) => [path, [mode, bytes.toString()]])) // prettier-ignore
    expect(landed).toMatchObject({
      'a.txt': ['100644', 'one\n2\nthree\n'],
      'new/deep/file.txt': ['100644', 'new'],
      'new/tool': ['100755', '#!/bin/sh\n'],
      'go.sh': ['100755', '#!/bin/sh\n'],
      'empty.txt': ['100644', ''],
    })
    expect(Object.keys(landed)).not.toContain('old/gone.txt')
  })

  test('is the main one as well, staged or not, and the same content again is a duplicate', async () => {
    const space = await prepared({ files: FILES })
    space.repo.write('a.txt', 'one\ntwo\nthree\nfour\n')
    space.repo.git('add', 'a.txt')
    space.repo.write('src/b.txt', 'all new\n')
    space.repo.git('config', 'user.name', 'Ada Lovelace')
    await space.ok('submit', '--from', '.')
    expect(await payload(space)).toMatchObject({
      agent: 'Ada-Lovelace',
      metadata: { intent: 'Work of main' },
    })
    const again = await space.run('submit', '--from', space.dir)
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toMatch(
      /Skipped main-[0-9a-f]{10}: the same change request is change 1 already \(pending\)/,
    )
    expect(await space.list()).toHaveLength(1)
  })

  test('what no change can carry is listed by name, all of it, and nothing is queued', async () => {
    const space = await prepared({ files: { ...FILES, 'link.txt': 'plain\n' } })
    const work = linked(space)
    const write = (path: string, bytes: string | Buffer): void => writeFileSync(join(work.dir, path), bytes)
    symlinkSync('/etc/passwd', join(work.dir, 'passwd'))
    rmSync(join(work.dir, 'link.txt'))
    symlinkSync('a.txt', join(work.dir, 'link.txt'))
    chmodSync(join(work.dir, 'a.txt'), 0o755)
    write('image.png', Buffer.from([1, 0, 2]))
    write('latin.txt', Buffer.from([0xe9, 10]))
    write('lfs.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n')
    write('big.txt', 'x\n'.repeat(600_000))
    write('long.txt', 'x'.repeat(70_000))
    write('huge.bin', Buffer.alloc(17 * 1024 * 1024))
    write('con.txt', 'device\n')
    write(Buffer.from('ok.txt').toString(), 'fine\n')
    const inner = join(work.dir, 'inner')
    mkdirSync(inner)
    space.repo.run(['init', '-q', inner], { env: { GIT_DIR: join(inner, '.git') } })
    writeFileSync(join(inner, 'x'), 'x')
    const ran = await space.run('submit', '--from', work.dir, '--agent', 'a')
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    const named = Object.fromEntries(
      [...ran.stderr.matchAll(/^- (\S+) (.*)$/gm)].map(([, path, why]) => [path, why]),
    )
    expect(Object.keys(named).toSorted()).toEqual(
      ['a.txt', 'big.txt', 'con.txt', 'huge.bin', 'image.png', 'inner/', 'latin.txt', 'lfs.bin', 'link.txt', 'long.txt', 'passwd'].toSorted(), // prettier-ignore
    )
    expect(named['passwd']).toMatch(/symbolic link/)
    expect(named['a.txt']).toMatch(/became executable/)
    expect(named['image.png']).toMatch(/binary/)
    expect(named['lfs.bin']).toMatch(/Git LFS/)
    expect(named['inner/']).toMatch(/repository of its own/)
    expect(ran.stderr).toMatch(/hyperion: .* holds what no change request can carry.*nothing was queued/)
    expect(await space.list()).toEqual([])
  })

  test('a submodule that moved is refused by name', async () => {
    const space = await prepared({ files: FILES })
    const other = await prepared({ init: false })
    const env = { GIT_ALLOW_PROTOCOL: 'file' }
    space.repo.run(['-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', other.dir, 'sub'], { env })
    space.repo.commit('add a submodule')
    const before = await space.run('submit', '--from', 'main', '--agent', 'a', '--base', 'main~1')
    expect(before.stderr).toMatch(/^- sub is a submodule/m)
    const sub = join(space.dir, 'sub')
    space.repo.run(['commit', '-q', '--allow-empty', '-m', 'moved'], { cwd: sub, env: { GIT_DIR: join(space.repo.gitDir, 'modules/sub'), GIT_WORK_TREE: sub } }) // prettier-ignore
    const ran = await space.run('submit', '--from', '.', '--agent', 'a')
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/^- sub is a submodule/m)
    expect(await space.list()).toEqual([])
  })

  test('more files than a change may have', async () => {
    const space = await prepared({ files: FILES })
    for (let n = 0; n < 501; n += 1) space.repo.write(`many/${n}.txt`, `${n}\n`)
    const ran = await space.run('submit', '--from', '.', '--agent', 'a')
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/500 more files are too many; at most 500 are accepted/)
  })

  test('in the middle of a merge, or with unresolved conflicts, it is refused', async () => {
    const space = await prepared({ files: FILES })
    space.repo.git('checkout', '-qb', 'other')
    space.repo.write('a.txt', 'theirs\n')
    space.repo.commit()
    space.repo.git('checkout', '-q', 'main')
    space.repo.write('a.txt', 'ours\n')
    space.repo.commit()
    expect(() => space.repo.git('merge', 'other')).toThrow(/merge/)
    const merging = await space.run('submit', '--from', '.', '--agent', 'a')
    expect(sentence(merging)).toMatch(/is in the middle of a merge; finish or abort it first/)
    rmSync(join(space.repo.gitDir, 'MERGE_HEAD'))
    expect(sentence(await space.run('submit', '--from', '.', '--agent', 'a'))).toMatch(
      /unresolved conflicts in a\.txt/,
    )
  })

  test('a file changed in the tick in which the index was written is seen', async () => {
    const space = await prepared({ files: FILES })
    const index = join(space.repo.gitDir, 'index')
    // Same size, same time as git knows it, and an index that is no younger: only the content tells.
    const at = 1_700_000_000
    utimesSync(join(space.dir, 'a.txt'), at, at)
    space.repo.git('update-index', '--refresh')
    writeFileSync(join(space.dir, 'a.txt'), 'ONE\ntwo\nthree\n')
    utimesSync(join(space.dir, 'a.txt'), at, at)
    utimesSync(index, at, at)
    space.repo.git('config', 'core.trustctime', 'false')
    await space.ok('submit', '--from', '.', '--agent', 'a')
    expect((await payload(space)).changes).toMatchObject([{ path: 'a.txt', operation: 'update' }])
  })

  test('line endings are those a commit would hold; filter programs are not run', async () => {
    const space = await prepared({
      files: {
        ...FILES,
        '.gitattributes': '*.crlf text eol=crlf\n*.enc filter=enc\n',
        'x.crlf': 'one\n',
        'y.enc': 'plain\n',
      },
    })
    const trace = join(folder(), 'ran')
    space.repo.git('config', 'filter.enc.clean', `touch ${trace}; cat`)
    space.repo.git('config', 'filter.enc.required', 'true')
    writeFileSync(join(space.dir, 'x.crlf'), 'one\r\ntwo\r\n')
    await space.ok('submit', '--from', '.', '--agent', 'a')
    const [change] = (await payload(space)).changes
    expect(change).toMatchObject({ path: 'x.crlf', operation: 'update' })
    expect(change?.patch).not.toContain('\r')
    writeFileSync(join(space.dir, 'y.enc'), 'other\n')
    const ran = await space.run('submit', '--from', '.', '--agent', 'a')
    expect(ran.stderr).toMatch(/^- y\.enc is stored through the filter "enc", which is not run here/m)
    expect(() => readFileSync(trace)).toThrow(/ENOENT/)
  })

  test('no hook, file monitor or alias of the repository runs', async () => {
    const space = await prepared({ files: FILES })
    const trace = join(folder(), 'ran')
    for (const hook of ['post-index-change', 'fsmonitor-watchman', 'pre-commit']) {
      mkdirSync(join(space.repo.gitDir, 'hooks'), { recursive: true })
      writeFileSync(join(space.repo.gitDir, 'hooks', hook), `#!/bin/sh\ntouch ${trace}\n`, { mode: 0o755 })
    }
    space.repo.git('config', 'core.fsmonitor', join(space.repo.gitDir, 'hooks/fsmonitor-watchman'))
    space.repo.git('config', 'diff.external', `touch ${trace};`)
    writeFileSync(join(space.dir, 'a.txt'), 'changed\n')
    await space.ok('submit', '--from', '.', '--agent', 'a')
    expect(() => readFileSync(trace)).toThrow(/ENOENT/)
  })

  test('a clone on another branch is submitted with its own commits', async () => {
    const space = await prepared({ files: FILES })
    const clone = join(folder(), 'a clone: "x"')
    space.repo.run(['clone', '-q', space.dir, clone], { env: { GIT_ALLOW_PROTOCOL: 'file' } })
    writeFileSync(join(clone, 'a.txt'), 'cloned\n')
    commitIn(space, clone, 'In a clone')
    writeFileSync(join(clone, 'c.txt'), 'new\n')
    await space.ok('submit', '--from', clone, '--agent', 'a')
    expect(await payload(space)).toMatchObject({
      base_commit: space.repo.head(),
      changes: [{ path: 'a.txt' }, { path: 'c.txt' }],
      metadata: { intent: 'In a clone' },
    })
    await space.ok('worker', '--drain')
    expect(await space.row(1)).toMatchObject({ status: 'applied' })
  })
})

describe('a branch, a tag, a commit', () => {
  test('is what is committed there, with its author as the agent', async () => {
    const space = await prepared({ files: FILES })
    const work = linked(space, 'feature')
    work.write('a.txt', 'committed\n')
    commitIn(space, work.dir, 'One')
    work.write('src/b.txt', 'not committed\n')
    await space.ok('submit', '--from', 'feature')
    expect(await payload(space)).toMatchObject({
      agent: 'Author',
      changes: [{ path: 'a.txt' }],
      metadata: { intent: 'One' },
    })
    space.repo.git('tag', 'v1', 'feature')
    await space.ok('submit', '--from', 'v1', '--task-id', 'TAG-1', '--check', 'none')
    expect(await payload(space, 2)).toMatchObject({ task_id: 'TAG-1', changes: [{ path: 'a.txt' }] })
  })

  test("what upstream has since is nobody's work", async () => {
    const space = await prepared({ files: FILES })
    space.repo.write('operator.txt', 'mine\n')
    const base = space.repo.commit('by the operator')
    const work = linked(space)
    work.write('agent.txt', 'theirs\n')
    await space.ok('submit', '--from', work.dir, '--agent', 'a')
    expect(await payload(space)).toMatchObject({ base_commit: base, changes: [{ path: 'agent.txt' }] })
  })

  test('the same where upstream and the target went different ways', async () => {
    const space = await prepared({ files: FILES })
    space.repo.write('b2.txt', 'x\n')
    await space.ok('submit', '--from', '.', '--agent', 'a')
    rmSync(join(space.dir, 'b2.txt'))
    await space.ok('worker', '--drain')
    space.repo.write('operator.txt', 'mine\n')
    const base = space.repo.commit('by the operator')
    const work = linked(space)
    work.write('agent.txt', 'theirs\n')
    await space.ok('submit', '--from', work.dir, '--agent', 'a')
    // The second row is the merge of what upstream has.
    expect(await payload(space, 3)).toMatchObject({ base_commit: base, changes: [{ path: 'agent.txt' }] })
  })

  test('a folder of the same name wins only if it is a worktree, and that is said', async () => {
    const space = await prepared({ files: FILES })
    space.repo.git('checkout', '-qb', 'src')
    space.repo.write('a.txt', 'branch src\n')
    space.repo.commit('in src')
    space.repo.git('checkout', '-q', 'main')
    await space.ok('submit', '--from', 'src')
    expect((await payload(space)).changes).toMatchObject([{ path: 'a.txt' }])
    space.repo.git('branch', 'wt')
    space.repo.git('worktree', 'add', '-q', '--detach', 'wt', 'main')
    writeFileSync(join(space.dir, 'wt/w.txt'), 'in the worktree\n')
    const ran = await space.run('submit', '--from', 'wt', '--agent', 'a')
    expect(ran.stderr).toMatch(/wt is taken as the worktree .*; refs\/heads\/wt names the branch/)
    expect((await payload(space, 2)).changes).toMatchObject([{ path: 'w.txt' }])
  })

  test('what it cannot be made of is said in one sentence, and nothing is queued', async () => {
    const space = await prepared({ files: FILES })
    space.repo.git('checkout', '-q', '--orphan', 'alone')
    space.repo.commit('no past')
    space.repo.git('checkout', '-qf', 'main')
    space.repo.git('branch', 'same')
    space.repo.git('checkout', '-qb', 'two')
    for (const name of ['Ada', 'Bob']) space.repo.run(['commit', '-q', '--allow-empty', '-m', name], { env: { GIT_AUTHOR_NAME: name } }) // prettier-ignore
    space.repo.write('two.txt', 'x\n')
    space.repo.commit()
    space.repo.git('checkout', '-q', 'main')
    const refusals: [string[], RegExp][] = [
      [['--from', 'nowhere'], /"nowhere" is no commit, branch, tag or worktree here; see `git branch`/],
      [['--from', 'old'], /old is a folder, but not the top of a git worktree; name a branch/],
      [
        ['--from', 'same'],
        /same holds nothing that [0-9a-f]{10}, its base, does not; there is nothing to submit/,
      ],
      [['--from', 'alone'], /alone has no history in common with the target; name .* with --base/],
      [['--from', 'two'], /two has commits of Ada, Bob, Author; name who submits it with --agent/],
      [
        ['--from', 'two', '--base', 'f'.repeat(40)],
        /the base "f+" is no commit of this repository; fetch it first/,
      ],
      [['--from', 'main', '--base', 'two'], /the base "two" \([0-9a-f]{10}\) is not in the history of main/],
      [['--from', 'two', '--agent', 'not an id'], /agent takes an id/],
      [['--from', folder()], /is a folder, but not the top of a git worktree/],
    ]
    for (const [args, said] of refusals) {
      const ran = await hyperion(['submit', ...args], { cwd: space.dir })
      expect(ran.code, args.join(' ')).toBe(1)
      expect(sentence(ran)).toMatch(said)
    }
    expect(await space.list()).toEqual([])
  })
})
