/** What is offered to somebody who names a folder of the machine level by level. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { foldersLike } from '../../main/engine/base/folders.ts'

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'folders-'))
  for (const name of ['Projects/one', 'Projects/Other', 'private', '.hidden', 'with space', 'größe'])
    mkdirSync(join(home, name), { recursive: true })
  writeFileSync(join(home, 'profile.txt'), '')
  symlinkSync(join(home, 'Projects'), join(home, 'prlink'))
  symlinkSync(join(home, 'profile.txt'), join(home, 'prfile'))
  symlinkSync(join(home, 'nowhere'), join(home, 'prnowhere'))
})
afterAll(() => rmSync(home, { recursive: true }))

const like = (typed: string, limit = 50): string[] =>
  foldersLike({ typed, limit, home }).map((path) => path.replace(home, 'HOME'))

test('those that begin with the last part, links to folders among them, files and dead links not', () => {
  expect(like(`${home}/pr`)).toEqual(['HOME/Projects/', 'HOME/private/', 'HOME/prlink/'])
  expect(like(`${home}/PROJ`)).toEqual(['HOME/Projects/'])
  expect(like(`${home}/Projects/`)).toEqual(['HOME/Projects/Other/', 'HOME/Projects/one/'])
  expect(like(`${home}/with `)).toEqual(['HOME/with space/'])
})

test('nothing typed and ~ begin at home; hidden ones come with the dot', () => {
  expect(like('')).toEqual(like(`${home}/`))
  expect(like('~')).toEqual(like(`${home}/`))
  expect(like('~/gr')).toEqual(['HOME/größe/'])
  expect(like('')).not.toContain('HOME/.hidden/')
  expect(like(`${home}/.`)).toEqual(['HOME/.hidden/'])
  expect(like('', 2)).toHaveLength(2)
})

test('what is no whole path, not there or no folder goes on to nothing', () => {
  for (const typed of ['pr', './pr', '~other/', `${home}/nowhere/`, `${home}/profile.txt/`, `${home}/pr\0`])
    expect(like(typed)).toEqual([])
  expect(foldersLike({ typed: '', limit: 5, home: null })).toEqual([])
})
