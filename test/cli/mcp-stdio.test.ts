/** `mcp` as a process: only protocol on stdout, junk survived, and nothing left once its client has gone. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { askedIn } from '../../main/cli/mcp/transport.ts'
import { lineReader, type LongLine } from '../../main/cli/mcp/lines.ts'
import { leftProcesses, until } from '../support/processes.ts'
import { connect, create, edit, work } from './mcp-support.ts'
import { hyperion, PROJECT, refusedIn, sentence, start, thingsForEach, type Running } from './support.ts'

const things = thingsForEach()
const { prepared, repository, folder, undo } = things

type Message = {
  id?: number | string
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}

const message = (id: number | string, method: string, params: object = {}): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`
const HELLO = message(1, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
})
const call = (id: number | string, name: string, args: unknown): string =>
  message(id, 'tools/call', { name, arguments: args })

/** What was written to stdout, which is nothing but messages, one a line. */
function messages(stdout: string): Message[] {
  const lines = stdout.split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line) as Message)
}
const byId = (all: readonly Message[], id: number | string): Message | undefined =>
  all.find((one) => one.id === id)
const refusedWith = (one: Message | undefined): { code: string; message: string } => {
  expect(one?.result).toMatchObject({ isError: true })
  const content = (one?.result?.['content'] ?? []) as { text: string }[]
  return JSON.parse(content[0]?.text ?? '') as { code: string; message: string }
}

/** Starts a server whose standard input stays open. */
function started(dir: string, args: readonly string[] = [], env: Record<string, string> = {}): Running {
  const running = start(['mcp', ...args], { cwd: dir, env, input: HELLO, stays: true })
  undo(() => running.kill('SIGKILL'))
  return running
}

describe('its client', () => {
  test('that closes its end at once still gets every answer, and the process ends with 0', async () => {
    const space = await prepared()
    const input =
      HELLO + call(2, 'submit_change', work('T-1', edit('a.txt', 'two', '2'))) + message(3, 'ping').trimEnd()
    const ran = await hyperion(['mcp'], { cwd: space.dir, input })
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    expect(
      messages(ran.stdout)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([1, 2, 3])
    expect(await space.list()).toHaveLength(1)
    expect(await leftProcesses(space.repo)).toEqual([])
  })

  test('that takes a submission back before it is queued is not waited for, and nothing is queued', async () => {
    const space = await prepared()
    const takenBack = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } }
    const submitted = call(2, 'submit_change', work('T-1', edit('a.txt', 'two', '2')))
    const input = `${HELLO}${submitted}${JSON.stringify(takenBack)}\n`
    const ran = await hyperion(['mcp'], { cwd: space.dir, input })
    expect([ran.code, messages(ran.stdout).map(({ id }) => id)]).toEqual([0, [1]])
    expect(await space.list()).toEqual([])
  })

  test('that goes away leaves no process, and a queue that is closed', async () => {
    const space = await prepared()
    const agent = await connect(things, space)
    await agent.submit(work('T-1', edit('a.txt', 'two', '2')))
    const { pid } = agent.transport
    await agent.client.close()
    await until('it has ended', () => !readdirSync('/proc').includes(String(pid)))
    expect(await leftProcesses(space.repo)).toEqual([])
    // Whoever closes a database in WAL mode last takes its log away.
    expect(readdirSync(join(space.dir, '.hyperion')).filter((name) => /-(?:wal|shm)$/.test(name))).toEqual([])
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s it ends with 130, whatever its input does',
    async (signal) => {
      const space = await prepared()
      const running = started(space.dir)
      await running.says(/"id":1/)
      running.kill(signal)
      const ran = await running.ended
      expect([ran.code, ran.stderr]).toEqual([130, ''])
      expect(await leftProcesses(space.repo)).toEqual([])
    },
  )

  test('that no longer reads ends it as well', async () => {
    const space = await prepared()
    const running = started(space.dir)
    await running.says(/"id":1/)
    running.process.stdout?.destroy()
    // The answer meets a closed pipe.
    running.process.stdin?.write(call(2, 'list_changes', {}))
    expect((await running.ended).signal).toBeNull()
    expect(await leftProcesses(space.repo)).toEqual([])
  })

  test('finds nothing that listens', async () => {
    const space = await prepared()
    const running = started(space.dir)
    await running.says(/"id":1/)
    const { pid } = running.process
    const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    })
    // Its own pipes may be sockets; of the network's tables none of them is a part.
    const network = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((name) =>
      readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/)[9]),
    )
    expect(sockets.filter((inode) => network.includes(inode))).toEqual([])
    // Nor is there anything in the program that could.
    const chunks = join(PROJECT, 'out/main/chunks')
    const mcp = readdirSync(chunks).filter((name) =>
      readFileSync(join(chunks, name), 'utf8').includes('submit_change'),
    )
    expect(mcp.length).toBeGreaterThan(0)
    for (const name of mcp.filter((one) => !one.startsWith('engine')))
      expect(readFileSync(join(chunks, name), 'utf8')).not.toMatch(/node:(?:https?|net|http2)\b|express|hono/)
  })
})

describe('what is no message', () => {
  test('is answered and survived, be it 10 MB long', async () => {
    const space = await prepared()
    const input = [
      `${'x'.repeat(10 * 1024 * 1024)}\n`,
      '\n \r\n',
      `${Buffer.from([0x7b, 0xff, 0xfe]).toString('latin1')}\n`,
      '[1,2]\n',
      '{"jsonrpc":"2.0","id":7,"method":7}\n',
      `{"jsonrpc":"2.0","id":"deep","method":"tools/call","params":${'['.repeat(5000)}${']'.repeat(5000)}}\n`,
      '{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"show_change","arguments":{"id":1,"id":2}}}\n',
      HELLO,
      message(9, 'no/such'),
      message(10, 'tools/call', { name: 'show_change', arguments: 'x' }),
      message(11, 'tools/call', { name: 5 }),
      message(12, 'tools/call'),
      message(13, 'tools/list'),
    ].join('')
    const ran = await hyperion(['mcp'], { cwd: space.dir, input })
    expect(ran.code).toBe(0)
    const all = messages(ran.stdout)
    expect(all.filter(({ id }) => id === undefined).map(({ error }) => error?.code)).toEqual([
      -32700, -32700, -32600,
    ])
    expect(byId(all, 7)?.error).toMatchObject({ code: -32600 })
    expect(refusedWith(byId(all, 'deep'))).toMatchObject({ code: 'too_deep' })
    expect(refusedWith(byId(all, 8))).toMatchObject({
      code: 'duplicate_key',
      message: expect.stringContaining('"id"'),
    })
    expect(byId(all, 1)?.result).toMatchObject({ serverInfo: { name: 'hyperion' } })
    expect(byId(all, 9)?.error).toMatchObject({ code: -32601 })
    expect(refusedWith(byId(all, 10)).message).toBe('arguments takes an object')
    expect(refusedWith(byId(all, 11)).message).toBe('name takes the name of a tool')
    expect(refusedWith(byId(all, 12)).message).toMatch(/^name takes|^params takes/)
    expect(byId(all, 13)?.result).toHaveProperty('tools')
    // None of it is repeated at length to whoever looks on.
    expect(ran.stderr.length).toBeLessThan(8000)
  })

  test('a submission beyond all limits is refused by its own id; one of the greatest size is judged', async () => {
    const space = await prepared()
    const huge = create('huge.txt', 'x'.repeat(40 * 1024 * 1024))
    const large = create('large.txt', '\u0001'.repeat(3 * 1024 * 1024))
    const ran = await hyperion(['mcp'], {
      cwd: space.dir,
      input: [
        HELLO,
        call(2, 'submit_change', work('T-1', huge)),
        // As the public client writes it: the id at the end.
        `${JSON.stringify({ method: 'tools/call', params: { name: 'submit_change', arguments: work('T-2', huge) }, jsonrpc: '2.0', id: 3 })}\n`,
        call(4, 'submit_change', work('T-3', large)),
        call(5, 'list_changes', {}),
      ].join(''),
    })
    expect(ran.code).toBe(0)
    const all = messages(ran.stdout)
    for (const id of [2, 3]) expect(refusedWith(byId(all, id))).toMatchObject({ code: 'too_large', message: expect.stringMatching(/has \d+ bytes; at most 33554432/) }) // prettier-ignore
    expect(refusedWith(byId(all, 4)).code).not.toBe('too_large')
    expect(byId(all, 5)?.result).toMatchObject({ structuredContent: { changes: [] } })
    expect(await space.list()).toEqual([])
  })

  test('with HYPERION_LOG every event goes to stderr, and stdout stays protocol', async () => {
    const space = await prepared()
    const input = HELLO + call(2, 'submit_change', work('T-1', edit('a.txt', 'two', '2')))
    const ran = await hyperion(['mcp'], { cwd: space.dir, input, env: { HYPERION_LOG: '1' } })
    expect(messages(ran.stdout)).toHaveLength(2)
    expect(ran.stderr).toMatch(/\[info\] guard .*\n\[info\] enqueued change=1/)
  })
})

test('two servers at once on one workspace: everything is queued once, under the name of who handed it in', async () => {
  const space = await prepared()
  const [one, two] = await Promise.all(['one', 'two'].map((name) => connect(things, space, '--agent', name)))
  const done = await Promise.all(
    [one, two].flatMap((agent, which) =>
      Array.from({ length: 20 }, (_, n) =>
        agent?.submit(work(`T-${which}-${n}`, create(`${which}/${n}.txt`, 'x\n'))),
      ),
    ),
  )
  expect(new Set(done.map((result) => result?.id)).size).toBe(40)
  const rows = await space.list()
  expect(rows.map(({ task_id, agent }) => `${task_id} ${agent}`).toSorted()).toEqual(
    [0, 1].flatMap((which) => Array.from({ length: 20 }, (_, n) => `T-${which}-${n} ${['one', 'two'][which]}`)).toSorted(), // prettier-ignore
  )
  // Work of two agents is two changes, even under one task; the same of one agent is told so.
  const same = work('T-SAME', edit('a.txt', 'two', '2'))
  const [first, second] = await Promise.all([
    one?.call('submit_change', same),
    two?.call('submit_change', same),
  ])
  expect([first?.isError, second?.isError]).toEqual([undefined, undefined])
  const [third, fourth] = await Promise.all([
    one?.call('submit_change', same),
    one?.call('submit_change', same),
  ])
  expect([third?.isError, fourth?.isError]).toEqual([true, true])
})

describe('where it cannot work', () => {
  test('outside of a repository, and with an id that is none', async () => {
    const dir = folder()
    expect(await refusedIn(dir, ['mcp'], { cwd: dir })).toMatch(
      /is not in a git repository; run `git init` there/,
    )
    const repo = repository()
    expect(await refusedIn(repo.dir, ['mcp', '--agent', 'bad id!'], { cwd: repo.dir }, 2)).toMatch(
      /^--agent takes an id of 1 to 200 letters, .* not "bad id!"$/,
    )
  })

  test('with a configuration that is broken, whether or not the workspace is initialised', async () => {
    const fresh = repository()
    fresh.write('hyperion.config.json', '{"workers": {"count": "two"}}\n')
    expect(await refusedIn(fresh.dir, ['mcp'], { cwd: fresh.dir })).toMatch(
      /workers\.count takes .*; correct it/,
    )
    const space = await prepared()
    writeFileSync(join(space.dir, 'hyperion.config.json'), '{"bogus": 1}\n')
    const ran = await space.run('mcp')
    expect([ran.code, ran.stdout]).toEqual([1, ''])
    expect(sentence(ran)).toMatch(/bogus is not a key that belongs here/)
  })

  test('a policy that is broken on the target refuses work and no more', async () => {
    const space = await prepared({ files: { 'hyperion.config.json': '{"bogus": 1}\n' }, init: false })
    writeFileSync(join(space.dir, 'hyperion.config.json'), '{}\n')
    const agent = await connect(things, space)
    const refused = await agent.refusal('submit_change', work('T-1', edit('a.txt', 'two', '2')))
    expect(refused).toMatchObject({ code: 'config_invalid' })
    expect(await agent.answer('list_changes')).toEqual({ changes: [] })
    // Whoever handed it in is not to blame for it.
    expect(await space.ok('logs')).not.toContain('guard')
  })

  test('a workspace that is not yet is initialised', async () => {
    const space = await prepared({ init: false })
    const agent = await connect(things, space)
    await agent.submit(work('T-1', edit('a.txt', 'two', '2')))
    expect(await space.row(1)).toMatchObject({ task_id: 'T-1', status: 'pending' })
  })
})

describe('lines', () => {
  const read = (maxBytes: number, chunks: readonly string[]): (string | LongLine)[] => {
    const heard: (string | LongLine)[] = []
    const reader = lineReader(maxBytes, {
      line: (bytes) => void heard.push(bytes.toString()),
      tooLong: (long) => void heard.push(long),
    })
    for (const chunk of chunks) reader.push(Buffer.from(chunk))
    reader.end()
    return heard
  }

  test('come whole, however they are cut up; blank ones do not', () => {
    const text = '{"a":1}\n\n \r\n{"b":"é"}\nlast'
    for (let size = 1; size < 9; size += 1) {
      const bytes = Buffer.from(text)
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size)) // prettier-ignore
      const heard: string[] = []
      const reader = lineReader(100, { line: (one) => void heard.push(one.toString()), tooLong: () => void heard.push('long') }) // prettier-ignore
      for (const chunk of chunks) reader.push(chunk)
      reader.end()
      expect(heard).toEqual(['{"a":1}', '{"b":"é"}', 'last'])
    }
  })

  test('that are too long leave their ends, and the next one is read', () => {
    const heard = read(10, ['0123456789\n', '01234', '56789A', 'B\nnext'])
    expect(heard[0]).toBe('0123456789')
    expect(heard[1]).toMatchObject({ bytes: 12 })
    const { head, tail } = heard[1] as LongLine
    expect([head.toString(), tail.toString()]).toEqual(['0123456789A', '0123456789AB'])
    expect(heard[2]).toBe('next')
  })

  test.each([
    ['{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"x":"', 'x"}}', 5, true],
    ['{"id" : "a-1", "method":"ping", "x":', '1}', 'a-1', false],
    ['{"method":"tools/call","params":{"id":9,', '"x":1},"jsonrpc":"2.0","id":6}', 6, true],
    ['{"method":"tools/call","params":{', '"x":1},"id":-7,"jsonrpc":"2.0"}\r', -7, true],
    // An id within something else is not that of the message.
    ['{"method":"tools/call","params":{"id":9,', '"x":{"id":9}}', null, true],
    ['{"params":{"method":"tools/call"', '"id":9}}', null, false],
    ['x"id":9', '', null, false],
  ] as const)('tell by their ends which request they are: %s … %s', (head, tail, id, isCall) => {
    expect(askedIn(head, tail)).toEqual({ id, isCall })
  })
})
