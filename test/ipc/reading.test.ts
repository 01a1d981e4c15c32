/** What is read without deciding, over both transports, against the real engine. */
import { isDefinedError, safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { drainQueue } from '../support/workbench.ts'
import { openBench, TRANSPORTS, type Bench, type Client } from './support.ts'

const PATCH = '@@ -1 +1 @@\n-one\n+eins\n'

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let client: Client
  beforeEach(async () => {
    bench = openBench({ files: { 'a.txt': 'one\n', 'src/b.txt': 'two\n' } })
    client = (await bench.connect(transport)).client
    await client.workspace.open({ folder: bench.repo.dir, checks: null })
    await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-1', path: 'a.txt', patch: PATCH }),
    })
  })
  afterEach(() => bench.dispose())

  test('a change has files and texts before it lands and after, a landed line has a reason', async () => {
    expect(await client.changes.files({ id: 1 })).toMatchObject({ landed: null, files: [{ path: 'a.txt' }] })
    expect(await client.changes.texts({ id: 1, path: 'a.txt' })).toMatchObject({ base_origin: 'inferred' })
    await drainQueue(bench.repo.dir)
    expect(await client.changes.files({ id: 1 })).toEqual({
      landed: (await client.changes.show({ id: 1 })).landed_commit,
      files: [{ path: 'a.txt', state: 'changed', added: 1, removed: 1, note: null }],
      more: 0,
      note: null,
    })
    expect(await client.changes.texts({ id: 1, path: 'a.txt' })).toMatchObject({
      base_origin: 'landed',
      before: { text: 'one\n' },
      after: { text: 'eins\n' },
    })
    const of = (side: 'before' | 'after') =>
      client.changes.why({ path: 'a.txt', line: 1, of: { id: 1, side } })
    expect(await of('after')).toMatchObject({ text: 'eins', change: { id: 1 } })
    expect(await of('before')).toMatchObject({ text: 'one', change: null })
    expect(await client.files.read({ path: 'a.txt' })).toMatchObject({
      target: 'hyperion/main',
      text: 'eins\n',
    })
  })

  test('what is not there is refused in words', async () => {
    const refusal = async (asked: Promise<unknown>): Promise<unknown> => {
      const [error] = await safe(asked)
      return isDefinedError(error) ? (error as { data: { code: string } }).data.code : error
    }
    expect(await refusal(client.changes.files({ id: 7 }))).toBe('no_such_change')
    expect(await refusal(client.changes.texts({ id: 1, path: '../a.txt' }))).toBe('no_such_path')
    const of = { id: 1, side: 'after' } as const
    expect(await refusal(client.changes.why({ path: 'a.txt', line: 1, of }))).toBe('not_landed')
    expect(await refusal(client.files.read({ path: 'src' }))).toBe('not_a_regular_file')
    expect(await refusal(client.files.read({ path: '.git/config' }))).toBe('no_such_path')
  })
})
