import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify, isAlive } from '../../main/engine/base/process.ts'
import { openSlot, type CheckSlot, type SlotRequest } from '../../main/engine/checks/worktrees.ts'
import { appears, area, clock, git, repository, sh, snapshot, type Area, type TestRepo } from './support.ts'

let place: Area
let repo: TestRepo
let opened: CheckSlot[] = []

beforeEach(() => {
  place = area()
  repo = repository(place, 'repo')
})
afterEach(async () => {
  for (const slot of opened) await slot.release()
  opened = []
  await place.remove()
})

async function open(extra: Partial<SlotRequest> = {}): Promise<CheckSlot> {
  const request = { cacheDir: place.path('cache'), slot: 1, objectsDir: repo.objectsDir, ...extra }
  const slot = await openSlot(request, { clock, git })
  opened.push(slot)
  return slot
}

const inRepo = (file: string, content: string | Buffer, mode?: number): string =>
  place.write(path.join('repo', file), content, mode)

describe('a slot', () => {
  it('holds exactly the tree, whatever attributes and line endings the tree asks for', async () => {
    inRepo(
      '.gitattributes',
      '*.txt text eol=crlf ident\n*.bin filter=evil\n*.u16 working-tree-encoding=UTF-16\n',
    )
    inRepo('lf.txt', 'a\n$Id$\n')
    inRepo('crlf.txt', 'a\r\nb\r\n')
    inRepo('x.bin', Buffer.from([0, 255, 13, 10]))
    inRepo('dir/no-newline', 'x')
    inRepo('naïve/ü', 'x\n')
    inRepo('run.sh', '#!/bin/sh\n', 0o755)
    symlinkSync('run.sh', place.path('repo/link'))
    sh(repo.folder, 'printf "* -text !eol !filter -ident\\n" >.git/info/attributes')
    const { commit, tree } = repo.commit()
    const slot = await open()
    const made = await slot.checkout(tree, commit)
    expect(snapshot(slot.tree)).toEqual(snapshot(repo.folder))
    expect(lstatSync(path.join(slot.tree, 'run.sh')).mode & 0o111).not.toBe(0)
    expect(lstatSync(path.join(slot.tree, 'link')).isSymbolicLink()).toBe(true)
    expect(sh(slot.tree, 'git status --porcelain --ignored')).toBe('')
    expect(sh(slot.tree, 'git rev-parse HEAD HEAD^ HEAD^{tree}').split('\n')).toEqual([made, commit, tree])
  })

  it('moves from tree to tree and back: files, folders and links that change places', async () => {
    const states: { tree: string; commit: string; files: Record<string, string> }[] = []
    const remember = (): void => {
      states.push({ ...repo.commit(), files: snapshot(repo.folder) })
    }
    inRepo('a', 'file\n')
    inRepo('d/one', '1\n')
    inRepo('d/two', '2\n')
    remember()
    rmSync(place.path('repo/a'))
    inRepo('a/now/a/folder', 'x\n')
    rmSync(place.path('repo/d'), { recursive: true })
    symlinkSync('a', place.path('repo/d'))
    remember()
    rmSync(place.path('repo/a'), { recursive: true })
    symlinkSync('/', place.path('repo/a'))
    rmSync(place.path('repo/d'))
    inRepo('d', 'file\n')
    remember()
    const slot = await open()
    for (const n of [0, 1, 2, 0, 2, 1, 0]) {
      const state = states[n]
      if (state === undefined) throw new Error('no such state')
      await slot.checkout(state.tree, state.commit)
      expect(snapshot(slot.tree)).toEqual(state.files)
    }
  })

  it('leaves no trace in the operator’s repository', async () => {
    inRepo('a', '1\n')
    const { commit, tree } = repo.commit()
    const before = sh(place.root, 'find repo -print0 | sort -z | xargs -0 ls -ldn --time-style=full-iso')
    const slot = await open()
    await slot.checkout(tree, commit)
    expect(sh(repo.folder, 'git worktree list').split('\n')).toHaveLength(1)
    expect(sh(place.root, 'find repo -print0 | sort -z | xargs -0 ls -ldn --time-style=full-iso')).toBe(
      before,
    )
  })

  it('works for a repository of SHA-256 objects', async () => {
    repo = repository(place, 'wide', 'sha256')
    place.write('wide/a', '1\n')
    const { commit, tree } = repo.commit()
    const slot = await open({ objectFormat: 'sha256' })
    expect(await slot.checkout(tree, commit)).toMatch(/^[0-9a-f]{64}$/)
    expect(snapshot(slot.tree)).toEqual({ a: '1\n' })
  })

  it('runs no hook and no filter, neither of the tree nor of the slot', async () => {
    const proof = place.path('ran')
    for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'pre-commit']) {
      inRepo(`.husky/${hook}`, `#!/bin/sh\necho ${hook} >>${proof}\n`, 0o755)
    }
    inRepo('.gitattributes', '* filter=evil\n')
    const { commit, tree } = repo.commit()
    const slot = await open()
    await slot.checkout(tree, commit)
    const gitDir = path.join(path.dirname(slot.tree), 'git')
    sh(slot.tree, `git config core.hooksPath .husky; git config filter.evil.smudge 'touch ${proof}; cat'`)
    sh(
      slot.tree,
      `git config core.fsmonitor 'touch ${proof}'; cp -r .husky "${gitDir}/hooks"; echo x >.gitattributes`,
    )
    rmSync(proof, { force: true })
    await slot.checkout(tree, commit)
    expect(existsSync(proof)).toBe(false)
    expect(snapshot(slot.tree)).toEqual(snapshot(repo.folder))
  })
})

describe('what an earlier check left in a slot', () => {
  const mischief: Record<string, string> = {
    'changed, removed and new files':
      'echo x >a; rm d/one; echo y >new; mkdir -p e/f; echo z >e/f/g; mkdir empty',
    'ignored files': 'echo new >.gitignore; echo y >new; mkdir node_modules; echo x >node_modules/x',
    'a changed file of the same size and time': 'touch -r a keep; printf "2\\n" >a; touch -r keep a; rm keep',
    'changed modes': 'chmod 755 a; chmod 600 d/one; chmod 500 d',
    'read-only folders': 'mkdir -p r/s; echo x >r/s/x; chmod 500 r/s r',
    'a repository of its own': 'mkdir n; cd n; git init -q; echo x >x; git add x; git commit -qm x',
    'a repository in a tracked folder': 'cd d; git init -q; git add .; git commit -qm x',
    'a commit, a branch and a tag':
      'echo x >a; git commit -qam x; git branch b; git tag t; git checkout -q -b c',
    'a changed index': 'git update-index --assume-unchanged a; echo x >a; git rm -q --cached d/one',
    'a changed file the index calls unchanged': 'git update-index --assume-unchanged a; echo x >a',
    'a file the index says is not there': 'git update-index --skip-worktree a; rm a',
    'a stash, a worktree, an alternate':
      'echo x >a; git stash -q; git worktree add -q ../tree/w; echo / >>../git/objects/info/alternates',
    'an index lock and another config': 'touch ../git/index.lock; git config core.autocrlf true; echo x >a',
    'a sparse checkout': 'git sparse-checkout set d 2>&1; echo x >new',
    'a broken git directory': 'rm -rf ../git/objects ../git/info; echo x >../git/info',
    'no git directory': 'rm -rf ../git .git',
    'a folder in place of HEAD': 'rm ../git/HEAD; mkdir -p ../git/HEAD/x',
    'odd names': 'touch -- "-rf" "a b" "$(printf "n\\nl")" "$(printf "\\377")"',
    'a pipe and a link in place of files': 'rm a; mkfifo a; rm -r d; ln -s / d',
  }

  it.each(Object.keys(mischief))('is gone: %s', async (name) => {
    inRepo('a', '1\n')
    inRepo('d/one', '1\n')
    const first = repo.commit()
    const files = snapshot(repo.folder)
    const slot = await open()
    await slot.checkout(first.tree, first.commit)
    const gitDir = ['HEAD', 'config', 'index', 'info', 'objects', 'refs', repo.objectsDir].join('\n')
    sh(slot.tree, mischief[name] ?? 'false')
    await slot.checkout(first.tree, first.commit)
    expect(snapshot(slot.tree)).toEqual(files)
    expect(existsSync(path.join(slot.tree, 'd/.git'))).toBe(false)
    expect(sh(slot.tree, 'cd ../git; ls; cat objects/info/alternates')).toBe(gitDir)
    expect(
      sh(slot.tree, 'git status --porcelain --ignored; git for-each-ref; git config --get core.autocrlf'),
    ).toBe('false')
  })

  it('does not reach outside through links: neither written nor cleaned', async () => {
    inRepo('d/one', '1\n')
    inRepo('d/sub/two', '2\n')
    const { commit, tree } = repo.commit()
    const slot = await open()
    await slot.checkout(tree, commit)
    place.write('outside/one', 'mine\n')
    place.write('outside/sub/three', 'mine\n')
    const before = snapshot(place.path('outside'))
    rmSync(path.join(slot.tree, 'd'), { recursive: true })
    symlinkSync(place.path('outside'), path.join(slot.tree, 'd'))
    await slot.checkout(tree, commit)
    expect(snapshot(place.path('outside'))).toEqual(before)
    expect(snapshot(slot.tree)).toEqual(snapshot(repo.folder))

    // The very folder moved out: the files keep their inode and times, only the way to them is a link.
    renameSync(path.join(slot.tree, 'd'), place.path('moved'))
    symlinkSync(place.path('moved'), path.join(slot.tree, 'd'))
    await slot.checkout(tree, commit)
    expect(lstatSync(path.join(slot.tree, 'd')).isDirectory()).toBe(true)
    expect(snapshot(place.path('moved'))).toEqual({ one: '1\n', 'sub/': '', 'sub/two': '2\n' })

    renameSync(slot.tree, place.path('away'))
    symlinkSync(place.path('outside'), slot.tree)
    await slot.checkout(tree, commit)
    expect(snapshot(place.path('outside'))).toEqual(before)
    expect(snapshot(slot.tree)).toEqual(snapshot(repo.folder))
  })

  it('does not come back with a tree that holds a link to the outside', async () => {
    place.write('outside/victim', 'mine\n')
    symlinkSync(place.path('outside'), place.path('repo/d'))
    const linked = repo.commit()
    rmSync(place.path('repo/d'))
    inRepo('d/victim', 'theirs\n')
    const real = repo.commit()
    const slot = await open()
    for (const state of [linked, real, linked, real]) await slot.checkout(state.tree, state.commit)
    expect(place.read('outside/victim')).toBe('mine\n')
    expect(readFileSync(path.join(slot.tree, 'd/victim'), 'utf8')).toBe('theirs\n')
  })

  it('empties the folder of a submodule', async () => {
    inRepo('a', '1\n')
    const { commit } = repo.commit()
    sh(repo.folder, `git update-index --add --cacheinfo 160000,${commit},sub && git commit -qm sub`)
    const tree = sh(repo.folder, 'git rev-parse HEAD^{tree}')
    const slot = await open()
    await slot.checkout(tree, commit)
    sh(slot.tree, 'cd sub && git init -q && echo x >x')
    await slot.checkout(tree, commit)
    expect(readdirSync(path.join(slot.tree, 'sub'))).toEqual([])
  })
})

describe('who may use a slot', () => {
  it('is refused while this or another live process holds it, naming the process', async () => {
    const slot = await open()
    await expect(open()).rejects.toMatchObject({ kind: 'transient', code: 'slot_busy' })
    await slot.release()
    const other = spawn('sleep', ['1000'])
    const { pid, startedAt } = identify(other.pid ?? 0)
    place.write(`cache/slots/1/lock.${pid}.${startedAt}`, '')
    await expect(open()).rejects.toThrow(String(pid))
    expect(readdirSync(place.path('cache/slots/1')).filter((name) => name.startsWith('lock.'))).toHaveLength(
      1,
    )
    const ended = new Promise((resolve) => other.once('exit', resolve))
    other.kill('SIGKILL')
    await ended
    await (await open()).release()
    expect(readdirSync(place.path('cache/slots/1')).filter((name) => name.startsWith('lock.'))).toEqual([])
  })

  it('is not fooled by a later process with the id of a dead one', async () => {
    place.write(`cache/slots/1/lock.${process.pid}.1`, '')
    expect((await open()).slot).toBe(1)
  })

  it('is independent of other slots', async () => {
    const slots = [await open({ slot: 1 }), await open({ slot: 2 })]
    expect(new Set(slots.map((slot) => slot.tree)).size).toBe(2)
  })
})

describe('a slot whose process was killed', () => {
  const worker = `
    import { openSlot } from '${path.resolve('main/engine/checks/worktrees.ts')}'
    import { git } from '${path.resolve('main/engine/git/git.ts')}'
    import { systemClock } from '${path.resolve('main/engine/base/clock.ts')}'
    import { spawn } from 'node:child_process'
    import { renameSync, writeFileSync } from 'node:fs'
    const [cacheDir, objectsDir, tree, commit, told] = process.argv.slice(2)
    const slot = await openSlot({ cacheDir, slot: 1, objectsDir }, { clock: systemClock(), git })
    const env = { ...process.env, HYPERION_CHECK_TREE: slot.tree }
    const stray = spawn('sleep', ['1000'], { env, detached: true, stdio: 'ignore' })
    writeFileSync(told + '.new', String(stray.pid))
    renameSync(told + '.new', told)
    for (;;) await slot.checkout(tree, commit), await slot.checkout(tree + '', commit)
  `

  it('is whole again, and what its check left running is dead', async () => {
    for (let n = 0; n < 300; n++) inRepo(`d${n % 10}/f${n}`, `${n}\n`.repeat(50))
    const first = repo.commit()
    for (let n = 0; n < 300; n++) inRepo(`d${n % 10}/f${n}`, `new ${n}\n`.repeat(50))
    const second = repo.commit()
    const files = snapshot(repo.folder)
    const script = place.write('worker.mts', worker.replace("tree + ''", `'${second.tree}'`))
    const state = place.path('cache/slots/1/state')
    for (const moment of ['half way', 'half way again', 'at once']) {
      const told = place.path('told')
      rmSync(told, { force: true })
      const args = [script, place.path('cache'), repo.objectsDir, first.tree, first.commit, told]
      const child = spawn(process.execPath, args, { stdio: 'inherit', detached: true })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await appears(told)
      const lock = place.path('cache/slots/1/git/index.lock')
      const half = (): boolean => existsSync(lock) && !existsSync(state)
      if (moment !== 'at once') while (!half()) await new Promise((next) => setImmediate(next))
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      await ended
      const stray = identify(Number(place.read('told')))
      expect(isAlive(stray)).toBe(true)
      const slot = await open()
      expect(isAlive(stray)).toBe(false)
      await slot.checkout(second.tree, second.commit)
      expect(snapshot(slot.tree)).toEqual(files)
      await slot.release()
    }
  })

  it('is made anew when it was left half moved', async () => {
    inRepo('a', '1\n')
    const { commit, tree } = repo.commit()
    const slot = await open()
    await slot.checkout(tree, commit)
    await slot.release()
    rmSync(place.path('cache/slots/1/state'))
    writeFileSync(place.path('cache/slots/1/git/index.lock'), '')
    writeFileSync(place.path('cache/slots/1/git/index'), 'garbage')
    chmodSync(slot.tree, 0o500)
    mkdirSync(path.join(slot.tree, 'left'))
    const again = await open()
    await again.checkout(tree, commit)
    expect(snapshot(again.tree)).toEqual({ a: '1\n' })
  })

  it('stops moving when it is told to, and works again afterwards', async () => {
    inRepo('a', '1\n')
    const { commit, tree } = repo.commit()
    const slot = await open()
    await expect(slot.checkout(tree, commit, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'transient',
    })
    await slot.checkout(tree, commit)
    expect(snapshot(slot.tree)).toEqual({ a: '1\n' })
  })
})
