/** A cast's file and somebody who is quicker: what came between the look and the write is never replaced unasked. */
import type * as Fs from 'node:fs'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { writeCast } from '../../main/engine/workspace/casts/file.ts'

/** What somebody does while a cast is written: after the look at its place, before it is put there. */
const somebody = vi.hoisted(() => ({ acts: (): void => undefined }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof Fs>()
  const writeFileSync: typeof real.writeFileSync = (...args) => {
    real.writeFileSync(...args)
    somebody.acts()
  }
  return { ...real, writeFileSync }
})

let folder: string
const file = (): string => join(folder, 'REQ-7.json')
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'casts-'))
})
afterEach(() => {
  somebody.acts = () => undefined
  rmSync(folder, { recursive: true, force: true })
})

test('a file that came between the look and the write stays as it is', async () => {
  const { writeFileSync, symlinkSync } = await vi.importActual<typeof Fs>('node:fs')
  const arrivals = [
    () => writeFileSync(file(), 'theirs'),
    // It leads nowhere, so that a look through it finds nothing there.
    () => symlinkSync('nowhere', file()),
  ]
  for (const acts of arrivals) {
    somebody.acts = acts
    expect(() => writeCast(folder, 'REQ-7.json', 'ours', false)).toThrow(/holds another cast already/)
    expect(readdirSync(folder)).toEqual(['REQ-7.json'])
    if (lstatSync(file()).isFile()) expect(readFileSync(file(), 'utf8')).toBe('theirs')
    else expect(lstatSync(file()).isSymbolicLink()).toBe(true)
    rmSync(file())
  }
  somebody.acts = () => undefined
  writeCast(folder, 'REQ-7.json', 'ours', false)
  expect(readFileSync(file(), 'utf8')).toBe('ours')
})
