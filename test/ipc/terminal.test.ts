/** What is copied for a terminal runs there, from another folder, in a shell. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { quoted, terminalOf } from '../../main/ipc/terminal.ts'
import { openBench } from './support.ts'

const HARD = 'it\'s $HOME `x` "y"'

describe('a line for the terminal', () => {
  let root: string
  let launcher: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'terminal-'))
    launcher = join(root, HARD, 'bin', 'hyperion.mjs')
    mkdirSync(join(root, HARD, 'bin'), { recursive: true })
    writeFileSync(launcher, '#!/usr/bin/env node\nconsole.log(JSON.stringify(process.argv.slice(2)))\n')
    chmodSync(launcher, 0o755)
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  /** Puts a program of that name into a folder and returns it. */
  function onPath(name: string, target: string): string {
    const folder = join(root, name)
    mkdirSync(folder, { recursive: true })
    symlinkSync(target, join(folder, 'hyperion'))
    return folder
  }
  const ran = (line: string, path = ''): unknown =>
    JSON.parse(
      execFileSync('/bin/sh', ['-c', line], {
        cwd: '/',
        encoding: 'utf8',
        env: { PATH: `${path}:${dirname(process.execPath)}:/usr/bin:/bin` },
      }),
    )
  const lineFor = (path: string): string =>
    terminalOf({ folder: `/w/${HARD}`, dbFile: `/q/${HARD}.db`, env: { PATH: path }, launcher }).hyperion

  test.skipIf(process.platform === 'win32')('names the launcher where none is on PATH, and runs', () => {
    const line = lineFor('/usr/bin')
    expect(line).toMatch(/^node '/)
    expect(ran(`${line} list held`)).toEqual([
      '--workspace',
      `/w/${HARD}`,
      '--db',
      `/q/${HARD}.db`,
      'list',
      'held',
    ])
  })

  test.skipIf(process.platform === 'win32')('is short only where `hyperion` is this very program', () => {
    const own = onPath('own', launcher)
    expect(lineFor(own)).toMatch(/^hyperion --workspace/)
    expect(ran(`${lineFor(own)} doctor`, own)).toContain('doctor')
    writeFileSync(join(root, 'stranger'), '')
    const other = onPath('other', join(root, 'stranger'))
    expect(lineFor(`${other}:${own}`)).toMatch(/^node /)
    // Where npm started it, this is on PATH for it alone.
    expect(lineFor(onPath('node_modules/.bin', launcher))).toMatch(/^node /)
  })

  test('is quoted for the shells of Windows', () => {
    expect(quoted('C:\\a b\\c', 'win32')).toBe('"C:\\a b\\c"')
  })

  test('comes with the open workspace, and names a queue that is not the one in its folder', async () => {
    const bench = openBench({ files: { 'a.txt': 'one\n' } })
    const db = join(root, 'queue.db')
    try {
      expect(await bench.session.open(bench.repo.dir)).toMatchObject({
        terminal: {
          hyperion: expect.stringMatching(/bin\/hyperion\.mjs' --workspace '[^']+'$/),
          git: `git -C '${bench.repo.dir}'`,
        },
      })
      await bench.session.close()
      // Another queue may land on this target once the first one is gone.
      rmSync(join(bench.repo.dir, '.hyperion'), { recursive: true })
      const opened = await bench.session.open(bench.repo.dir, db)
      expect(opened).toMatchObject({ terminal: { hyperion: expect.stringContaining(`--db '${db}'`) } })
    } finally {
      await bench.dispose()
    }
  })
})
