/** Several windows and several processes on one conflict: each hears of the others, and a killed one loses nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openEngine, type Engine } from '../../main/engine/engine.ts'
import { reviewEventSchema, type ReviewEvent } from '../../schemas/reviewer.ts'
import { withBench, type Workbench } from '../support/workbench.ts'
import { decided, EMPTY, inConflict, landText, OURS, pathOf, SETTLED, TEN } from './reviewer-support.ts'

const FILES = { 'a.txt': TEN, 'b.txt': TEN }
const always = (): Promise<void> => Promise.resolve()

/** Reads events of a watch until one is as wanted. */
async function heard(
  events: AsyncGenerator<ReviewEvent>,
  isIt: (event: ReviewEvent) => boolean,
): Promise<ReviewEvent> {
  for (;;) {
    const { value, done } = await events.next()
    if (done === true) throw new Error('the watch ended')
    const event = reviewEventSchema.parse(value)
    if (isIt(event)) return event
  }
}

const another = (bench: Workbench): Promise<Engine> =>
  openEngine({
    workspace: bench.dir,
    host: { env: process.env, home: process.env['HOME'] ?? null },
    actor: 'another',
  })

test('a window hears at once how it stands, then of drafts, a moved target and the end, whoever did it', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench, ['a.txt', 'b.txt'])
    const stop = new AbortController()
    const events = bench.engine.review.watch(id, stop.signal, always)
    const tip = bench.tip()
    expect(await heard(events, () => true)).toEqual({ status: 'conflict', tip, drafts: [], moved: false })

    const { sides_key: sidesKey } = pathOf(await bench.engine.review.show(id))
    const other = await another(bench)
    try {
      const write = (path: string, revision: number | null) =>
        other.review.draft(id, { path, sidesKey, revision, tab: 'two', draft: { ...EMPTY, text: SETTLED } })
      write('a.txt', null)
      const first = await heard(events, ({ drafts }) => drafts.length > 0)
      expect(first.drafts).toEqual([{ path: 'a.txt', revision: 1, tab: 'two' }])
      write('b.txt', null)
      write('a.txt', 1)
      const second = await heard(events, ({ drafts }) => drafts[0]?.revision === 2 && drafts.length === 2)
      expect(second.drafts[1]).toEqual({ path: 'b.txt', revision: 1, tab: 'two' })

      await landText(bench, 'THIRD', 'a.txt', OURS.replace('nine', 'NINE'))
      const third = await heard(events, ({ moved }) => moved)
      expect(third.tip).toBe(bench.tip())
      await other.review.refresh(id)
      await heard(events, ({ moved }) => !moved)
      const decisions = [
        await decided(bench, id, 'a.txt', SETTLED),
        await decided(bench, id, 'b.txt', SETTLED),
      ]
      await other.resolve(id, 'another', decisions)
      await heard(events, ({ status }) => status === 'pending')
      // A branch moved by hand is heard of though nothing was written to the queue.
      bench.repo.git('update-ref', '-d', 'refs/heads/hyperion/main')
      await heard(events, (event) => event.tip === null)
    } finally {
      await other.close()
    }
    stop.abort()
    expect((await events.next()).done).toBe(true)
  }))

test('closing the engine ends every watch; of a change that is not there, none begins', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const other = await another(bench)
    const { signal } = new AbortController()
    const events = other.review.watch(id, signal, always)
    await heard(events, () => true)
    const next = events.next()
    await other.close()
    expect((await next).done).toBe(true)
    await expect(bench.engine.review.watch(99, signal, always).next()).rejects.toMatchObject({
      code: 'no_such_change',
    })
  }))

test('two windows decide at once: one resolves, the other is told that it was done', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const decision = await decided(bench, id, 'a.txt', SETTLED)
    const other = await another(bench)
    const outcomes = await Promise.allSettled([
      bench.engine.resolve(id, 'one', [decision]),
      other.resolve(id, 'two', [{ ...decision, content: Buffer.from('of the second\n') }]),
    ])
    await other.close()
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'wrong_status' },
    })
    await bench.drain()
    const won = outcomes[0].status === 'fulfilled' ? SETTLED : 'of the second\n'
    expect(bench.text('a.txt')).toBe(won)
    expect(bench.show(id).resolutions).toHaveLength(1)
  }))

/** Writes draft after draft until it is killed, and says each revision that it was told is stored. */
const WRITER = `
  const { openEngine } = await import(process.argv[1])
  const [workspace, id, sidesKey] = process.argv.slice(2)
  const engine = await openEngine({ workspace, host: { env: process.env, home: process.env.HOME }, actor: 'writer' })
  for (let revision = null; ; ) {
    const text = 'typed ' + ((revision ?? 0) + 1) + ' ' + 'x'.repeat(200000)
    const draft = { pick: null, text, spans: [], choices: [] }
    const { current } = engine.review.draft(Number(id), { path: 'a.txt', sidesKey, revision, tab: 'writer', draft })
    revision = current.revision
    process.stdout.write(revision + '\\n')
    await new Promise((resolve) => setImmediate(resolve))
  }`

test('a process that is killed between drafts, or in the middle of one, loses none that it was told is stored', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const { sides_key: sidesKey } = pathOf(await bench.engine.review.show(id))
    const loader = fileURLToPath(new URL('../support/sql-loader.ts', import.meta.url))
    const engine = new URL('../../main/engine/engine.ts', import.meta.url).href
    const args = [
      '--import',
      loader,
      '--input-type=module',
      '-e',
      WRITER,
      engine,
      bench.dir,
      String(id),
      sidesKey,
    ]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let told = 0
    for await (const line of createInterface({ input: child.stdout })) {
      told = Number(line)
      if (told === 7) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(told).toBeGreaterThanOrEqual(7)
    const other = await another(bench)
    const { draft } = pathOf(await other.review.show(id))
    await other.close()
    expect(draft?.revision).toBeGreaterThanOrEqual(told)
    expect(draft?.text).toBe(`typed ${draft?.revision} ${'x'.repeat(200_000)}`)
  }))
