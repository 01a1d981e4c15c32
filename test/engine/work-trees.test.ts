/** Developers in work trees of their own: what they run there, what of it is handed in, and what they cannot reach. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stubHarness } from '../../main/engine/agents/adapters/stub.ts'
import type { AgentTask, WorkTree } from '../../main/engine/agents/harness.ts'
import { workTools } from '../../main/engine/agents/work-tree/tools.ts'
import { gitDifference } from '../support/git-difference.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { strayProcesses } from '../support/leftovers.ts'
import { until } from '../support/processes.ts'
import { scriptedAgents, type ScriptedAgents, type Turn } from '../support/scripted-agent.ts'
import { withBench, type Workbench } from '../support/workbench.ts'
import { foundSandbox } from '../checks/support.ts'

const cannot = (await foundSandbox()).kind !== 'bubblewrap'
const never = new AbortController().signal
const OPTIONS = { source: 'request.json', model: null, agents: 3 }
const LIST = `${Array.from({ length: 60 }, (_, n) => `line ${n}`).join('\n')}\n`
const FILES = { 'src/list.txt': LIST, 'src/run.sh': '#!/bin/sh\necho one\n', 'old.txt': 'gone\n', '.gitignore': 'out/\n', 'big/x.txt': 'x\n' } // prettier-ignore

const assignment = (n: number, file_targets: string[], more: object = {}): object => ({
  task_id: `REQ-1-${n}`,
  parent_request_id: 'REQ-1',
  summary: 'Do it',
  file_targets,
  instructions: ['do it'],
  ...more,
})
const request = (...assignments: object[]): object => ({
  request_id: 'REQ-1',
  summary: 'Do it.',
  requested_changes: [{ path: 'src/list.txt', summary: 'change it' }],
  assignments,
})

type Work = (tree: WorkTree, task: AgentTask) => Promise<unknown>
const DONE = { summary: 'Done' }

/** Developers that do these in turn, each time they are spoken to, and hand in. */
const working = (...works: Work[]): ScriptedAgents =>
  scriptedAgents((task, turn): Turn => {
    const work = works[Math.min(turn, works.length - 1)]
    return { submit: [DONE], ...(work === undefined ? {} : { work: (tree) => work(tree, task) }) }
  })

interface Surroundings {
  agents?: object
  checks?: object
  files?: Record<string, string>
}

const withTrees = (
  crew: ScriptedAgents,
  body: (bench: Workbench) => Promise<void>,
  { agents = {}, checks = {}, files = {} }: Surroundings = {},
): Promise<void> => {
  const roles = { engineer: { harness: 'stub' }, orchestrator: { harness: 'stub' } }
  const config = { agents: { workTree: 'sandboxed', harness: 'copilot', roles, ...agents }, checks }
  const all = { ...FILES, ...files, 'hyperion.config.json': JSON.stringify(config) }
  return withBench(
    { files: all, openHarness: ({ name }) => (name === 'stub' ? stubHarness() : crew.harness) },
    body,
  )
}

const sh = async (tree: WorkTree, command: string): Promise<string> =>
  (await tree.run(command, 20_000, never)).text

const payloadOf = (bench: Workbench, id: number) =>
  bench.show(id).payload as { changes: { path: string; operation: string; patch?: string; patch_hash: string }[] } // prettier-ignore

describe.skipIf(cannot)('a work tree', () => {
  test('what differs in it at the end is handed in, cut as git cuts it, and lands', () => {
    const crew = working(async (tree) => {
      await sh(tree, 'sed -i "s/^line 3$/three/; s/^line 55$/fiftyfive/" src/list.txt && rm old.txt')
      await tree.put('src/new.sh', Buffer.from('#!/bin/sh\n'), true)
      await sh(tree, 'mkdir out && echo built > out/x && echo named > out/kept && git status --short')
    })
    return withTrees(crew, async (bench) => {
      const done = await bench.engine.request(
        request(assignment(1, ['src/', 'old.txt', 'out/kept'])),
        OPTIONS,
        never,
      )
      expect(done).toMatchObject({ failed: [], waiting: { asks: [] } })
      const { changes } = payloadOf(bench, done.enqueued[0] ?? 0)
      expect(changes.map(({ path, operation }) => `${operation} ${path}`)).toEqual(['delete old.txt', 'add out/kept', 'update src/list.txt', 'add src/new.sh']) // prettier-ignore
      const wanted = LIST.replace('line 3\n', 'three\n').replace('line 55\n', 'fiftyfive\n')
      expect(changes[2]?.patch).toBe(gitDifference(LIST, wanted))
      expect(changes[2]?.patch?.match(/^@@/gm)).toHaveLength(2)
      await bench.drain()
      expect(bench.text('src/list.txt')).toBe(wanted)
      expect(bench.file('old.txt')).toBeNull()
      expect(bench.repo.git('ls-tree', 'hyperion/main', 'src/new.sh')).toMatch(/^100755/)
      expect(bench.text('out/x')).toBeNull()
    })
  })

  test('its tools write, edit, remove and restore, and answer in words what they cannot', async () => {
    const said: string[] = []
    const crew = working(async (tree) => {
      const tools = new Map(workTools(tree).map((tool) => [tool.name, tool]))
      const use = async (name: string, input: object): Promise<void> => {
        const { ok, text } = (await tools.get(name)?.run(input, never)) ?? { ok: false, text: 'no such tool' }
        said.push(`${ok ? 'ok' : 'no'}: ${text}`)
      }
      const mode = async (): Promise<void> => void said.push((await sh(tree, 'stat -c %a src/new.sh')).split('\n')[1] ?? '') // prettier-ignore
      await use('write_file', { path: 'src/new.sh', content: '#!/bin/sh\n', executable: true })
      // What it does not say stays as it is.
      await use('write_file', { path: 'src/new.sh', content: '#!/bin/sh\necho\n' })
      await mode()
      await use('edit_file', { path: 'src/new.sh', search: 'echo', replace: 'echo two' })
      await mode()
      await use('write_file', { path: 'src/new.sh', content: 'x\n', executable: false })
      await mode()
      await use('delete_file', { path: 'src/new.sh' })
      await use('edit_file', { path: 'src/new.sh', search: 'x', replace: 'y' })
      await use('edit_file', { path: 'src/list.txt', search: 'line', replace: 'y' })
      await use('delete_file', { path: 'old.txt' })
      await use('restore_file', { path: 'old.txt' })
      await use('write_file', { path: '../x', content: '' })
      await use('write_file', { path: 'old.txt', content: 'kept\n' })
    })
    await withTrees(crew, async (bench) => {
      const done = await bench.engine.request(request(assignment(1, ['old.txt'])), OPTIONS, never)
      expect(payloadOf(bench, done.enqueued[0] ?? 0).changes.map(({ path }) => path)).toEqual(['old.txt'])
    })
    expect(said).toEqual([
      'ok: src/new.sh is written (10 bytes)',
      'ok: src/new.sh is written (15 bytes)',
      '755',
      'ok: src/new.sh is edited',
      '755',
      'ok: src/new.sh is written (2 bytes)',
      '644',
      'ok: src/new.sh is gone',
      'no: src/new.sh does not exist; write_file makes it',
      expect.stringMatching(/^no: .*more than once, at lines 1, 2/),
      'ok: old.txt is gone',
      'ok: old.txt is as you found it',
      expect.stringMatching(/^no: \.\.\/x: /),
      'ok: old.txt is written (5 bytes)',
    ])
  })

  test('is what a request says, whatever the settings say', () => {
    const crew = scriptedAgents(({ openWorkTree }): Turn => ({
      submit: [openWorkTree === null ? { summary: 'x', files: [{ path: 'old.txt', action: 'replace', content: 'read\n' }] } : DONE], // prettier-ignore
      work: (tree) => tree.put('old.txt', Buffer.from('worked\n'), null),
    }))
    const ask = async (bench: Workbench, n: number, workTree: boolean | null): Promise<unknown> => {
      const id = `REQ-${n}`
      const one = assignment(1, ['old.txt'], { task_id: `${id}-1`, parent_request_id: id })
      const done = await bench.engine.request({ ...request(one), request_id: id }, { ...OPTIONS, workTree }, never) // prettier-ignore
      return payloadOf(bench, done.enqueued[0] ?? 0).changes[0]?.patch?.match(/^\+.*$/m)?.[0]
    }
    return withTrees(
      crew,
      async (bench) => {
        expect([await ask(bench, 1, null), await ask(bench, 2, true), await ask(bench, 3, false)]).toEqual(['+read', '+worked', '+read']) // prettier-ignore
      },
      { agents: { workTree: 'off' } },
    )
  })

  test('what it changed beyond its files is refused by name, and mended in the same session', () => {
    const crew = working(
      async (tree) => {
        await tree.put('src/list.txt', Buffer.from('one\n'), null)
        await sh(tree, 'echo more >> big/x.txt; echo new > stray.txt')
      },
      async (tree) => {
        await tree.restore('big/x.txt')
        await tree.restore('stray.txt')
      },
    )
    return withTrees(crew, async (bench) => {
      const done = await bench.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
      expect(done.failed).toEqual([])
      expect(crew.told).toHaveLength(1)
      expect(crew.told[0]?.prompts[1]).toMatch(/out_of_scope.*big\/x\.txt, stray\.txt were changed or made/)
      expect(payloadOf(bench, done.enqueued[0] ?? 0).changes.map(({ path }) => path)).toEqual(['src/list.txt']) // prettier-ignore
    })
  })

  test('that is as it was found, or that holds what no change can carry, is refused in words', () => {
    const works: [Work, RegExp][] = [
      [() => Promise.resolve(), /no_change.*as you found it/],
      [
        (tree) => sh(tree, 'ln -sf /etc/passwd src/list.txt'),
        /not_a_file.*src\/list\.txt is a symbolic link/,
      ],
      [(tree) => sh(tree, 'rm src/list.txt; mkfifo src/list.txt'), /not_a_file.*neither file nor folder/],
      [
        (tree) =>
          sh(tree, 'rm src/list.txt; git show HEAD:src/list.txt > src/list.txt; chmod +x src/list.txt'),
        /mode_change.*src\/list\.txt became executable/,
      ],
      [(tree) => sh(tree, 'chmod -x src/list.txt; printf "a\\0b" > src/list.txt'), /binary/],
      [(tree) => sh(tree, 'git init -q src/inner && touch src/inner/a'), /nested_repository.*src\/inner\//],
      [(tree) => sh(tree, 'rm -rf src/inner; echo "key = AKIAIOSFODNN7EXAMQLE" > src/list.txt'), /secret_found/], // prettier-ignore
    ]
    const crew = working(...works.map(([work]) => work))
    const agents = { maxRepairs: works.length - 1 }
    return withTrees(
      crew,
      async (bench) => {
        const done = await bench.engine.request(request(assignment(1, ['src/'])), OPTIONS, never)
        expect(done.failed).toHaveLength(1)
        const said = bench.engine.agents
          .runEvents(bench.engine.agents.runs({ taskId: 'REQ-1-1' })[0]?.id ?? 0, 0, 100)
          .filter(({ kind }) => kind === 'submission')
          .map(({ body }) => JSON.stringify(body))
        expect(said).toHaveLength(works.length)
        for (const [index, [, expected]] of works.entries()) expect(said[index]).toMatch(expected)
        expect(bench.statuses()).toEqual([])
      },
      { agents },
    )
  })

  test('nothing outside of it can be written, read in a home or reached over a network', () => {
    const said: string[] = []
    let checkout = ''
    const crew = working(async (tree) => {
      const commands = [
        'git commit -q --allow-empty -m x; git config x.y z; echo "gitdir: /tmp" > .git; rm -rf .git',
        'ls -A ~ /root /home; env',
        'echo x > /etc/hyperion-was-here; echo x > /usr/hyperion-was-here',
        'grep -c : /proc/net/dev',
        `ls -A ${JSON.stringify(checkout)}; find / -name hyperion.db 2>/dev/null`,
        `echo x > ${JSON.stringify(join(checkout, '.git/refs/heads/evil'))}; git -C ${JSON.stringify(checkout)} update-ref refs/heads/evil HEAD`,
      ]
      for (const command of commands) said.push(await sh(tree, command))
      await tree.put('src/list.txt', Buffer.from('one\n'), null)
    })
    return withTrees(crew, async (bench) => {
      writeFileSync(join(bench.dir, 'untracked.txt'), 'mine\n')
      mkdirSync(join(bench.dir, 'ignored'))
      checkout = bench.dir
      process.env['HYPERION_TEST_SECRET'] = 'a-secret-of-the-operator'
      const before = fingerprint(bench.dir, { without: ['.hyperion'] })
      const done = await bench.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
      expect(done.failed).toEqual([])
      const all = said.join('\n')
      for (const hidden of ['hyperion.db', 'untracked.txt', 'a-secret-of-the-operator'])
        expect(all).not.toContain(hidden)
      for (const index of [0, 2]) expect(said[index]).toMatch(/Read-only file system/)
      // The loopback of its own, and nothing beside it.
      expect(said[3]).toMatch(/\n1\n$/)
      expect(fingerprint(bench.dir, { without: ['.hyperion'] })).toEqual(before)
    })
  })

  test('a path that leads out of it is refused by every tool, also over a link it made', () => {
    const heard: unknown[] = []
    const catching = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => heard.push('done'),
        (error: { code?: string }) => heard.push(error.code),
      )
    const crew = working(async (tree) => {
      await sh(tree, 'ln -s /etc etc-link; ln -s /tmp/nowhere src/dangling; rm src/run.sh; ln -s /etc/passwd src/run.sh') // prettier-ignore
      await catching(tree.put('../outside', Buffer.from('x'), null))
      await catching(tree.put('/etc/x', Buffer.from('x'), null))
      await catching(tree.put('.git/config', Buffer.from('x'), null))
      await catching(tree.put('etc-link/x', Buffer.from('x'), null))
      await catching(tree.read('etc-link/passwd'))
      await catching(tree.read('src/run.sh'))
      // A link is replaced and never written through.
      await catching(tree.put('src/dangling', Buffer.from('x'), null))
      heard.push((await tree.read('src/dangling'))?.toString())
    })
    return withTrees(crew, async (bench) => {
      await bench.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
      expect(heard.slice(0, 8)).toEqual(['path_parent_component', 'path_absolute', 'path_git_folder', 'not_a_folder', 'not_a_folder', 'not_a_file', 'done', 'x']) // prettier-ignore
    })
  })

  test('a later one of a chain stands on the earlier draft, and hands in its own difference alone', () => {
    const crew = working(async (tree, { given }) => {
      const first = given?.assignment.task_id === 'REQ-1-1'
      await sh(tree, first ? 'sed -i "s/^line 1$/first/" src/list.txt; printf "#!/bin/sh\\n" > a.sh; chmod +x a.sh' : 'test -x a.sh && sed -i "s/^first$/second/" src/list.txt') // prettier-ignore
    })
    return withTrees(crew, async (bench) => {
      const plan = [
        assignment(1, ['src/list.txt', 'a.sh']),
        assignment(2, ['src/list.txt'], { depends_on: ['REQ-1-1'] }),
      ]
      const done = await bench.engine.request(request(...plan), OPTIONS, never)
      expect(done.failed).toEqual([])
      const second = payloadOf(bench, done.enqueued[1] ?? 0).changes
      expect(second.map(({ path, patch }) => [path, patch?.match(/^[-+].*$/gm)])).toEqual([['src/list.txt', ['-first', '+second']]]) // prettier-ignore
      await bench.drain()
      expect(bench.text('src/list.txt')).toContain('second\n')
    })
  })

  test('setup runs first, is shown, and nothing of what it leaves is handed in', () => {
    const crew = working(async (tree) => {
      await sh(tree, 'cat dependency.txt > src/list.txt')
    })
    return withTrees(
      crew,
      async (bench) => {
        const done = await bench.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
        expect(done.failed).toEqual([])
        const [run] = bench.engine.agents.runs({ taskId: 'REQ-1-1' })
        const events = bench.engine.agents.runEvents(run?.id ?? 0, 0, 100)
        expect(events[0]).toMatchObject({ kind: 'tool', body: { name: 'setup', input: { command: 'echo fetched > dependency.txt' } } }) // prettier-ignore
        const { changes } = payloadOf(bench, done.enqueued[0] ?? 0)
        expect(changes.map(({ path }) => path)).toEqual(['src/list.txt'])
        expect(changes[0]?.patch).toContain('+fetched')
      },
      { checks: { setup: 'echo fetched > dependency.txt' } },
    )
  })

  test('a setup that fails is told, with what it said last, and nobody works', () => {
    const crew = working(() => Promise.resolve())
    return withTrees(
      crew,
      async (bench) => {
        const done = await bench.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
        expect(done.failed[0]?.error).toMatch(/work_tree_not_ready: .*setup failed with exit code 3 \(no such package\); correct checks\.setup/) // prettier-ignore
        expect(crew.told).toEqual([])
      },
      { checks: { setup: 'echo no such package; exit 3' } },
    )
  })

  test('a command that runs while its run is called off ends with all it started, and the next has its slot', () => {
    let bench: Workbench | null = null
    let folder = ''
    const crew = working(async (tree, { given }) => {
      if (given?.assignment.task_id !== 'REQ-1-1') return tree.put('old.txt', null, null)
      folder = tree.folder
      const running = tree.run('(setsid sleep 1000 &) ; sleep 1000', 600_000, never)
      await until('it sleeps', () => strayProcesses(folder, -1).length > 1)
      bench?.engine.agents.cancelRequest('REQ-1')
      return running
    })
    return withTrees(crew, async (made) => {
      bench = made
      await made.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
      expect(made.engine.agents.runs({ taskId: 'REQ-1-1' })).toMatchObject([{ status: 'failed', code: 'cancelled' }]) // prettier-ignore
      expect(strayProcesses(folder, -1)).toEqual([])
      const again = { ...request(assignment(2, ['old.txt'], { parent_request_id: 'REQ-2', task_id: 'REQ-2-1' })), request_id: 'REQ-2' } // prettier-ignore
      expect((await made.engine.request(again, OPTIONS, never)).failed).toEqual([])
    })
  })

  test('several work at once, each in its own', () => {
    const folders = new Set<string>()
    let meet: () => void = () => undefined
    const all = new Promise<void>((resolve) => (meet = resolve))
    const crew = working(async (tree, { given }) => {
      folders.add(tree.folder)
      if (folders.size === 3) meet()
      await all
      const [path = ''] = given?.assignment.file_targets ?? []
      await sh(tree, `echo ${given?.assignment.task_id} > ${path}`)
    })
    return withTrees(crew, async (bench) => {
      const plan = ['a.txt', 'b.txt', 'c.txt'].map((path, n) => assignment(n + 1, [path]))
      const done = await bench.engine.request(request(...plan), OPTIONS, never)
      expect(done.failed).toEqual([])
      await bench.drain()
      expect(['a.txt', 'b.txt', 'c.txt'].map((path) => bench.text(path))).toEqual([
        'REQ-1-1\n',
        'REQ-1-2\n',
        'REQ-1-3\n',
      ])
    })
  })
})

describe('where there is no sandbox', () => {
  /** With a search path on which there is no bubblewrap. */
  async function without(body: () => Promise<void>): Promise<void> {
    const { PATH = '' } = process.env
    const folder = mkdtempSync(join(tmpdir(), 'tools-'))
    for (const name of ['git', 'sh', 'cat']) {
      const found = PATH.split(':')
        .map((one) => join(one, name))
        .find((file) => existsSync(file))
      if (found !== undefined) symlinkSync(found, join(folder, name))
    }
    process.env['PATH'] = folder
    try {
      await body()
    } finally {
      process.env['PATH'] = PATH
      rmSync(folder, { recursive: true })
    }
  }

  test('"sandboxed" runs nothing and says what to do', () =>
    without(() => {
      const crew = working((tree) => sh(tree, 'echo one > src/list.txt'))
      return withTrees(crew, async (bench) => {
        const done = await bench.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
        expect(done.failed[0]?.error).toMatch(/no_sandbox: Developers run commands only in a sandbox, and .*; install bubblewrap; have them only read/) // prettier-ignore
        expect(crew.told).toEqual([])
      })
    }))

  test('"anywhere" works with the operator’s rights, and tells the agent so', () =>
    without(() => {
      let told = ''
      const crew = working(async (tree) => {
        told = tree.surroundings
        await sh(tree, 'echo one > src/list.txt')
      })
      return withTrees(
        crew,
        async (bench) => {
          const done = await bench.engine.request(request(assignment(1, ['src/list.txt'])), OPTIONS, never)
          expect(done.failed).toEqual([])
          expect(told).toContain('without a sandbox')
        },
        { agents: { workTree: 'anywhere' } },
      )
    }))
})
