/** An export that is killed, at each of its steps: nothing is lost, and the next one puts it right. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../main/engine/base/clock.ts'
import { sha256 } from '../../main/engine/base/hash.ts'
import { ownIdentity } from '../../main/engine/base/process.ts'
import { openSkills } from '../../main/engine/skills/skills.ts'
import { hyperion } from '../cli/support.ts'
import { folder, PROJECT, put, shipped, snapshot, SKILL } from './support.ts'

const FIXTURE = fileURLToPath(new URL('../support/killed-export.ts', import.meta.url))

/** Returns how the process ended. */
function run(verb: 'plan' | 'export', root: string, dest: string, at: number | string): 'killed' | 'ended' {
  const ran = spawnSync(process.execPath, [FIXTURE, verb, root, dest, String(at)], { encoding: 'utf8' })
  if (ran.signal === 'SIGKILL') return 'killed'
  if (ran.status !== 0) throw new Error(`the export failed: ${ran.stderr}`)
  return 'ended'
}

const MINE = {
  'skills/cast-builder/SKILL.md': `${SKILL}\nMine.\n`,
  'skills/other/SKILL.md': 'of somebody else\n',
  'scripts/cast_builder.sh': '#!/bin/sh\nexec hyperion cast "$@"\n',
  'scripts/mine.sh': 'mine\n',
  'notes.txt': 'mine\n',
}

function target(): string {
  const dest = folder()
  put(dest, MINE)
  chmodSync(join(dest, 'skills/cast-builder/SKILL.md'), 0o600)
  return dest
}

const stages = (dest: string): string[] =>
  readdirSync(dest).filter((name) => name.startsWith('.hyperion-export'))

/** The last step after which all is taken back. */
const LAST_MOVE = 'moved skills/cast-builder/scripts/run.sh'

/** A stage of a process that has ended, as another one would have left it. */
function orphan(dest: string): string {
  const [name = ''] = stages(dest)
  const gone = '.hyperion-export-999999999-1'
  renameSync(join(dest, name), join(dest, gone))
  return join(dest, gone)
}

describe('killed at each step', () => {
  test('everything that was there still is, and the next look takes it back or finds it complete', async () => {
    const root = shipped()
    const skills = openSkills({ root, clock: systemClock() })
    const whole = target()
    const before = snapshot(whole)
    expect(run('export', root, whole, 0)).toBe('ended')
    const outcomes = new Set<string>()
    let at = 1
    for (; ; at += 1) {
      const dest = target()
      if (run('export', root, dest, at) === 'ended') break
      for (const path of Object.keys(MINE))
        expect([at, path, existsSync(join(dest, path))]).toEqual([at, path, true])
      const { notes } = await skills.plan(dest)
      expect([at, stages(dest)]).toEqual([at, []])
      const now = snapshot(dest)
      const complete = snapshot(whole)
      // The guide names the folder it is in.
      for (const one of [now, complete])
        if (one['EXPORT_GUIDE.md'] !== undefined) one['EXPORT_GUIDE.md'] = 'there'
      if (JSON.stringify(now) === JSON.stringify(complete)) outcomes.add('complete')
      else {
        expect([at, now]).toEqual([at, before])
        outcomes.add('taken back')
      }
      if (notes.length > 0) outcomes.add(notes.join('\n').replace(/^.*interrupted /, ''))
      const done = await skills.export(dest, 'all')
      expect(snapshot(dest)['skills/cast-builder/SKILL.md']).toBe(`644 ${SKILL}`)
      expect(done.files).toHaveLength(5)
    }
    expect(at).toBeGreaterThan(20)
    expect([...outcomes].sort()).toEqual([
      'after all its files were in place; it stands',
      'before it changed anything; what it had made ready is gone',
      'complete',
      'half-way; what it had changed was put back',
      'taken back',
    ])
  })

  test('also while what an earlier one left is put back', async () => {
    const root = shipped()
    const skills = openSkills({ root, clock: systemClock() })
    const before = snapshot(target())
    let at = 1
    for (; ; at += 1) {
      const dest = target()
      expect(run('export', root, dest, LAST_MOVE)).toBe('killed')
      if (run('plan', root, dest, at) === 'ended') {
        expect(snapshot(dest)).toEqual(before)
        break
      }
      for (const path of Object.keys(MINE))
        expect([at, path, existsSync(join(dest, path))]).toEqual([at, path, true])
      await skills.plan(dest)
      expect([at, snapshot(dest)]).toEqual([at, before])
    }
    expect(at).toBeGreaterThan(5)
  })
})

/**
 * Read by the program before its own code: kills it with SIGKILL right after the system call that ends a step. Which
 * step that is, the names of the stage tell.
 */
const KILLER = `
const fs = require('node:fs')
const at = process.env.KILL_AFTER
const die = () => process.kill(process.pid, 'SIGKILL')
for (const name of ['renameSync', 'rmSync']) {
  const real = fs[name]
  fs[name] = (from, ...rest) => {
    real(from, ...rest)
    if (at === 'journal' && /hyperion-export[^/]*\\/journal\\.json$/.test(String(rest[0]))) die()
    if (at === 'moved' && /hyperion-export[^/]*\\/next\\/.+/.test(String(from))) die()
  }
}
require('node:module').syncBuiltinESMExports()
`

test.each(['journal', 'moved'])('the command line itself, killed after its first step "%s"', async (at) => {
  const [dest, by] = [target(), folder()]
  put(by, { 'killer.cjs': KILLER })
  const before = snapshot(dest)
  const args = ['export', '--dest', dest]
  const env = { NODE_OPTIONS: `--require=${join(by, 'killer.cjs')}`, KILL_AFTER: at }
  expect(await hyperion([...args, '--overwrite'], { cwd: by, env })).toMatchObject({ code: null, signal: 'SIGKILL', stdout: '' }) // prettier-ignore
  const [stage = '', ...more] = stages(dest)
  expect([stage, more]).toEqual([expect.stringMatching(/^\.hyperion-export-\d+-/), []])
  expect(existsSync(join(dest, stage, 'journal.json'))).toBe(true)
  const shippedGuide = existsSync(join(dest, 'EXPORT_GUIDE.md'))
  expect(shippedGuide).toBe(at === 'moved')
  for (const path of Object.keys(MINE)) expect([path, existsSync(join(dest, path))]).toEqual([path, true])

  const refused = await hyperion(args, { cwd: by })
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain(
    'an earlier export was interrupted half-way; what it had changed was put back',
  )
  expect(snapshot(dest)).toEqual(before)
  expect((await hyperion([...args, '--overwrite'], { cwd: by })).code).toBe(0)
  expect(stages(dest)).toEqual([])
  for (const path of ['skills/other/SKILL.md', 'scripts/mine.sh', 'notes.txt'])
    expect(snapshot(dest)[path]).toBe(before[path])
  const SHIPPED = 'skills/cast-builder/SKILL.md'
  expect(readFileSync(join(dest, SHIPPED)).equals(readFileSync(join(PROJECT, SHIPPED)))).toBe(true)
})

test('what was edited since the interruption stays, and what was there before is kept beside it', async () => {
  const root = shipped()
  const dest = target()
  expect(run('export', root, dest, LAST_MOVE)).toBe('killed')
  writeFileSync(join(dest, 'skills/cast-builder/SKILL.md'), 'edited since\n')
  const { notes } = await openSkills({ root, clock: systemClock() }).plan(dest)
  expect(notes.join('\n')).toMatch(
    /SKILL\.md was edited since, so it stays; what was there before is .*before-export$/,
  )
  const now = snapshot(dest)
  expect(now['skills/cast-builder/SKILL.md']).toMatch(/edited since/)
  expect(now['skills/cast-builder/SKILL.md.before-export']).toBe(
    `600 ${MINE['skills/cast-builder/SKILL.md']}`,
  )
})

test('a journal that cannot be read refuses with the way out, and nothing of it is removed', async () => {
  const root = shipped()
  const dest = target()
  expect(run('export', root, dest, LAST_MOVE)).toBe('killed')
  const stage = orphan(dest)
  writeFileSync(join(stage, 'journal.json'), '{')
  const before = snapshot(dest)
  await expect(openSkills({ root, clock: systemClock() }).plan(dest)).rejects.toMatchObject({
    code: 'journal_damaged',
    hint: expect.stringContaining(join(stage, 'kept')),
  })
  expect(snapshot(dest)).toEqual(before)
})

describe('what a clone of somebody else’s repository may hold', () => {
  const planted = (dest: string, journal: unknown, mode: number): string => {
    const stage = join(dest, '.hyperion-export-999999999-1')
    put(stage, { 'journal.json': JSON.stringify(journal), 'kept/notes.txt': 'planted\n' })
    chmodSync(stage, mode)
    return stage
  }

  test('a folder like that of an interrupted export is not believed where others could have made it', async () => {
    const [root, dest] = [shipped(), target()]
    const file = { path: 'notes.txt', sha256: sha256('mine\n'), existed: false }
    const stage = planted(dest, { folders: [], files: [file] }, 0o755)
    const before = snapshot(dest)
    const { notes } = await openSkills({ root, clock: systemClock() }).plan(dest)
    expect(notes).toEqual([
      `${stage} looks like an interrupted export, but others could write in it: left as it is`,
    ])
    expect(snapshot(dest)).toEqual(before)
  })

  test.each(['../victim', '/etc/victim', 'a/../../victim', '.git/config'])(
    'a journal that names %s is refused, and nothing outside of the target is touched',
    async (path) => {
      const [root, above] = [shipped(), folder()]
      put(above, { victim: 'mine\n', 'dest/x': '' })
      for (const existed of [true, false]) {
        planted(
          join(above, 'dest'),
          { folders: [], files: [{ path, sha256: sha256('mine\n'), existed }] },
          0o700,
        )
        const before = snapshot(above)
        await expect(
          openSkills({ root, clock: systemClock() }).plan(join(above, 'dest')),
        ).rejects.toMatchObject({ code: 'journal_damaged' })
        expect(snapshot(above)).toEqual(before)
      }
    },
  )

  test('where a link came in the way since the interruption, nothing is taken back through it', async () => {
    const [root, dest, elsewhere] = [shipped(), target(), folder()]
    expect(run('export', root, dest, LAST_MOVE)).toBe('killed')
    renameSync(join(dest, 'skills'), join(elsewhere, 'skills'))
    symlinkSync(join(elsewhere, 'skills'), join(dest, 'skills'))
    const before = snapshot(elsewhere)
    const skills = openSkills({ root, clock: systemClock() })
    await expect(skills.plan(dest)).rejects.toMatchObject({ code: 'link_in_way' })
    expect(snapshot(elsewhere)).toEqual(before)
    rmSync(join(dest, 'skills'))
    renameSync(join(elsewhere, 'skills'), join(dest, 'skills'))
    expect((await skills.plan(dest)).notes.join()).toContain('put back')
    expect(snapshot(dest)).toEqual(snapshot(target()))
  })
})

test('while another process exports into the same folder, this one is refused and changes nothing', async () => {
  const root = shipped()
  const dest = target()
  const init = { pid: process.ppid }
  expect(ownIdentity().pid).not.toBe(init.pid)
  mkdirSync(join(dest, `.hyperion-export-${init.pid}-x`))
  const before = snapshot(dest)
  await expect(openSkills({ root, clock: systemClock() }).export(dest, 'all')).rejects.toMatchObject({
    code: 'export_running',
    exitCode: 4,
  })
  expect(snapshot(dest)).toEqual(before)
})
