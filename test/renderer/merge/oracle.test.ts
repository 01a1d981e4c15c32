/** Merging three texts by lines agrees with git: the same text, and the same regions in conflict. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chunksOf, type Chunk } from '../../../renderer/merge/chunks.ts'
import { linesOf, textOf } from '../../../renderer/merge/lines.ts'
import { markersOf } from '../../../renderer/merge/markers.ts'
import { areConflictsHere, NO_CONFLICTS, realRows } from '../../support/real-conflicts.ts'
import { realVersions } from '../../support/real-versions.ts'
import { seeded } from '../../support/workload.ts'
import { hermeticGitEnv } from '../../support/temp-repo.ts'

interface Triple {
  base: string
  cur: string
  inc: string
}

const SIDES = ['cur', 'base', 'inc'] as const
/** Where the merge here is another than git's, one by one. */
const DIFFERENCES = JSON.parse(
  readFileSync(new URL('differences.json', import.meta.url), 'utf8'),
) as readonly { triple: string; why: string }[]

const LABELS = { cur: 'cur', base: 'base', inc: 'inc' }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oracle-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function mergedByGit(triple: Triple): string {
  for (const side of SIDES) writeFileSync(join(folder, side), triple[side])
  const args = ['merge-file', '--diff3', '-p', '-q', ...SIDES.flatMap((side) => ['-L', side]), ...SIDES]
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, env: hermeticGitEnv() })
  if (status === null || status > 127) throw new Error(stderr.toString())
  return stdout.toString()
}

const chunksIn = ({ base, cur, inc }: Triple): Chunk[] => chunksOf(linesOf(base), linesOf(cur), linesOf(inc))
const rebuilt = (chunks: Chunk[], side: keyof Triple): string =>
  chunks.map((chunk) => textOf(chunk[side])).join('')

/** What a generated triple is made of: few different words make many equal lines, which is where merges differ. */
function generated(random: () => number): Triple {
  const below = (n: number): number => Math.floor(random() * n)
  const words = [3, 8, 30, 400][below(4)] as number
  const line = (): string => `w${below(words)}\n`
  const some = (n: number): string[] => Array.from({ length: n }, line)
  const edited = (lines: readonly string[]): string => {
    const out = [...lines]
    for (let left = below(6); left > 0; left -= 1)
      out.splice(below(out.length + 1), below(4), ...some(below(4)))
    return ended(out.join(''))
  }
  const ended = (text: string): string => (below(5) === 0 ? text.replace(/\n$/, '') : text)
  const base = some(below(60))
  return { base: ended(base.join('')), cur: edited(base), inc: edited(base) }
}

test('2,000 generated triples', () => {
  const random = seeded(20)
  let conflicts = 0
  for (let n = 0; n < 2_000; n += 1) {
    const triple = generated(random)
    const chunks = chunksIn(triple)
    conflicts += chunks.filter(({ kind }) => kind === 'conflict').length
    expect([n, markersOf(chunks, LABELS)]).toEqual([n, mergedByGit(triple)])
  }
  expect(conflicts).toBeGreaterThan(1_000)
})

/** Text of git in which conflicts whose two sides are the same text are settled, as they are here. */
const settledWhereEqual = (text: string): string =>
  text.replace(
    /^<{7} cur\n((?:(?!\|{7}).*\n)*)\|{7} base\n(?:(?!={7}).*\n)*={7}\n((?:(?!>{7}).*\n)*)>{7} inc\n/gm,
    (block, cur: string, inc: string) => (cur === inc ? cur : block),
  )

test('at least 300 of the histories of a real package, but for the differences that are listed with their reason', () => {
  const versions = realVersions()
  const differing: string[] = []
  let [seen, conflicts] = [0, 0]
  for (const [at, { version, files }] of versions.entries()) {
    for (const [path, { bytes }] of files) {
      const later = versions.slice(at + 1).flatMap((one) => {
        const file = one.files.get(path)
        return file === undefined ? [] : [{ version: one.version, bytes: file.bytes }]
      })
      for (const [index, cur] of later.entries()) {
        // Neighbouring versions on both sides of each older one.
        for (const inc of later.slice(index + 1, index + 2)) {
          if (bytes.includes(0) || bytes.equals(cur.bytes) || cur.bytes.equals(inc.bytes)) continue
          const name = `${path} ${version} → ${cur.version}, ${inc.version}`
          const triple = { base: bytes.toString(), cur: cur.bytes.toString(), inc: inc.bytes.toString() }
          const chunks = chunksIn(triple)
          const [here, git] = [markersOf(chunks, LABELS), mergedByGit(triple)]
          if (here !== git) {
            differing.push(name)
            expect([name, here]).toEqual([name, settledWhereEqual(git)])
          }
          conflicts += chunks.filter(({ kind }) => kind === 'conflict').length
          seen += 1
        }
      }
    }
  }
  expect([seen > 300, conflicts > 300]).toEqual([true, true])
  expect(differing).toEqual(DIFFERENCES.map(({ triple }) => triple))
})

test('whatever the texts, the chunks rebuild all three byte for byte, and neighbours are never of one kind', () => {
  const text = fc
    .array(fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'd', '\r', '\u2028'), { maxLength: 24 })
    .map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, text, text, (base, cur, inc) => {
      const chunks = chunksIn({ base, cur, inc })
      expect(SIDES.map((side) => rebuilt(chunks, side))).toEqual([cur, base, inc])
      expect(chunks.map(({ id }) => id)).toEqual(chunks.map((_, index) => index))
      for (const [index, chunk] of chunks.entries())
        expect([chunk.kind, chunks[index + 1]?.kind]).not.toEqual(['same', 'same'])
    }),
    { numRuns: 2_000 },
  )
})

test('50,000 lines with many equal ones are taken apart without recursing or searching for ever', () => {
  const lines = Array.from({ length: 50_000 }, (_, n) => `${n % 7 === 0 ? '}' : `line ${n}`}\n`)
  const cur = lines.with(10, 'cur\n').toSpliced(25_000, 3, 'x\n', 'y\n')
  const inc = lines.with(10, 'inc\n').toSpliced(40_000, 0, '}\n', '}\n')
  const chunks = chunksOf(lines, cur, inc)
  expect(chunks.map(({ kind }) => kind)).toEqual(
    ['same', 'conflict', 'same', 'current', 'same', 'incoming', 'same'], // prettier-ignore
  )
  expect(chunksOf(lines, [], lines.map((line) => `${line}!`)).map(({ kind }) => kind)).toEqual(['conflict']) // prettier-ignore
})

test('real conflicts: every file opens, and its chunks rebuild all three texts', (context) => {
  if (!areConflictsHere) return context.skip(NO_CONFLICTS)
  let files = 0
  for (const { base, ours, theirs } of realRows()) {
    const triple = { base: base ?? '', cur: ours ?? '', inc: theirs ?? '' }
    const chunks = chunksIn(triple)
    expect(SIDES.map((side) => rebuilt(chunks, side))).toEqual([triple.cur, triple.base, triple.inc])
    files += 1
  }
  expect(files).toBeGreaterThan(500)
})
