/** EXPORT_GUIDE.md, followed by a script to the letter: in any repository it leads to a change that landed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { thingsForEach } from '../cli/support.ts'
import { folder, onPath } from './support.ts'

const { repository } = thingsForEach()

/** Runs what the guide says, block by block, as somebody does who copies it into a shell. */
class Reader {
  readonly blocks: Map<string, string[]>
  readonly dir: string
  constructor(dir: string) {
    this.dir = dir
    const exported = onPath('hyperion', ['export', '--dest', dir], folder())
    if (exported.status !== 0) throw new Error(exported.stderr)
    const guide = readFileSync(join(dir, 'EXPORT_GUIDE.md'), 'utf8')
    const sections = guide.split(/^## /m).slice(1)
    this.blocks = new Map(
      sections.map((section) => [
        section.split('\n', 1)[0] ?? '',
        [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block),
      ]),
    )
  }

  /** Runs the nth block of a section, with what stands in capitals filled in; returns what it printed. */
  run(section: string, n: number, status = 0, filled: Record<string, string> = {}): string {
    const block = this.blocks.get(section)?.[n]
    if (block === undefined) throw new Error(`the guide has no block ${n} in "${section}"`)
    const text = Object.entries(filled).reduce(
      (before, [name, value]) => before.replaceAll(name, value),
      block,
    )
    const ran = onPath('/bin/sh', ['-e', '-c', text], this.dir, KNOWN)
    if (ran.status !== status)
      throw new Error(`ended with ${ran.status}, not ${status}: ${text}\n${ran.stdout}${ran.stderr}`)
    return ran.stdout
  }
}

const SUBMIT = 'Submit requests'
const HELD = 'When a change is held'
const [COMPOSE, QUEUE, WORKTREE] = [1, 2, 3]
/** Whoever commits has told git who that is. */
const KNOWN = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.invalid',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.invalid',
}
const YOU = { 'YOUR NAME': 'Ada' }

type Repo = ReturnType<typeof repository>

/** A worktree as an agent leaves it, where the guide looks for one. */
function worktree(repo: Repo): void {
  repo.git('worktree', 'add', '-q', '-b', 'work', '../worktree-of-agent')
  writeFileSync(join(repo.dir, '../worktree-of-agent/a.txt'), 'two\n')
}

/** Approves whatever is held, as the guide says it for one change. */
function approveAll(reader: Reader, ids: readonly number[]): void {
  for (const id of ids)
    reader.run(HELD, 0, 0, { ...YOU, 'show 1': `show ${id}`, 'approve 1': `approve ${id}` })
}

describe('followed in another repository', () => {
  test('with a test command that init proposes: a cast and a submitted worktree land, checked', () => {
    const repo = repository({ files: { 'a.txt': 'one\n', Makefile: 'test:\n\t@grep -q . a.txt\n' } })
    const reader = new Reader(repo.dir)
    const begun = reader.run('Begin', 0)
    expect(begun).toContain('"test": "make test"')
    expect(begun).toContain('my-session')
    reader.run('Say what has to pass', 0)
    expect(reader.run(SUBMIT, COMPOSE)).toContain('Wrote taskjson/HELLO-1.json')
    expect(reader.run(SUBMIT, QUEUE)).toMatch(/^1 +applied .*\n2 +applied /m)
    expect(repo.git('show', 'hyperion/main:docs/hello.md')).toContain('# Hello')
    worktree(repo)
    expect(reader.run(SUBMIT, WORKTREE)).toMatch(/^3 +applied /m)
    expect(repo.git('show', 'hyperion/main:a.txt')).toBe('two')
    expect(repo.git('log', '-1', '--format=%B', 'hyperion/main')).toMatch(/^Checks: passed test$/m)
  })

  test('without one, by a command of its own', () => {
    const repo = repository()
    const reader = new Reader(repo.dir)
    expect(reader.run('Begin', 0)).toContain('"allow": {}')
    const allowed = reader.run('Say what has to pass', 1, 0, {
      ...YOU,
      'YOUR TEST COMMAND': 'grep -q . a.txt',
    })
    expect(allowed).toContain('Enqueued change request 1: test counts once it has landed')
    reader.run(SUBMIT, COMPOSE)
    expect(reader.run(SUBMIT, QUEUE)).toMatch(/^2 +applied .*\n3 +applied /m)
    worktree(repo)
    expect(reader.run(SUBMIT, WORKTREE)).toMatch(/^4 +applied /m)
  })

  test.each(['with', 'without'])(
    'with nothing to run, %s the empty proposal: what is held lands once approved',
    (config) => {
      const repo = repository()
      const reader = new Reader(repo.dir)
      reader.run('Begin', 0)
      if (config === 'with') reader.run('Say what has to pass', 0)
      reader.run(SUBMIT, COMPOSE)
      // The queue exits with 3, which the guide says: the list is what comes next.
      reader.run(SUBMIT, QUEUE, 3)
      expect(onPath('hyperion', ['list', 'held'], repo.dir).stdout).toMatch(
        /asks for no check, and checks are on/,
      )
      approveAll(reader, [1, 2])
      expect(repo.git('show', 'hyperion/main:docs/hello.md')).toContain('# Hello')
      worktree(repo)
      reader.run(SUBMIT, WORKTREE, 3)
      approveAll(reader, [3])
      expect(repo.git('show', 'hyperion/main:a.txt')).toBe('two')
    },
  )

  test('in a folder that the export made, after the first commit that it asks for', () => {
    const dir = join(folder(), 'new')
    const reader = new Reader(dir)
    const git = (...args: string[]) => onPath('git', args, dir, KNOWN)
    git('init', '-q', '-b', 'main')
    git('add', '.')
    expect(git('commit', '-q', '-m', 'Begin').status).toBe(0)
    reader.run('Begin', 0)
    reader.run(SUBMIT, COMPOSE)
    reader.run(SUBMIT, QUEUE, 3)
    approveAll(reader, [1, 2])
    expect(git('show', 'hyperion/main:docs/hello.md').stdout).toContain('# Hello')
  })
})
