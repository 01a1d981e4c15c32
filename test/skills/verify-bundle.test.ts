/** `verify-bundle` on what is right, what is wrong and what is hostile. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Header, type HeaderData } from 'tar'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../main/engine/base/hash.ts'
import { checksumLine } from '../../main/engine/skills/bundle.ts'
import { FIXED_SECONDS, wrapGzip } from '../../main/engine/skills/tar.ts'
import { BUNDLE_LIMITS, verifyBundle } from '../../main/engine/skills/verify-bundle.ts'
import { bundleVerdictSchema } from '../../schemas/skills.ts'
import { hyperion, refusedIn } from '../cli/support.ts'
import { folder, SKILL } from './support.ts'

interface Entry extends HeaderData {
  path: string
  body?: string | Buffer
}

const GOOD: readonly Entry[] = [
  { path: 'README.md', body: '# Bundle\n' },
  { path: 'scripts/cast_builder.sh', mode: 0o755, body: '#!/bin/sh\n' },
  { path: 'skills/cast-builder/SKILL.md', body: SKILL },
]

/** Archives as a careless or hostile hand would make them. */
function tarOf(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ body = '', ...header }) => {
    const bytes = Buffer.from(body)
    const block = Buffer.alloc(512)
    const usual = { mode: 0o644, uid: 0, gid: 0, uname: '', gname: '', size: bytes.length, type: 'File', linkpath: '', mtime: new Date(FIXED_SECONDS * 1000) } // prettier-ignore
    new Header({ ...usual, ...header } as HeaderData).encode(block)
    return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([...parts, Buffer.alloc(Math.ceil((size + 1024) / 10_240) * 10_240 - size)])
}

function bundle(bytes: Buffer, checksum: string | null | 'right' = 'right'): string {
  const file = join(folder(), 'b.tar.gz')
  writeFileSync(file, bytes)
  const text = checksum === 'right' ? checksumLine(sha256(bytes), file) : checksum
  if (text !== null) writeFileSync(`${file}.sha256`, text)
  return file
}

const codesOf = (file: string): string[] => verifyBundle(file).problems.map(({ code }) => code)
const packed = (entries: readonly Entry[]): string => bundle(wrapGzip(tarOf(entries)))
const withEntry = (entry: Entry): Entry[] => [...GOOD, entry].sort((a, b) => (a.path < b.path ? -1 : 1))

describe('verify-bundle', () => {
  test('takes what export-bundle wrote, and says so in one line', async () => {
    const file = join(folder(), 'b.tar.gz')
    await hyperion(['export-bundle', '--out', file])
    const ran = await hyperion(['verify-bundle', file])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toBe(`ok  8 entries  sha256 ${sha256(readFileSync(file))}\n`)
    expect(readdirSync(join(file, '..'))).toHaveLength(2)
  })

  test('takes the least there can be', () => {
    expect(verifyBundle(packed(GOOD))).toMatchObject({ ok: true, problems: [], entries: 3 })
  })

  test('prints each reason and exits with 1; as JSON the same', async () => {
    const file = bundle(wrapGzip(tarOf(withEntry({ path: '../up\u001b[2J', uid: 1 }))), null)
    const ran = await hyperion(['verify-bundle', file])
    expect(ran).toMatchObject({ code: 1, stderr: '' })
    expect(ran.stdout.split('\n').map((line) => line.slice(0, 40))).toEqual([
      `not ok  ${file}`.slice(0, 40),
      '- the checksum could not be checked: '.padEnd(40, file).slice(0, 40),
      '- entry "../up\\x1b[2J" leads out of the f',
      '- entry "../up\\x1b[2J" belongs to somebod',
      '',
    ].map((line) => line.slice(0, 40))) // prettier-ignore
    const asJson = await hyperion(['verify-bundle', file, '--format', 'json'])
    expect(asJson.code).toBe(1)
    expect(bundleVerdictSchema.parse(JSON.parse(asJson.stdout)).problems.map(({ code }) => code)).toEqual(['checksum_missing', 'bad_path', 'bad_owner']) // prettier-ignore
  })

  test.each([
    ['missing: what could not be checked is not green', null, ['checksum_missing']],
    ['no checksum', 'hello\n', ['checksum_malformed']],
    ['of two files', `${'a'.repeat(64)}  b.tar.gz\n${'b'.repeat(64)}  c\n`, ['checksum_malformed']],
    ['of another file', `${'a'.repeat(64)}  c.tar.gz\n`, ['checksum_of_other']],
    ['of other content', `${'a'.repeat(64)}  b.tar.gz\n`, ['checksum_differs']],
    ['endless', 'x'.repeat(5000), ['checksum_malformed']],
  ])('a checksum that is %s', (_, text, expected) => {
    const file = bundle(wrapGzip(tarOf(GOOD)), text)
    expect(verifyBundle(file)).toMatchObject({ ok: false, entries: 3 })
    expect(codesOf(file)).toEqual(expected)
  })

  test.each<[string, Entry[], string[]]>([
    ['an absolute path', withEntry({ path: '/etc/x' }), ['bad_path']],
    ['a path out of it', withEntry({ path: 'skills/cast-builder/../../../x' }), ['bad_path']],
    ['a path of another system', withEntry({ path: 'C:\\x' }), ['bad_path']],
    ['a path that is no part of a bundle', withEntry({ path: 'zzz/evil.sh' }), ['bad_path']],
    ['a symbolic link', withEntry({ path: 'skills/cast-builder/l', type: 'SymbolicLink', linkpath: '/etc' }), ['not_a_file', 'link']],
    ['a hard link', withEntry({ path: 'skills/cast-builder/l', type: 'Link', linkpath: 'README.md' }), ['not_a_file', 'link']],
    ['a device', withEntry({ path: 'skills/cast-builder/l', type: 'CharacterDevice' }), ['not_a_file']],
    ['a folder', withEntry({ path: 'skills/cast-builder/l', type: 'Directory' }), ['not_a_file']],
    ['an owner', withEntry({ path: 'skills/cast-builder/x', uid: 1000 }), ['bad_owner']],
    ['the name of a group', withEntry({ path: 'skills/cast-builder/x', gname: 'staff' }), ['bad_owner']],
    ['another time', withEntry({ path: 'skills/cast-builder/x', mtime: new Date(0) }), ['bad_time']],
    ['a program that runs as somebody else', withEntry({ path: 'skills/cast-builder/x', mode: 0o4755 }), ['bad_mode']],
    ['an entry twice', withEntry({ path: 'skills/cast-builder/SKILL.md', body: SKILL }), ['twice']],
    ['an entry in two cases', withEntry({ path: 'skills/cast-builder/skill.md' }), ['twice']],
    ['an entry that is too large', withEntry({ path: 'skills/cast-builder/x', body: Buffer.alloc(BUNDLE_LIMITS.entryBytes + 1) }), ['entry_too_large']],
    ['another order', GOOD.toReversed(), ['not_sorted']],
    ['no README', GOOD.slice(1), ['missing']],
    ['a skill that is none', [...GOOD.slice(0, 2), { path: 'skills/cast-builder/SKILL.md', body: '---\nname: x\n---\n' }], ['bad_skill', 'bad_skill', 'bad_skill']],
    ['another skill without its text', withEntry({ path: 'skills/other/x' }), ['missing']],
  ])('%s', (_, entries, expected) => {
    expect(codesOf(packed(entries))).toEqual(expected)
  }) // prettier-ignore

  test('an extended header, which would rename what follows', () => {
    const entries = [...GOOD.slice(0, 2), { path: 'PaxHeader/x', type: 'ExtendedHeader', body: '18 path=/etc/x\n' } as Entry, ...GOOD.slice(2)] // prettier-ignore
    expect(codesOf(packed(entries))).toContain('not_a_file')
  })

  test('more entries than a bundle can have', () => {
    const many = Array.from({ length: BUNDLE_LIMITS.entries + 1 }, (_, n) => ({ path: `skills/cast-builder/x${String(n).padStart(4, '0')}` })) // prettier-ignore
    expect(codesOf(packed([...GOOD, ...many]))).toEqual(['bad_archive'])
  })

  test('a bomb is refused before it is unpacked', () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(BUNDLE_LIMITS.packedBytes)
    const before = process.memoryUsage().arrayBuffers
    expect(codesOf(bundle(bomb))).toEqual(['unpacks_too_large'])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * BUNDLE_LIMITS.unpackedBytes)
  })

  test('a file that is larger than any bundle is refused unread', async () => {
    const file = bundle(Buffer.alloc(0))
    truncateSync(file, BUNDLE_LIMITS.packedBytes + 1)
    expect(await refusedIn(join(file, '..'), ['verify-bundle', file], {})).toMatch(/has more than \d+ bytes; name a bundle$/) // prettier-ignore
    rmSync(file)
  })

  test('what is cut off, garbled, or has something behind it', () => {
    const whole = wrapGzip(tarOf(GOOD))
    expect(codesOf(bundle(whole.subarray(0, whole.length - 9)))).toEqual(['bad_gzip'])
    expect(codesOf(bundle(Buffer.from('no gzip')))).toEqual(['bad_gzip'])
    expect(codesOf(bundle(Buffer.alloc(0)))).toEqual(['bad_gzip'])
    expect(codesOf(bundle(Buffer.concat([whole, Buffer.from('more')])))).not.toEqual([])
    expect(codesOf(bundle(wrapGzip(tarOf(GOOD).subarray(0, 1024))))).toContain('bad_archive')
    const bent = tarOf(GOOD)
    bent.write('X', 0)
    expect(codesOf(bundle(wrapGzip(bent)))).toContain('bad_archive')
    expect(codesOf(bundle(gzipSync(tarOf(GOOD))))).toEqual(['not_canonical'])
    const hidden = tarOf(GOOD)
    hidden.write('hidden', hidden.length - 512)
    expect(codesOf(bundle(wrapGzip(hidden)))).toEqual(['not_canonical'])
  })

  test.each([
    ['gone', 'does not exist; name a bundle'],
    ['plain/b.tar.gz', 'plain/b.tar.gz'],
    ['dir', 'is not a file; name a bundle'],
  ])('%s is refused', async (name, said) => {
    const at = folder()
    mkdirSync(join(at, 'dir'))
    writeFileSync(join(at, 'plain'), '')
    expect(await refusedIn(at, ['verify-bundle', join(at, name)], {})).toContain(said)
    expect(existsSync(join(at, basename(name)))).toBe(name === 'dir')
  })
})
