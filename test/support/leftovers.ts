/** Finds what a test left behind: processes, lock files, temporary folders. */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join, sep } from 'node:path'

/** How long a process that was told to end may take; a limit, not a wait. */
const GRACE_MS = 5_000
/** Folders of the file's temporary root that hold what outlives a test on purpose. */
const KEPT = new Set(['home', 'cache'])

export interface StrayProcess {
  pid: number
  command: string
}

interface ProcEntry extends StrayProcess {
  ppid: number
  mine: boolean
}

function readProc(pid: number, root: string): ProcEntry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return null
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return { pid, ppid: Number(ppid), command, mine: belongsTo(pid, root) }
  } catch {
    return null
  }
}

/** Tells whether a process was started by this test file, even if its parents are gone. */
function belongsTo(pid: number, root: string): boolean {
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  if (environment.includes(`TMPDIR=${root}`)) return true
  const cwd = readlinkSync(`/proc/${pid}/cwd`)
  return cwd === root || cwd.startsWith(root + sep)
}

/** Lists live processes that descend from `self`, carry `root` as their temporary folder or stand in it. */
export function strayProcesses(root: string, self: number = process.pid): StrayProcess[] {
  if (!existsSync('/proc/self/stat')) return []
  const entries: ProcEntry[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === self) continue
    const entry = readProc(Number(name), root)
    if (entry !== null) entries.push(entry)
  }
  const ours = new Set(entries.filter((entry) => entry.mine).map((entry) => entry.pid)).add(self)
  for (let grew = true; grew;) {
    grew = false
    for (const { pid, ppid } of entries) {
      if (ours.has(pid) || !ours.has(ppid)) continue
      ours.add(pid)
      grew = true
    }
  }
  return entries.filter(({ pid }) => ours.has(pid)).map(({ pid, command }) => ({ pid, command }))
}

/** Lists the lock files below a folder. */
export function lockFiles(root: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name)
    if (entry.isDirectory()) found.push(...lockFiles(path))
    else if (entry.name.endsWith('.lock')) found.push(path)
  }
  return found
}

/** Lists, one sentence each, what a test file left behind; an empty list is what it should be. */
export async function leftovers(root: string, graceMs: number = GRACE_MS): Promise<string[]> {
  const deadline = process.hrtime.bigint() + BigInt(graceMs) * 1_000_000n
  let strays = strayProcesses(root)
  while (strays.length > 0 && process.hrtime.bigint() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    strays = strayProcesses(root)
  }
  const found = strays.map(({ pid, command }) => `process ${pid} still runs: ${command}`)
  // Whoever checks next puts away what a killed check left in the git directory of its own.
  const locks = lockFiles(root).filter((path) => !/\/slots\/[^/]+\/git\//.test(path))
  found.push(...locks.map((path) => `lock file left: ${path}`))
  const folders = readdirSync(root).filter((name) => !KEPT.has(name))
  found.push(...folders.map((name) => `temporary folder left: ${join(root, name)}`))
  return found
}
