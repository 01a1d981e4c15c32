/** Child processes: started with an argv array, in a group of their own, and ended with everything they started. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

export type { ChildProcess }

/** A process named so that a later process with the same id is not mistaken for it. */
export interface ProcessIdentity {
  pid: number
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); null where the system does not say. */
  startedAt: string | null
}

interface ProcStat {
  state: string
  ppid: number
  pgrp: number
  session: number
  startedAt: string
}

function readStat(pid: number): ProcStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command name may hold spaces and parentheses; the fields start after the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      state: fields[0] ?? '?',
      ppid: Number(fields[1]),
      pgrp: Number(fields[2]),
      session: Number(fields[3]),
      startedAt: fields[19] ?? '',
    }
  } catch {
    return null
  }
}

export function identify(pid: number): ProcessIdentity {
  return { pid, startedAt: readStat(pid)?.startedAt ?? null }
}

export const ownIdentity = (): ProcessIdentity => identify(process.pid)

/** Tells whether exactly this process still runs; a zombie waiting for its parent counts as dead. */
export function isAlive(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const stat = readStat(identity.pid)
  if (stat === null) return process.platform !== 'linux'
  if (stat.state === 'Z' || stat.state === 'X') return false
  return identity.startedAt === null || stat.startedAt === identity.startedAt
}

/** Lists the processes descended from `root`, or in its group or session; deepest knowledge /proc gives. */
export function processTree(root: number): number[] {
  const stats = new Map<number, ProcStat>()
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const stat = readStat(Number(name))
      if (stat !== null) stats.set(Number(name), stat)
    }
  } catch {
    return []
  }
  const members = new Set<number>([root])
  for (let grew = true; grew;) {
    grew = false
    for (const [pid, stat] of stats) {
      if (members.has(pid)) continue
      if (members.has(stat.ppid) || stat.pgrp === root || stat.session === root) {
        members.add(pid)
        grew = true
      }
    }
  }
  members.delete(root)
  return [...members]
}

/** Sends a signal to one process; that it is gone already is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Ends a process, its group and everything descended from it, including what left the group by setsid. */
export function killTree(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  // Collect before signalling: once the root is gone its children are re-parented and no longer found.
  const members = processTree(pid)
  if (process.platform !== 'win32') {
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  for (const member of [pid, ...members]) signalProcess(member, signal)
}

/** Starts a child in a process group of its own, so that a terminal's Ctrl-C reaches only us. */
export function startProcess(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn(command, [...args], { windowsHide: true, detached: process.platform !== 'win32', ...options })
}

/**
 * What the keeper does: waits until the pipe to this program breaks, asks the group to end, and two seconds later ends
 * it. It is told of an orderly end by a line. Only by `-s` does every shell send a signal to a group.
 */
const SCRIPT =
  'read -r said && exit 0; kill -s TERM -- "-$1" 2>/dev/null && sleep 2 && kill -s KILL -- "-$1" 2>/dev/null'

/**
 * Begins to watch over a process that leads its own group; returns what ends the watch once it ended by itself.
 *
 * Does nothing where there is no /bin/sh: there a program that was killed leaves its child to its own end.
 */
export function keep(pid: number): () => void {
  if (process.platform === 'win32') return () => undefined
  const keeper = spawn('/bin/sh', ['-c', SCRIPT, 'keeper', String(pid)], {
    // Of its own group, so that what ends ours does not end it as well.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
  })
  keeper.on('error', () => undefined)
  keeper.stdin.on('error', () => undefined)
  keeper.unref()
  return () => void keeper.stdin.end('over\n')
}
