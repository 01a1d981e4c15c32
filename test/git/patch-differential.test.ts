/** Holds our application of patches against git's own, on thousands of patches bent in ways agents bend them. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyPatch } from '../../main/engine/domain/patch/apply.ts'
import { parsePatch } from '../../main/engine/domain/patch/parse.ts'
import { makeCase, type PatchCase } from '../support/patch-cases.ts'

const CASES = Number(process.env['HYPERION_PATCH_CASES'] ?? 3000)
const SEED = Number(process.env['HYPERION_PATCH_SEED'] ?? 20_240_717)

interface Accepted {
  index: number
  patchCase: PatchCase
  path: string
  result: Buffer | null
  text: string
  recounted: boolean
  /** Whether every hunk has numbers; git passes over the others as if they were prose. */
  numbered: boolean
}

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hyperion-differential-'))
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const environment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: root,
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_CEILING_DIRECTORIES: root,
})

function writeBases(folder: string, cases: readonly Accepted[]): void {
  for (const { path, patchCase } of cases) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    if (patchCase.base !== null) writeFileSync(join(folder, path), patchCase.base)
  }
}

function readResult(folder: string, path: string): Buffer | null {
  const file = join(folder, path)
  return existsSync(file) ? readFileSync(file) : null
}

/** Applies each patch by a git of its own, all from one shell, and returns the indexes git accepted. */
function applyEach(
  folder: string,
  patches: readonly { index: number; text: string; flags: string }[],
): Set<number> {
  const script = patches.map(({ index, text, flags }) => {
    writeFileSync(join(folder, `${index}.patch`), text)
    return `git apply -p1 ${flags} ${index}.patch 2>/dev/null && echo ${index}\n`
  })
  const said = execFileSync('sh', { cwd: folder, env: environment(), input: script.join('') + 'true\n' })
  return new Set(said.toString().split('\n').filter(Boolean).map(Number))
}

/** Applies all our texts by one git and returns those it refused; one refusal fails them all, so then one by one. */
function applyAll(folder: string, accepted: readonly Accepted[]): Accepted[] {
  const input = accepted.map(({ text }) => text).join('')
  try {
    execFileSync('git', ['apply', '-p1', '-'], { cwd: folder, env: environment(), input, stdio: 'pipe' })
    return []
  } catch {
    const single = accepted.map(({ index, text }) => ({ index, text, flags: '' }))
    const good = applyEach(folder, single)
    return accepted.filter(({ index }) => !good.has(index))
  }
}

function describeCase({ patchCase, index, text }: Accepted): string {
  const base = patchCase.base === null ? null : patchCase.base.toString()
  return JSON.stringify({ index, operation: patchCase.operation, base, patch: patchCase.text, text }, null, 1)
}

function collect(): { accepted: Accepted[]; refused: Map<string, number>; straightRefused: PatchCase[] } {
  const accepted: Accepted[] = []
  const refused = new Map<string, number>()
  const straightRefused: PatchCase[] = []
  for (let index = 0; index < CASES; index++) {
    const path = `d${index}/file with space.txt`
    const patchCase = makeCase(SEED + index, path)
    const parsed = parsePatch(patchCase.text, path, patchCase.operation)
    const outcome = parsed.ok ? applyPatch(patchCase.base, parsed.patch, patchCase.operation) : parsed
    if (!parsed.ok || !outcome.ok) {
      const code = outcome.ok ? '' : outcome.code
      refused.set(code, (refused.get(code) ?? 0) + 1)
      if (patchCase.straight) straightRefused.push(patchCase)
      continue
    }
    const recounted = parsed.patch.normalised.some((note) => note.includes('recomputed'))
    const numbered = !parsed.patch.normalised.some((note) => note.includes('no line numbers'))
    accepted.push({ index, patchCase, path, recounted, numbered, result: outcome.result, text: outcome.text })
  }
  return { accepted, refused, straightRefused }
}

test(`${CASES} bent patches never give a result other than git's own`, () => {
  const { accepted, refused, straightRefused } = collect()
  expect(straightRefused, 'patches in git’s own form, unbent').toEqual([])
  expect(accepted.length / CASES).toBeGreaterThan(0.3)
  expect(accepted.length / CASES).toBeLessThan(0.9)
  for (const code of [
    'does_not_apply',
    'ambiguous_hunk',
    'no_context',
    'overlapping_hunks',
    'patch_garbage',
  ]) {
    expect(refused.get(code) ?? 0, code).toBeGreaterThan(0)
  }

  const ours = join(root, 'ours')
  writeBases(ours, accepted)
  expect(applyAll(ours, accepted).map(describeCase), 'our texts that git refuses').toEqual([])
  const theirs = join(root, 'theirs')
  writeBases(theirs, accepted)
  const originals = accepted
    .filter(({ numbered }) => numbered)
    .map(({ index, path, patchCase, recounted }) => ({
      index,
      text: patchCase.rebuilt(path),
      flags: recounted ? '--recount' : '',
    }))
  const good = applyEach(theirs, originals)
  const latin1 = (bytes: Buffer | null): string | null => bytes?.toString('latin1') ?? null
  const differing = accepted.flatMap((one) => {
    const expected = latin1(one.result)
    const byText = latin1(readResult(ours, one.path))
    const byOriginal = good.has(one.index) ? latin1(readResult(theirs, one.path)) : expected
    const same = byText === expected && byOriginal === expected
    return same ? [] : [{ case: describeCase(one), expected, byText, byOriginal }]
  })
  expect(differing.slice(0, 3)).toEqual([])
  // Where git takes the text as sent, too, the comparison says most; there must be plenty of those.
  expect(good.size / CASES).toBeGreaterThan(0.2)
  if (process.env['HYPERION_LOG'] === '1') {
    console.error({ accepted: accepted.length, alsoByGit: good.size, refused: Object.fromEntries(refused) })
  }
})
