import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { leftProcessFolders, makeProcessFolder } from '../../main/engine/base/process-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'folders-'))
afterAll(() => rmSync(root, { recursive: true }))

test('only what an ended process left for the same purpose is found', () => {
  const parent = join(root, 'new', 'one')
  expect(leftProcessFolders(parent, 'checks')).toEqual([])
  const mine = makeProcessFolder(parent, 'checks')
  expect(existsSync(mine)).toBe(true)
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  for (const name of [
    `checks-${pid}-a1`,
    `probe-${pid}-a1`,
    'checks',
    'checks-x-1',
    `checks-${process.pid}-b2`,
  ])
    mkdirSync(join(parent, name))
  expect(leftProcessFolders(parent, 'checks')).toEqual([join(parent, `checks-${pid}-a1`)])
})
