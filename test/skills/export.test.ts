/** `export` as an operator runs it: what it says first, what it writes, what it refuses. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs' // prettier-ignore
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../main/engine/base/clock.ts'
import { sha256 } from '../../main/engine/base/hash.ts'
import { openSkills } from '../../main/engine/skills/skills.ts'
import { nextTaskContextSchema } from '../../schemas/reports.ts'
import { exportResultSchema, type ExportResult } from '../../schemas/skills.ts'
import { hyperion, refusedIn, sentence, thingsForEach, type Ran } from '../cli/support.ts'
import { fill, mountReadOnly, mountSmall, NO_MOUNTS } from '../support/mounts.ts'
import { folder, onPath, PROJECT, put, shipped, snapshot } from './support.ts'

const { prepared, repository } = thingsForEach()
const run = (dest: string, more: string[] = [], cwd = folder()): Promise<Ran> =>
  hyperion(['export', '--dest', dest, ...more], { cwd })
async function exported(dest: string, more: string[] = [], cwd = folder()): Promise<ExportResult> {
  const ran = await run(dest, ['--format', 'json', ...more], cwd)
  if (ran.code !== 0) throw new Error(ran.stderr)
  return exportResultSchema.parse(JSON.parse(ran.stdout))
}
const leftovers = (dest: string): string[] => readdirSync(dest).filter((name) => name.startsWith('.hyperion'))
/** Holds of every refusal: nothing in the target is another than it was. */
const refused = (dest: string, watched = dest, more: string[] = []): Promise<string> =>
  refusedExport(dest, watched, more, 1)
async function refusedExport(dest: string, watched: string, more: string[], code: number): Promise<string> {
  const before = snapshot(watched)
  const ran = await run(dest, more)
  expect([ran.code, ran.stdout]).toEqual([code, ''])
  expect(snapshot(watched)).toEqual(before)
  return (
    ran.stderr
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.replace(/^hyperion: /, '') ?? ''
  )
}

describe('what is written', () => {
  test('the skills, the template, the launcher and the guide, as they are shipped, with one hash of all', async () => {
    const dest = folder()
    const { files, written, bytes, sha256: hash, recorded } = await exported(dest)
    const paths = files.map(({ path }) => path)
    expect(written).toBe(paths.length)
    expect(recorded).toBe(false)
    for (const path of [
      'EXPORT_GUIDE.md',
      'assets/templates/EXPORT_GUIDE.template.md',
      'scripts/cast_builder.sh',
      'skills/hyperion-ops/SKILL.md',
    ])
      // prettier-ignore
      expect(paths).toContain(path)
    for (const path of paths.filter((one) => one.startsWith('skills/')))
      expect(readFileSync(join(dest, path)).equals(readFileSync(join(PROJECT, path)))).toBe(true)
    const lines = paths.map((path) => `${sha256(readFileSync(join(dest, path)))}  ${path}\n`)
    expect(hash).toBe(sha256(lines.join('')))
    expect(bytes).toBe(paths.reduce((sum, path) => sum + statSync(join(dest, path)).size, 0))
    expect(statSync(join(dest, 'scripts/cast_builder.sh')).mode & 0o777).toBe(0o755)
    expect(leftovers(dest)).toEqual([])
  })

  test('the plan is shown before, and again nothing changes and nothing is asked', async () => {
    const dest = folder()
    const first = await run(dest)
    expect(first.stderr).toMatch(/^ {2}new {11}EXPORT_GUIDE\.md {2}\+\d+ −0$/m)
    expect(first.stdout).toMatch(
      /^Exported \d+ files, \d+ bytes, to .* \(\d+ written\)\nsha256 [0-9a-f]{64}\n$/,
    )
    const before = snapshot(dest)
    const again = await run(dest)
    expect([again.code, again.stdout.includes('(0 written)')]).toEqual([0, true])
    expect(again.stderr).not.toMatch(/^ {2}(?:new|would change)/m)
    expect(snapshot(dest)).toEqual(before)
  })

  test('files of others are left alone, also beside and inside the skills', async () => {
    const dest = folder()
    const mine = { 'skills/mine/SKILL.md': 'mine\n', 'skills/cast-builder/notes.md': 'mine\n', 'scripts/x.sh': 'mine\n', 'README.md': 'mine\n' } // prettier-ignore
    put(dest, mine)
    await exported(dest)
    for (const [path, text] of Object.entries(mine)) expect(readFileSync(join(dest, path), 'utf8')).toBe(text)
  })

  test('a folder that is not there yet is made, where the one above it is', async () => {
    const at = folder()
    const ran = await run(join(at, 'ä new one'))
    expect([ran.code, ran.stderr.includes('ä new one, which is made:')]).toEqual([0, true])
    expect(readFileSync(join(at, 'ä new one/EXPORT_GUIDE.md'), 'utf8')).toContain(
      '- Languages: none that the names of the files tell\n- Git: not a git repository; run `git init`',
    )
    expect(await refused(join(at, 'a/b'), at)).toMatch(
      /^the folder .*\/a is not there; make it, or name another$/,
    )
  })
})

/** Exports twice; the second time nothing is new, and nothing is another than it was. */
async function twice(dest: string, cwd?: string): Promise<string> {
  const own = /^(?:\.git|\.hyperion|execution)\//
  await exported(dest, [], cwd)
  const before = Object.entries(snapshot(dest))
  const again = await exported(dest, [], cwd)
  expect([again.written, again.files.filter(({ state }) => state !== 'same')]).toEqual([0, []])
  // A record of the second time is kept by the workspace, and git looks at its index.
  const others = (entries: [string, string][]) => entries.filter(([path]) => !own.test(path))
  expect(others(Object.entries(snapshot(dest)))).toEqual(others(before))
  return readFileSync(join(dest, 'EXPORT_GUIDE.md'), 'utf8')
}

describe('the same export again changes nothing', () => {
  test('in a new folder and in an empty one, which have the same guide', async () => {
    const at = folder()
    mkdirSync(join(at, 'empty'))
    const [made, empty] = [await twice(join(at, 'new')), await twice(join(at, 'empty'))]
    expect(made.replaceAll('/new`', '/empty`')).toBe(empty)
  })

  test('in a git repository, with and without a commit, and in new folders below it', async () => {
    const repo = repository({ files: { 'a.py': '', 'in/b.ts': '' } })
    expect(await twice(repo.dir)).toContain('on branch main; nothing uncommitted beside this export\n')
    // Named so that git would take it for a pattern.
    for (const name of ['new', 'n*', 'in/new']) {
      const guide = await twice(join(repo.dir, name))
      expect(guide).toContain('- Languages: none that the names of the files tell\n')
      expect(guide).toMatch(
        /a folder in a git repository on branch main; (?:20|40|60) untracked files beside/,
      )
    }
    // A folder that is gone from the disk and not from the index.
    rmSync(join(repo.dir, 'in'), { recursive: true })
    expect(await twice(join(repo.dir, 'in'))).toContain('- Languages: TypeScript\n')
    const unborn = folder()
    spawnSync('git', ['init', '-q', '-b', 'main'], { cwd: unborn })
    expect(await twice(unborn)).toContain('without a commit yet')
  })

  test('in the workspace that records it', async () => {
    const w = await prepared()
    expect(await twice(w.dir, w.dir)).toContain('nothing uncommitted beside this export')
  })

  test('a folder that became a repository in between has another guide, and no other file changes', async () => {
    const dest = folder()
    await exported(dest)
    spawnSync('git', ['init', '-q', '-b', 'main'], { cwd: dest })
    expect(await refused(dest)).toMatch(/^1 file in .* would change: EXPORT_GUIDE\.md;/)
    await exported(dest, ['--overwrite'])
    await twice(dest)
  })
})

describe('the guide', () => {
  test('names the target, its languages and its state in git, and does not count the export itself', async () => {
    const repo = repository({ files: { 'a.py': '', 'b.py': '', 'c.ts': '', 'notes.txt': '' } })
    const guide = () => readFileSync(join(repo.dir, 'EXPORT_GUIDE.md'), 'utf8')
    await exported(repo.dir)
    expect(guide()).toContain(`- Target: \`${repo.dir}\`\n- Languages: Python, TypeScript\n`)
    expect(guide()).toContain(
      '- Git: a git repository on branch main; nothing uncommitted beside this export\n',
    )
    expect((await exported(repo.dir)).written).toBe(0)
    put(repo.dir, { 'a.py': 'changed\n', 'new.txt': '' })
    await exported(repo.dir, ['--overwrite'])
    expect(guide()).toContain('on branch main; 1 changed file and 1 untracked file beside this export')
    const below = join(repo.dir, 'part')
    mkdirSync(below)
    put(below, { 'x.rs': '' })
    await exported(below)
    expect(readFileSync(join(below, 'EXPORT_GUIDE.md'), 'utf8')).toContain(
      'a folder in a git repository on branch main',
    )
    for (const said of [
      'hyperion session init',
      'hyperion request',
      'hyperion run',
      'scripts/cast_builder.sh',
    ])
      expect(guide()).toContain(said)
    expect(guide()).not.toMatch(/\{\{/)
  })

  test('outside of git languages are told by names, and what was built or fetched does not count', async () => {
    const dest = folder()
    put(dest, { 'src/a.rs': '', 'node_modules/x/b.js': '', '.cache/c.py': '' })
    await exported(dest)
    const guide = readFileSync(join(dest, 'EXPORT_GUIDE.md'), 'utf8')
    expect(guide).toContain('- Languages: Rust\n')
    expect(guide).toContain('- Git: not a git repository; run `git init`')
  })
})

describe('where files would change', () => {
  async function edited(): Promise<string> {
    const dest = folder()
    await exported(dest)
    writeFileSync(join(dest, 'skills/cast-builder/SKILL.md'), 'mine\n')
    chmodSync(join(dest, 'scripts/cast_builder.sh'), 0o644)
    return dest
  }
  const [A, B] = ['scripts/cast_builder.sh', 'skills/cast-builder/SKILL.md']

  test('without a terminal it refuses, names them and --overwrite, and changes nothing', async () => {
    const dest = await edited()
    expect(await refused(dest)).toBe(
      `2 files in ${dest} would change: ${A}, ${B}; look at them, then give --overwrite`,
    )
    const { stderr } = await run(dest)
    expect(stderr).toMatch(/^ {2}would change {2}skills\/cast-builder\/SKILL\.md {2}\+\d+ −1$/m)
    expect(stderr).toMatch(/^ {2}would change {2}scripts\/cast_builder\.sh {2}executable or not$/m)
  })

  test('--overwrite replaces exactly them', async () => {
    const dest = await edited()
    const { files, written } = await exported(dest, ['--overwrite'])
    expect(written).toBe(2)
    expect(files.filter(({ state }) => state === 'changed').map(({ path }) => path)).toEqual([A, B])
    expect(readFileSync(join(dest, B)).equals(readFileSync(join(PROJECT, B)))).toBe(true)
    expect(statSync(join(dest, A)).mode & 0o111).toBe(0o111)
  })

  test.each([
    ['y', true],
    ['n', false],
    ['', false],
  ])('on a terminal it asks; the answer %j', async (answer, replaced) => {
    const dest = await edited()
    const ran = answered(dest, answer)
    expect(ran.stdout).toContain('Replace 2 files? [y/N]')
    expect(ran.status).toBe(replaced ? 0 : 1)
    expect(readFileSync(join(dest, B), 'utf8') === 'mine\n').toBe(!replaced)
    if (!replaced) expect(ran.stdout).toContain('nothing was changed')
  })

  /** `script` gives the program a terminal, and types what it reads itself. */
  function answered(dest: string, answer: string) {
    const typed = `printf '%s\\n' '${answer}' | script -qec "hyperion export --dest '${dest}'" /dev/null`
    return onPath('/bin/sh', ['-c', typed], folder())
  }
})

describe('refused, with nothing changed', () => {
  test.each(['', ' ', '\t\n'])('an empty name, %j, as of a variable that is not set', async (name) => {
    const at = folder()
    for (const [args, said] of [
      [['export', '--dest', name], 'the name of the folder is empty; name a folder'],
      [['export', '--overwrite', '--dest', name], 'the name of the folder is empty; name a folder'],
      [['export-bundle', '--out', name], 'the name of the file is empty; name a file'],
      [['verify-bundle', name], 'the name of the bundle is empty; name a bundle'],
    ] as const)
      expect([args, await refusedIn(at, args, { cwd: at })]).toEqual([args, said])
  })

  test('links in the target are never written through', async () => {
    const [dest, elsewhere] = [folder(), folder()]
    symlinkSync(elsewhere, join(dest, 'skills'))
    expect(await refused(dest)).toBe(
      `${dest}/skills is a link, and nothing is written through one; move it away`,
    )
    rmSync(join(dest, 'skills'))
    symlinkSync(join(elsewhere, 'guide.md'), join(dest, 'EXPORT_GUIDE.md'))
    expect(await refused(dest, dest, ['--overwrite'])).toMatch(/EXPORT_GUIDE\.md is a link/)
    expect(readdirSync(elsewhere)).toEqual([])
  })

  test('what is no folder or no file where one has to be', async () => {
    const dest = folder()
    writeFileSync(join(dest, 'skills'), 'mine\n')
    expect(await refused(dest, dest, ['--overwrite'])).toMatch(
      /skills is not a folder, and one has to be there; move/,
    )
    rmSync(join(dest, 'skills'))
    mkdirSync(join(dest, 'EXPORT_GUIDE.md'))
    expect(await refused(dest, dest, ['--overwrite'])).toMatch(/EXPORT_GUIDE\.md is not a file/)
  })

  test('a target that is a file, a link to nothing, or in a folder of git or of Hyperion', async () => {
    const at = folder()
    put(at, { file: 'x', '.git/x': '', 'a/.hyperion/x': '' })
    symlinkSync('nowhere', join(at, 'dangling'))
    symlinkSync('loop', join(at, 'loop'))
    for (const [name, said] of [
      ['file', /file is not a folder; name a folder$/],
      ['file/x', /file is not there|goes through something/],
      ['dangling', /dangling is a link to nothing; make what it leads to/],
      ['loop', /loop is a link that leads back to itself/],
      ['.git', /is in a \.git folder/],
      ['a/.hyperion/y', /is in a \.hyperion folder/],
    ] as const)
      expect([name, await refused(join(at, name), at)]).toEqual([name, expect.stringMatching(said)])
  })

  test('the folder of Hyperion itself, by any name', async () => {
    const link = join(folder(), 'link')
    symlinkSync(PROJECT, link)
    for (const dest of [PROJECT, join(PROJECT, 'skills'), link, join(link, 'new')]) {
      const ran = await run(dest, ['--overwrite'])
      expect([ran.code, sentence(ran)]).toEqual([1, expect.stringContaining('the folder of Hyperion itself; name another')]) // prettier-ignore
    }
    expect(existsSync(join(PROJECT, 'EXPORT_GUIDE.md'))).toBe(false)
  })

  test('a read-only and a full disk: one sentence, nothing half done', async ({ skip }) => {
    const dest = folder()
    writeFileSync(join(dest, 'mine'), 'mine\n')
    const readOnly = mountReadOnly(dest)
    if (readOnly === null) return skip(NO_MOUNTS)
    try {
      expect(await refused(dest)).toBe(`${dest} is on a read-only disk; name a place that can be written`)
      expect(await refused(join(dest, 'new'), dest)).toBe(`${dest} is on a read-only disk; name a place that can be written`) // prettier-ignore
    } finally {
      readOnly.end()
    }
    const small = mountSmall(dest, 128)
    if (small === null) return skip(NO_MOUNTS)
    try {
      writeFileSync(join(dest, 'filler'), Buffer.alloc(90 * 1024))
      expect(await refusedExport(dest, dest, [], 4)).toBe(
        `the disk that holds ${dest} is full; make room and try again`,
      )
      fill(join(dest, 'more'))
      expect(await refusedExport(dest, dest, [], 4)).toMatch(/is full; make room and try again$/)
    } finally {
      small.end()
    }
  })

  test('a folder that somebody else may write and this user may not', async ({ skip }) => {
    if (process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status !== 0)
      return skip('this needs root and setpriv to become somebody else')
    const dest = folder()
    const probe = `import('${PROJECT}/main/engine/skills/place.ts').then(({ readyTarget }) => { try { readyTarget('${dest}', '${PROJECT}'); console.log('taken') } catch (e) { console.log(e.message) } })` // prettier-ignore
    chmodSync(dest, 0o755)
    const as = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', process.execPath, '-e', probe], { encoding: 'utf8' }) // prettier-ignore
    if (!as.stdout.includes(dest))
      return skip(`another user cannot reach the sources here: ${as.stderr.slice(0, 200)}`)
    expect(as.stdout).toContain(`${dest} may not be written by you`)
  })

  test('what changes between the plan and its turn is not overwritten, and all is put back', async () => {
    const [root, dest] = [shipped(), folder()]
    put(dest, { 'skills/cast-builder/SKILL.md': 'mine\n' })
    const guide = join(dest, 'EXPORT_GUIDE.md')
    const racing = openSkills({
      root,
      clock: systemClock(),
      onStep: (step) => {
        if (step === 'journal') writeFileSync(join(dest, 'skills/cast-builder/SKILL.md'), 'mine, edited\n')
      },
    })
    await expect(racing.export(dest, 'all')).rejects.toMatchObject({ code: 'target_changed', exitCode: 4 })
    expect(snapshot(dest)).toEqual({ 'skills/': '', 'skills/cast-builder/': '', 'skills/cast-builder/SKILL.md': '644 mine, edited\n' }) // prettier-ignore
    const arriving = openSkills({
      root,
      clock: systemClock(),
      onStep: (step) => {
        if (step === 'journal') writeFileSync(guide, 'just arrived\n')
      },
    })
    await expect(arriving.export(dest, 'all')).rejects.toMatchObject({ code: 'target_changed' })
    expect(readFileSync(guide, 'utf8')).toBe('just arrived\n')
    expect(leftovers(dest)).toEqual([])
  })
})

test('a target that is a link to a folder is followed, which is said', async () => {
  const [real, at] = [folder(), folder()]
  symlinkSync(real, join(at, 'link'))
  const { dest, notes } = await exported(join(at, 'link'))
  expect(dest).toBe(realpathSync(real))
  expect(notes).toEqual([`${join(at, 'link')} leads to ${dest}, which takes the files`])
})

describe('what the workspace knows of it', () => {
  test('next_task_context.json names folder, time and hash at once, and a note says where there is none', async () => {
    const w = await prepared()
    const dest = folder()
    const { sha256: hash, recorded, exported_at } = await exported(dest, [], w.dir)
    expect(recorded).toBe(true)
    const told = { dest, exported_at, sha256: hash }
    const context = () =>
      nextTaskContextSchema.parse(
        JSON.parse(readFileSync(join(w.dir, 'execution/next_task_context.json'), 'utf8')),
      )
    expect(context().exported_skills).toEqual(told)
    await w.ok('worker', '--drain')
    expect(context().exported_skills).toEqual(told)
    expect(await w.ok('logs', '--format', 'json')).toContain('"skills exported"')
    const elsewhere = await run(dest, [], folder())
    expect(elsewhere.stderr).toMatch(
      /^not recorded, for there is no workspace here: .*is not in a git repository$/m,
    )
    expect(elsewhere.code).toBe(0)
  })

  test('a report that cannot be written is told of, and the export and its record stand', async () => {
    const w = await prepared()
    writeFileSync(join(w.dir, 'execution'), 'mine\n')
    const ran = await run(folder(), ['--format', 'json'], w.dir)
    expect(ran.code).toBe(0)
    expect(ran.stderr).toMatch(/^warning: .*execution.*$/m)
    expect(exportResultSchema.parse(JSON.parse(ran.stdout)).recorded).toBe(true)
    expect(readFileSync(join(w.dir, 'execution'), 'utf8')).toBe('mine\n')
  })

  test('what another program wrote there is not passed on to agents', async () => {
    const w = await prepared()
    for (const value of ['not json', '{"dest":1}']) {
      w.sql(`INSERT OR REPLACE INTO workspace (key, value) VALUES ('exported_skills', '${value}')`)
      await w.ok('worker', '--drain')
      const text = readFileSync(join(w.dir, 'execution/next_task_context.json'), 'utf8')
      expect(nextTaskContextSchema.parse(JSON.parse(text)).exported_skills).toBeNull()
    }
  })

  test('a queue that cannot be written fails the command after the export is made and told', async () => {
    const w = await prepared()
    writeFileSync(w.db, 'no database')
    for (const end of ['-wal', '-shm']) rmSync(`${w.db}${end}`, { force: true })
    const dest = folder()
    const ran = await run(dest, [], w.dir)
    expect(ran.code).not.toBe(0)
    expect(ran.stdout).toMatch(/^Exported /)
    expect(ran.stderr).toMatch(/hyperion: /)
    expect(existsSync(join(dest, 'EXPORT_GUIDE.md'))).toBe(true)
  })
})
