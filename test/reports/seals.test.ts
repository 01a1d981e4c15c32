/** Whose the files under execution/ are: only what this queue wrote last counts, whoever else writes there. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../main/engine/base/clock.ts'
import { sha256 } from '../../main/engine/base/hash.ts'
import { openGround } from '../../main/engine/compose.ts'
import { hashAt } from '../../main/engine/reports/files.ts'
import { replaceReport, type ReplaceDeps } from '../../main/engine/reports/replace.ts'
import { lookAt, sealOf, setSeal } from '../../main/engine/reports/seals.ts'
import { readReports } from '../../main/engine/workspace/reports.ts'
import { openStore } from '../../main/engine/store/store.ts'
import { tempStore, type TempStore } from '../support/temp-store.ts'
import { startWriter } from './writer.ts'
import { withBench, type Workbench } from '../support/workbench.ts'

const REPORT = 'verification_report.json'
const CONTEXT = 'next_task_context.json'

const folderOf = (bench: Workbench): string => join(bench.dir, 'execution')
const keptIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.includes('.kept-'))

async function written(bench: Workbench): Promise<string[]> {
  const problems: string[] = []
  await bench.engine.openReporter((sentence) => problems.push(sentence)).stop()
  return problems
}
const doctor = async (bench: Workbench) =>
  (await bench.engine.doctor()).find(({ name }) => name === 'reports')

describe('reports that somebody put there before the first worker', () => {
  /** Valid ones, as a queue of somebody else wrote them, with a history of fifty minutes. */
  async function planted(): Promise<Record<string, string>> {
    const files: Record<string, string> = {}
    await withBench({}, async (bench) => {
      await written(bench)
      const read = (name: string): unknown => JSON.parse(readFileSync(join(folderOf(bench), name), 'utf8'))
      const report = read(REPORT) as { history: { generated_at: number }[] }
      const [entry] = report.history
      const history = Array.from({ length: 50 }, (_, at) => ({
        ...entry,
        generated_at: (entry?.generated_at ?? 0) - 60 * (50 - at),
      }))
      files[REPORT] = JSON.stringify({ ...report, history })
      files[CONTEXT] = JSON.stringify({ ...(read(CONTEXT) as object), intent: 'do as I say' })
    })
    return files
  }

  test('are told of, kept aside word for word, and none of them goes on', async () => {
    const files = await planted()
    await withBench({}, async (bench) => {
      mkdirSync(folderOf(bench))
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folderOf(bench), name), text)
      expect(await doctor(bench)).toMatchObject({
        state: 'notice',
        detail: `execution/${REPORT} was not written by this queue`,
      })
      const ground = await openGround({
        workspace: bench.dir,
        host: { env: {}, home: null },
        clock: systemClock(),
      })
      const { cast, report } = readReports(ground)
      ground.store.close()
      expect(report?.problem).toMatch(/was not written by this queue/)
      expect(cast).toMatchObject({
        intent: null,
        accepted: false,
        why: expect.stringMatching(/not written by/),
      })
      const problems = await written(bench)
      expect(problems).toEqual([expect.stringContaining(REPORT), expect.stringContaining(CONTEXT)])
      for (const problem of problems)
        expect(problem).toMatch(/was not written by this queue.*kept as .*\.kept-/)
      const kept = keptIn(folderOf(bench)).map((name) => readFileSync(join(folderOf(bench), name), 'utf8'))
      expect(kept.toSorted()).toEqual(Object.values(files).toSorted())
      const now = JSON.parse(readFileSync(join(folderOf(bench), REPORT), 'utf8')) as { history: unknown[] }
      expect(now.history).toHaveLength(1)
      expect(readFileSync(join(folderOf(bench), CONTEXT), 'utf8')).not.toContain('do as I say')
      expect((await doctor(bench))?.state).toBe('ok')
      expect(await written(bench)).toEqual([])
    })
  })
})

describe('of one report', () => {
  const NAME = 'counted.json'
  const schema = z.strictObject({ n: z.int() })
  let temp: TempStore
  let folder: string
  let kept: string[]
  let deps: ReplaceDeps
  beforeEach(() => {
    temp = tempStore()
    folder = mkdtempSync(join(tmpdir(), 'seals-'))
    kept = []
    const { clock, store } = temp
    deps = { clock, store, folder, onKept: (why) => kept.push(why) }
  })
  afterEach(() => {
    temp.dispose()
    rmSync(folder, { recursive: true, force: true })
  })
  const file = (): string => join(folder, NAME)
  const write = (more: Partial<ReplaceDeps> = {}): Promise<void> =>
    replaceReport({ ...deps, ...more }, NAME, schema, (found) => ({
      n: found.kind === 'ours' ? found.value.n + 1 : 1,
    }))
  const found = () => lookAt(temp.store, file(), NAME, schema).found

  test('an older one that is put back is told of and not taken up', async () => {
    await write()
    const older = readFileSync(file())
    await write()
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 2 } })
    writeFileSync(file(), older)
    expect(found()).toMatchObject({ kind: 'foreign', why: expect.stringMatching(/put back from an earlier/) })
    await write()
    expect(kept).toEqual([expect.stringMatching(/put back from an earlier/)])
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 1 } })
  })

  test('one that was moved by a program that was killed right after is known, and the next goes on from it', async () => {
    await write()
    const older = readFileSync(file())
    const text = '{"n": 40}'
    setSeal(temp.store.facts, NAME, { last: hashAt(file()), coming: sha256(text) })
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 1 } })
    writeFileSync(file(), text)
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 40 } })
    await write()
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 41 } })
    expect(kept).toEqual([])
    // From then on neither of the two counts.
    for (const old of [older, text]) {
      writeFileSync(file(), old)
      expect(found().kind).toBe('foreign')
    }
  })

  test('one that was edited between the look and the move is kept aside too', async () => {
    await write()
    let looks = 0
    await replaceReport(deps, NAME, schema, () => {
      looks += 1
      if (looks === 1) writeFileSync(file(), '{"n": 7}')
      return { n: 100 + looks }
    })
    expect(kept).toEqual([expect.stringMatching(/edited by somebody else/)])
    expect(keptIn(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['{"n": 7}'])
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 102 } })
  })

  test('what another program wrote between the look and the move is gone on from', async () => {
    const other = temp.again()
    let looks = 0
    const once = async (): Promise<void> => {
      looks += 1
      if (looks === 1) await write({ store: other })
    }
    await write()
    const clock = { ...temp.clock, sleep: once }
    // The other program writes while this one waits for its own transaction to end.
    let busy = 2
    const db = { ...temp.store.db, get inTransaction() { return (busy -= 1) > 0 } } // prettier-ignore
    await write({ clock, store: { db, facts: temp.store.facts } })
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 3 } })
    expect(kept).toEqual([])
  })

  /** This queue, with something that happens when its nth transaction is over. */
  const afterWrite = (nth: number, happens: () => void): ReplaceDeps['store'] => {
    const { db, facts } = temp.store
    let writes = 0
    const write = <R>(work: () => R): R => {
      const result = db.write(work)
      writes += 1
      if (writes === nth) happens()
      return result
    }
    return { db: { ...db, write, inTransaction: false }, facts }
  }

  test('what happens between the note and the move counts: an edit is kept aside, a note of another program stands', async () => {
    await write()
    await write({ store: afterWrite(1, () => writeFileSync(file(), '{"n": 7}')) })
    expect(kept).toEqual([expect.stringMatching(/edited by somebody else/)])
    expect(keptIn(folder)).toHaveLength(1)
    let made = 0
    const noted = afterWrite(1, () => setSeal(temp.store.facts, NAME, { last: hashAt(file()), coming: 'x' }))
    await replaceReport({ ...deps, store: noted }, NAME, schema, () => ({ n: (made += 1) }))
    expect(made).toBe(2)
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 2 } })
  })

  test('two programs killed one after the other, after the move and before it, leave a file that is known', async () => {
    await write()
    const text = '{"n": 40}'
    setSeal(temp.store.facts, NAME, { last: hashAt(file()), coming: sha256(text) })
    writeFileSync(file(), text)
    const killed = (): never => {
      throw new Error('killed')
    }
    await expect(write({ store: afterWrite(1, killed) })).rejects.toThrow('killed')
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 40 } })
  })

  test('a reader between whose two looks a file was replaced looks again', async () => {
    await write()
    const { facts } = temp.store
    const text = '{"n": 2}'
    let asked = 0
    const get: typeof facts.get = (key) => {
      const answer = facts.get(key)
      asked += 1
      if (asked === 1) {
        writeFileSync(file(), text)
        setSeal(facts, NAME, { last: sha256(text), coming: null })
      }
      return answer
    }
    expect(lookAt({ facts: { ...facts, get } }, file(), NAME, schema).found).toMatchObject({ kind: 'ours' })
  })

  test('a queue put back from a backup knows the report of its day alone; what came after is kept aside', async () => {
    await write()
    const backup = join(folder, 'backup.db')
    await temp.store.db.backup(backup)
    const putBack = openStore(backup, temp.clock)
    try {
      const store = { db: putBack.db, facts: putBack.facts }
      expect(lookAt(putBack, file(), NAME, schema).found.kind).toBe('ours')
      await write()
      const newer = readFileSync(file(), 'utf8')
      await write({ store })
      expect(kept).toEqual([expect.stringMatching(/put back from an earlier time/)])
      expect(keptIn(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual([newer])
      await write({ store })
      expect(kept).toHaveLength(1)
    } finally {
      putBack.close()
    }
  })

  test('a note never joins a transaction that is not over', async () => {
    await write()
    let end = (): void => undefined
    const over = temp.store.db.writeAsync(() => new Promise<void>((resolve) => (end = resolve)))
    let asked = 0
    const sleep = (): Promise<void> => {
      asked += 1
      if (asked === 2) end()
      return new Promise((resolve) => setImmediate(resolve))
    }
    await write({ clock: { ...temp.clock, sleep } })
    await over
    expect(asked).toBeGreaterThan(1)
    expect(found()).toMatchObject({ kind: 'ours', value: { n: 2 } })
  })

  test('seals that are not understood vouch for nothing', async () => {
    await write()
    for (const text of ['{', JSON.stringify({ [NAME]: [hashAt(file())] })]) {
      temp.store.facts.set('report_hashes', text)
      expect(sealOf(temp.store.facts, NAME)).toEqual({ last: null, coming: null })
      expect(found()).toMatchObject({ kind: 'foreign', why: 'was not written by this queue' })
    }
  })

  test('several programs that start at once take none of each other for somebody else, and lose nothing', async () => {
    const run = async (): Promise<string> => {
      const child = startWriter(temp.file, folder, NAME, 12)
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await once(child, 'close')
      return said
    }
    expect(await Promise.all([run(), run(), run()])).toEqual(['writing\n', 'writing\n', 'writing\n'])
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ n: 36 })
    expect(readdirSync(folder)).toEqual([NAME])
  })
})
