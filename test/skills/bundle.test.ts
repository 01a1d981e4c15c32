/** The bundle: the same bytes each time, valid for other programs, and what its README says lands a change. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs' // prettier-ignore
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../main/engine/base/hash.ts'
import { bundleFiles } from '../../main/engine/skills/bundle.ts'
import { readCatalogue } from '../../main/engine/skills/catalogue.ts'
import { FIXED_SECONDS, packTar, wrapGzip } from '../../main/engine/skills/tar.ts'
import { bundleResultSchema } from '../../schemas/skills.ts'
import { hyperion, refusedIn } from '../cli/support.ts'
import { fill, mountReadOnly, mountSmall, NO_MOUNTS } from '../support/mounts.ts'
import { folder, onPath, PROJECT, shipped } from './support.ts'

const make = (file: string, ...more: string[]) => hyperion(['export-bundle', '--out', file, ...more])
const SOURCES = ['README.md', 'scripts/cast_builder.sh', 'skills/cast-builder/SKILL.md']

describe('export-bundle', () => {
  test('writes the same bytes each time, whatever the times, modes and order of its sources', async () => {
    const at = folder()
    const file = join(at, 'cast-builder.tar.gz')
    const ran = await make(file, '--format', 'json')
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const done = bundleResultSchema.parse(JSON.parse(ran.stdout))
    expect(done).toMatchObject({ file, checksum_file: `${file}.sha256`, written: true })
    expect(done.sha256).toBe(sha256(readFileSync(file)))
    const root = shipped()
    rmSync(join(root, 'skills'), { recursive: true })
    for (const path of ['skills', 'scripts', 'resources/templates'])
      cpSync(join(PROJECT, path), join(root, path), { recursive: true })
    utimesSync(join(root, 'skills/cast-builder/SKILL.md'), 1, 1)
    chmodSync(join(root, 'skills/cast-builder/SKILL.md'), 0o777)
    chmodSync(join(root, 'scripts/cast_builder.sh'), 0o600)
    const again = wrapGzip(packTar(bundleFiles(readCatalogue(root)).toReversed()))
    expect(again.equals(readFileSync(file))).toBe(true)
    expect((await make(file)).stdout).toMatch(/^Unchanged: .*\nsha256 [0-9a-f]{64}\n$/)
    expect(readdirSync(at).sort()).toEqual(['cast-builder.tar.gz', 'cast-builder.tar.gz.sha256'])
    expect(execFileSync('sha256sum', ['-c', 'cast-builder.tar.gz.sha256'], { cwd: at, encoding: 'utf8' })).toBe('cast-builder.tar.gz: OK\n') // prettier-ignore
  })

  test('says nothing in the header of gzip of where and when it was made', async () => {
    const file = join(folder(), 'b.tar.gz')
    await make(file)
    expect([...readFileSync(file).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
    expect(spawnSync('gzip', ['-t', file]).status).toBe(0)
  })

  for (const program of ['tar', 'bsdtar'])
    test(`${program} unpacks it: owners 0, one time, modes, plain paths`, async ({ skip }) => {
      if (spawnSync(program, ['--version']).error !== undefined)
        return skip(`${program} is not installed here`)
      const [at, to] = [folder(), folder()]
      const file = join(at, 'b.tar.gz')
      await make(file)
      const listed = execFileSync(program, ['-tvzf', file], {
        encoding: 'utf8',
        env: { ...process.env, TZ: 'UTC' },
      })
      const lines = listed.trim().split('\n')
      expect(lines.length).toBe(bundleFiles(readCatalogue(PROJECT)).length)
      for (const line of lines)
        expect(line).toMatch(/^-rw[x-]r-[x-]r-[x-] .*\b0[/ ]+0 .*2020.* [A-Za-z][\w./-]+$/)
      const unpacked = spawnSync(program, ['-xzpf', file, '-C', to], { encoding: 'utf8' })
      expect([unpacked.status, unpacked.stderr]).toEqual([0, ''])
      for (const path of SOURCES) expect(statSync(join(to, path)).mtimeMs).toBe(FIXED_SECONDS * 1000)
      for (const path of SOURCES.slice(1)) expect(readFileSync(join(to, path), 'utf8')).toBe(readFileSync(join(PROJECT, path), 'utf8')) // prettier-ignore
      expect(statSync(join(to, 'scripts/cast_builder.sh')).mode & 0o777).toBe(0o755)
      expect(statSync(join(to, 'README.md')).mode & 0o777).toBe(0o644)
    })

  test('is refused where something else is, with nothing changed; --overwrite replaces it', async () => {
    const at = folder()
    const file = join(at, 'b.tar.gz')
    writeFileSync(file, 'mine\n')
    const args = ['export-bundle', '--out', file]
    expect(await refusedIn(at, args, {})).toBe(
      `${file} would be replaced; name another file, or give --overwrite`,
    )
    rmSync(file)
    writeFileSync(`${file}.sha256`, 'mine\n')
    expect(await refusedIn(at, args, {})).toMatch(/b\.tar\.gz\.sha256 would be replaced/)
    expect((await make(file, '--overwrite')).code).toBe(0)
    expect((await hyperion(['verify-bundle', file])).stdout).toMatch(/^ok {2}\d+ entries {2}sha256 /)
  })

  test.each([
    ['y', 0],
    ['n', 1],
  ])('on a terminal it asks; the answer %s', async (answer, code) => {
    const at = folder()
    const file = join(at, 'b.tar.gz')
    writeFileSync(file, 'mine\n')
    const typed = `echo ${answer} | script -qec "hyperion export-bundle --out '${file}'" /dev/null`
    const ran = onPath('/bin/sh', ['-c', typed], at)
    expect([ran.status, ran.stdout.includes('would be replaced. Replace? [y/N]')]).toEqual([code, true])
    expect(readFileSync(file, 'latin1') === 'mine\n').toBe(code === 1)
  })

  test('is refused for a place that can never take it', async () => {
    const at = folder()
    mkdirSync(join(at, 'dir.tar.gz'))
    mkdirSync(join(at, '.git'))
    writeFileSync(join(at, 'file'), '')
    writeFileSync(join(at, 'real'), 'real\n')
    symlinkSync('real', join(at, 'link.tar.gz'))
    symlinkSync('real', join(at, 'x.tar.gz.sha256'))
    for (const [name, said] of [
      ['b.zip', 'does not end in .tar.gz'],
      ['dir.tar.gz', 'is not a file'],
      ['link.tar.gz', 'is a link, and nothing is written through one'],
      ['x.tar.gz', 'x.tar.gz.sha256 is a link'],
      ['gone/b.tar.gz', 'is not there; make it'],
      ['file/b.tar.gz', 'file is not there'],
      ['.git/b.tar.gz', 'is in a .git folder'],
    ] as const)
      for (const more of [[], ['--overwrite']])
        expect(await refusedIn(at, ['export-bundle', '--out', join(at, name), ...more], {})).toContain(said)
    const own = join(PROJECT, 'skills/b.tar.gz')
    expect(await refusedIn(join(PROJECT, 'skills'), ['export-bundle', '--out', own], {})).toContain("Hyperion's own skills") // prettier-ignore
  })

  test('on a read-only or full disk one sentence says so, and nothing is left half-way', async ({ skip }) => {
    const at = folder()
    const args = ['export-bundle', '--out', join(at, 'b.tar.gz')]
    const readOnly = mountReadOnly(at)
    if (readOnly === null) return skip(NO_MOUNTS)
    try {
      expect(await refusedIn(at, args, {})).toMatch(
        /is on a read-only disk; name a place that can be written$/,
      )
    } finally {
      readOnly.end()
    }
    const small = mountSmall(at, 64)
    if (small === null) return skip(NO_MOUNTS)
    try {
      fill(join(at, 'filler'))
      expect(await refusedIn(at, args, {}, 4)).toMatch(
        /^the disk that holds .* is full; make room and try again$/,
      )
    } finally {
      small.end()
    }
  })
})

test('its README, followed to the letter in an empty folder, lands a change', async () => {
  const [at, work] = [folder(), folder()]
  const file = join(at, 'cast-builder.tar.gz')
  await make(file)
  execFileSync('tar', ['-xzf', file, '-C', work])
  const readme = readFileSync(join(work, 'README.md'), 'utf8')
  const [, block = ''] = /## From an empty folder[^]*?```sh\n([^]*?)```/.exec(readme) ?? []
  const ran = onPath('/bin/sh', ['-e', '-c', block], work)
  expect([ran.status, ran.stderr.replaceAll(/^(?!hyperion: ).*\n/gm, '')]).toEqual([0, ''])
  expect(ran.stdout).toContain('enqueued 2 change request(s)')
  expect(ran.stdout).toMatch(/\n# Hello\n\nThis file came through the merge queue\.\n$/)
  const log = execFileSync('git', ['log', '--format=%(trailers:key=Request-Id,valueonly)', 'main'], { cwd: work, encoding: 'utf8' }) // prettier-ignore
  expect(log).toContain('HELLO-1')
  for (const field of [
    'intent',
    'complexity',
    'sample_diff',
    'telemetry_anchors',
    'approvals',
    'agent_model',
  ])
    expect(readme).toContain(`| \`${field}\``)
})
