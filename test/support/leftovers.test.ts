import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leftovers, lockFiles, strayProcesses } from './leftovers.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'root-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('leftovers', () => {
  it('finds nothing in an empty root', async () => {
    expect(await leftovers(root, 0)).toEqual([])
  })

  it('finds lock files in any depth, and temporary folders, but not the home', async () => {
    mkdirSync(join(root, 'repo/.git/refs'), { recursive: true })
    mkdirSync(join(root, 'home'))
    writeFileSync(join(root, 'repo/.git/refs/main.lock'), '')
    expect(lockFiles(root)).toEqual([join(root, 'repo/.git/refs/main.lock')])
    expect(await leftovers(root, 0)).toEqual([
      `lock file left: ${join(root, 'repo/.git/refs/main.lock')}`,
      `temporary folder left: ${join(root, 'repo')}`,
    ])
  })

  it('finds a child, and a process whose parent is gone', async (context) => {
    if (process.platform !== 'linux') return context.skip('processes are looked up in /proc')
    // The shell starts a sleeper in a session of its own and ends; only its environment tells whose it is.
    const shell = spawn('sh', ['-c', 'setsid sleep 1000 & echo $!'], {
      cwd: '/',
      env: { PATH: process.env['PATH'], TMPDIR: root },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(shell.stdout, 'data')
    await once(shell, 'exit')
    // What starts the sleeper becomes it a moment later.
    await expect.poll(() => strayProcesses(root).map(({ command }) => command)).toEqual(['sleep 1000'])
    const strays = strayProcesses(root)
    const told = await leftovers(root, 0)
    expect(told[0]).toMatch(/^process \d+ still runs: sleep 1000$/)
    for (const { pid } of strays) process.kill(pid, 'SIGKILL')
    expect(await leftovers(root)).toEqual([])
  })
})
