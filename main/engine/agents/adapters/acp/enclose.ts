/**
 * A sandbox around an agent that is a program with tools of its own: the machine read-only, homes and the operator's
 * checkout hidden but for what the agent signs in with, the network open, since its model is out there.
 */
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import { isInside, realOrNull, toolInstalls, type CheckHost } from '../../../checks/host.ts'
import { chooseSandbox, detectSandbox, hiddenFolders, sandboxArgs, type Sandbox, type SandboxMode } from '../../../checks/sandbox.ts' // prettier-ignore
import type { WorkTree } from '../../harness.ts'
import type { Preset } from './presets.ts'

export interface EnclosureWish {
  /** As the settings of the moment say. */
  mode(): SandboxMode
  /** Shown empty besides the homes: the operator's checkout and its git data. */
  hidden: readonly string[]
}

export interface Enclosure {
  /** What it would run in now. */
  sandbox(): Promise<Sandbox>
  /** The command line that starts it there, in `cwd`. */
  wrap(sandbox: Sandbox, run: { args: readonly string[]; cwd: string; temporary: string; tree: WorkTree | null }): { program: string; args: string[] } // prettier-ignore
}

export interface EnclosureDeps {
  clock: Clock
  preset: Preset
  program: string
  env: NodeJS.ProcessEnv
  scratch: string
}

/** Where an installed program's files are; null where it is in nothing that may be shown whole. */
function installOf(program: string): string {
  const packages = program.indexOf('/node_modules/')
  return packages >= 0 ? program.slice(0, packages + '/node_modules'.length) : program
}

/** Folders and files of the operator's that an agent keeps its account and its sessions in, those that are there. */
function keptBy(
  { keeps, keepsBy, fixed }: Preset,
  { env, home }: CheckHost,
): { kept: string[]; fixed: string[] } {
  const own = home === null ? [] : keeps.map((name) => join(home, name))
  const named = keepsBy.flatMap((name) => (env[name] ?? '').split(':')).filter((folder) => isAbsolute(folder))
  const kept = [...own, ...named].filter((folder) => existsSync(folder))
  const places = [...(home === null ? [] : [home]), ...named]
  return { kept, fixed: places.flatMap((place) => fixed.map((name) => join(place, name))).filter(existsSync) }
}

export function openEnclosure(
  { clock, preset, program, env, scratch }: EnclosureDeps,
  wish: EnclosureWish | null,
): Enclosure {
  const host: CheckHost = { env, home: env['HOME'] ?? null }
  let found: Promise<Sandbox> | null = null
  return {
    async sandbox() {
      if (wish === null || wish.mode() === 'off') return { kind: 'none', reason: 'agents.sandbox is "off"' }
      const there = await (found ??= detectSandbox(host, { clock }, scratch))
      const chosen = chooseSandbox(wish.mode(), there)
      return chosen.kind === 'refused' && there.kind === 'none'
        ? { kind: 'refused', reason: `agents.sandbox is "required", and ${there.reason}` }
        : chosen
    },
    wrap(sandbox, { args, cwd, temporary, tree }) {
      if (sandbox.kind !== 'bubblewrap') return { program, args: [...args] }
      const { kept, fixed } = keptBy(preset, host)
      const hidden = hiddenFolders(host, wish?.hidden ?? [])
      const isHidden = (file: string): boolean => hidden.some((folder) => isInside(file, folder))
      const installs = toolInstalls(host, hidden).map(({ shownAt }) => shownAt)
      const isShown = (file: string): boolean =>
        !isHidden(file) || installs.some((folder) => isInside(file, folder))
      // By its name where that is shown, since some programs ask by which name they were called.
      const real = realOrNull(program) ?? program
      const started = isShown(program) ? program : real
      const shown = isShown(started) ? [] : [installOf(started)]
      const view = {
        tree: cwd,
        home: temporary,
        tmp: temporary,
        readOnly: [...fixed, ...(tree?.mounts.readOnly ?? [])],
        hidden: wish?.hidden ?? [],
        shared: tree?.mounts.shared ?? [],
        network: true,
        shown,
        kept,
      }
      return { program: sandbox.program, args: [...sandboxArgs(host, view, null), started, ...args] }
    },
  }
}

/** Says in a few words what keeps it from the rest of the machine. */
export function describeAround(sandbox: Sandbox): string {
  if (sandbox.kind === 'bubblewrap') return `isolated by bubblewrap ${sandbox.version}`
  return `not isolated, because ${sandbox.reason}: it can read what you can`
}
