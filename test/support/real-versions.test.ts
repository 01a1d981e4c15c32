import { describe, expect, it } from 'vitest'
import { realVersions } from './real-versions.ts'

describe('realVersions', () => {
  const versions = realVersions()
  const all = versions.flatMap(({ version, files }) =>
    [...files].map(([path, file]) => ({ version, path, ...file })),
  )

  it('has a dozen versions, oldest first, each small and pure UTF-8 text', () => {
    // prettier-ignore
    expect(versions.map(({ version }) => version)).toEqual([
      '1.0.0', '1.2.2', '2.4.2', '3.1.0', '4.0.0', '5.2.1', '6.0.0', '6.2.0', '6.4.0', '6.5.0', '6.7.0', '6.9.7',
    ])
    for (const { bytes } of all) {
      expect(bytes.includes(0)).toBe(false)
      expect(Buffer.from(bytes.toString('utf8')).equals(bytes)).toBe(true)
      expect(bytes.length).toBeLessThan(1024 * 1024)
    }
  })

  it('adds, changes and removes files', () => {
    const seen = { added: 0, changed: 0, removed: 0 }
    for (const [index, { files }] of versions.slice(1).entries()) {
      const before = versions[index]?.files ?? new Map()
      for (const [path, { bytes }] of files) {
        const old = before.get(path)
        if (old === undefined) seen.added += 1
        else if (!bytes.equals(old.bytes)) seen.changed += 1
      }
      for (const path of before.keys()) if (!files.has(path)) seen.removed += 1
    }
    expect(seen).toEqual({ added: 17, changed: 117, removed: 15 })
  })

  it('holds what often breaks: CRLF, no final newline, non-ASCII text, executables, a mode that changes', () => {
    const crlf = all.filter(({ bytes }) => bytes.includes('\r\n'))
    expect(crlf.map(({ version, path }) => `${version}/${path}`)).toEqual([
      '6.0.0/.eslintignore',
      '6.0.0/.npmignore',
      '6.0.0/.travis.yml',
    ])
    expect(all.some(({ bytes }) => bytes.length > 0 && bytes.at(-1) !== 10)).toBe(true)
    expect(all.some(({ bytes }) => bytes.some((byte) => byte > 127))).toBe(true)
    const modes = all.filter(({ path }) => path === 'lib/parse.js').map(({ executable }) => executable)
    expect(new Set(modes).size).toBe(2)
  })
})
