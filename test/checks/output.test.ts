import { describe, expect, it } from 'vitest'
import { outputBuffer, streamSearch } from '../../main/engine/checks/output.ts'

const feed = (text: Buffer, size: number, cap: number): string => {
  const buffer = outputBuffer(cap)
  for (let at = 0; at < text.length; at += size) buffer.add(text.subarray(at, at + size))
  return buffer.text()
}

describe('outputBuffer', () => {
  it.each([1, 7, 1000])('keeps everything up to the cap, fed in pieces of %i', (size) => {
    const text = 'ab\n'.repeat(30)
    expect(feed(Buffer.from(text), size, 90)).toBe(text)
  })

  it.each([1, 7, 64, 5000])(
    'keeps head and tail and says how much is missing, fed in pieces of %i',
    (size) => {
      const text = Array.from({ length: 1000 }, (_, n) => `line ${n}\n`).join('')
      const kept = feed(Buffer.from(text), size, 100)
      expect(kept).toBe(`${text.slice(0, 50)}\n[${text.length - 100} bytes left out]\n${text.slice(-50)}`)
    },
  )

  it('does not cut a character in two', () => {
    const text = 'é€😀'.repeat(200)
    for (const cap of [40, 41, 42, 43, 44, 45, 46]) {
      const kept = feed(Buffer.from(text), 13, cap)
      expect(kept).not.toContain('\ufffd')
      const left = Number(/\[(\d+) bytes left out\]/.exec(kept)?.[1])
      const shown = Buffer.byteLength(kept.replace(/\n\[\d+ bytes left out\]\n/, ''))
      expect(left + shown).toBe(Buffer.byteLength(text))
    }
  })
})

describe('streamSearch', () => {
  it.each([1, 2, 3, 11])('finds a text across the borders of chunks of %i', (size) => {
    const search = streamSearch('12 tests passed')
    const text = Buffer.from(`${'1'.repeat(500)}12 tests passed${'x'.repeat(500)}`)
    for (let at = 0; at < text.length; at += size) search.add(text.subarray(at, at + size))
    expect(search.found()).toBe(true)
  })

  it('does not find what is not there', () => {
    const search = streamSearch('ab')
    for (const piece of ['a', 'xb', 'a']) search.add(Buffer.from(piece))
    expect(search.found()).toBe(false)
  })
})
