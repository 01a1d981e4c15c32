/** No route takes what its schema does not allow: generated bad inputs for every one, over both transports. */
import { ORPCError, safe } from '@orpc/client'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRouterClient } from '@orpc/server'
import type { z } from 'zod'
import { connectionTo } from '../../main/ipc/base.ts'
import { router } from '../../main/ipc/router.ts'
import { contract } from '../../schemas/ipc.ts'
import { change } from '../support/requests.ts'
import { openBench, TRANSPORTS, type Bench, type Wire } from './support.ts'

interface Route {
  path: string[]
  schema: z.ZodType
}

/** All routes of the contract, so that one that is added is tested the day it comes. */
function routesOf(router: object, path: string[] = []): Route[] {
  return Object.entries(router).flatMap(([name, value]: [string, unknown]) => {
    const inner = value as { '~orpc'?: { inputSchema: z.ZodType } }
    const here = [...path, name]
    return inner['~orpc'] === undefined
      ? routesOf(inner as object, here)
      : [{ path: here, schema: inner['~orpc'].inputSchema }]
  })
}

const ROUTES = routesOf(contract)

/** Inputs near to right ones, and anything at all. */
const nearly = (keys: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(undefined, null, [], 'text', 7, true, new Date(0), 1n, new Set([1])),
    fc.dictionary(
      fc.constantFrom(...keys, 'extra', 'constructor', 'toString'),
      fc.jsonValue({ maxDepth: 2 }),
    ),
    fc.record(
      Object.fromEntries(
        keys.map((key) => [
          key,
          fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.integer())),
        ]),
      ),
    ),
  )

const keysOf = (schema: z.ZodType): string[] =>
  Object.keys((schema as unknown as { shape: object }).shape ?? {})

type Call = (input: unknown) => Promise<unknown>
const callOf = (wire: Wire, path: readonly string[]): Call =>
  path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], wire.client) as Call

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let wire: Wire
  beforeAll(async () => {
    bench = openBench({ files: { 'a.txt': 'one\n' } })
    wire = await bench.connect(transport)
    await wire.client.workspace.open({ folder: bench.repo.dir, checks: null })
    await wire.client.changes.enqueue({
      source: 'x',
      document: change({ task: 'T-1', path: 'c.txt', add: 'c\n' }),
    })
  })
  afterAll(() => bench.dispose())

  test.each(ROUTES.map(({ path, schema }) => [path.join('.'), path, schema] as const))(
    '%s refuses what its schema does not allow',
    async (_name, path, schema) => {
      const { store } = bench.session.workspace().engine.ground
      const before = store.logs.lastId()
      const bad = nearly(keysOf(schema)).filter((input) => !schema.safeParse(input).success)
      await fc.assert(
        fc.asyncProperty(bad, async (input) => {
          const [error] = await safe(callOf(wire, path)(input))
          expect(error).toBeInstanceOf(ORPCError)
          expect(error).toMatchObject({ code: 'BAD_REQUEST' })
        }),
        { numRuns: 25 },
      )
      // Nothing came of any of it, and the engine answers as before.
      expect(store.logs.lastId()).toBe(before)
      expect(await wire.client.workspace.state({})).toMatchObject({ state: 'open' })
    },
  )

  test.each(ROUTES.map(({ path }) => [path.join('.'), path] as const))(
    '%s takes no stream for its input',
    async (_name, path) => {
      async function* stream(): AsyncGenerator<number> {
        yield 1
      }
      const [error] = await safe(callOf(wire, path)(stream()))
      expect(error).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('a stream') })
    },
  )

  test.each(['changes.validate', 'changes.enqueue', 'changes.apply', 'requests.submit', 'requests.preview'])(
    '%s takes a document of 65 levels for one to judge, and refuses one of more',
    async (name) => {
      const path = name.split('.')
      const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
      const input = (levels: number): object => ({
        source: 'x',
        ...(name === 'changes.validate' ? { source: undefined } : {}),
        ...(name === 'changes.apply' ? { run_checks: false } : {}),
        ...(name === 'requests.submit' ? { model: null, agents: 1 } : {}),
        document: nested(levels),
      })
      const [judged] = await safe(callOf(wire, path)(input(65)))
      expect(judged).not.toMatchObject({ code: 'BAD_REQUEST' })
      const [error] = await safe(callOf(wire, path)(input(66)))
      expect(error).toMatchObject({ code: 'BAD_REQUEST' })
    },
  )

  test('a document nested deeper than anybody needs is refused, and the engine goes on', async () => {
    let document: unknown = 1
    for (let depth = 0; depth < 5_000; depth += 1) document = [document]
    const [error] = await safe(wire.client.changes.enqueue({ source: 'x', document }))
    expect(error).not.toBeNull()
    expect(await wire.client.workspace.state({})).toMatchObject({ state: 'open' })
  })
})

test('what no stack could hold is refused as any other bad input', async () => {
  const bench = openBench({ files: { 'a.txt': 'one\n' } })
  const client = createRouterClient(router, {
    context: connectionTo(bench.session, () => Promise.resolve()),
  })
  await client.workspace.open({ folder: bench.repo.dir, checks: null })
  // A client would not get it sent, but a frame may hold it.
  const document = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) as unknown
  // Judged as JSON it would lose that member, and say something else.
  const dropped = JSON.parse('{"a":[{"__proto__":{"input":1}}]}') as never
  const asked = [
    client.system.propose({ key: 'agents.prices', value: dropped }),
    client.changes.validate({ document: dropped }),
    client.changes.validate({ document }),
    client.changes.enqueue({ source: 'x', document }),
    client.changes.apply({ source: 'x', document, run_checks: false }),
    client.requests.submit({ source: 'x', document, model: null, agents: 1 }),
    client.requests.preview({ source: 'x', document }),
    client.system.propose({ key: 'x', value: document as never }),
  ]
  for (const answer of await Promise.allSettled(asked))
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'BAD_REQUEST' } })
  await bench.dispose()
})
