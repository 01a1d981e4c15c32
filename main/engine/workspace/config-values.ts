/** Which value each setting has and where it comes from. */
import { existsSync, readFileSync } from 'node:fs'
import type { Config } from '../../../schemas/config.ts'
import { CONFIG_FILE, type Ground } from '../compose.ts'
import { git } from '../git/git.ts'
import { readRef } from '../git/refs.ts'
import type { LandingDeps } from '../landing/deps.ts'

export interface ConfigValue {
  key: string
  value: unknown
  /** `target`: the config file as it stands at the target's tip, where policy is read. */
  from: 'default' | 'file' | 'target'
}

type Given = Record<string, Record<string, unknown>>

/** Sections that are policy: what the checkout says of them counts once it has landed. */
const POLICY: readonly string[] = ['checks', 'approvals']

function valuesOf(section: string, keys: object, given: Given, from: 'file' | 'target'): ConfigValue[] {
  return Object.entries(keys).map(([key, value]) => {
    const set = Object.hasOwn(given, section) && Object.hasOwn(given[section] ?? {}, key)
    return { key: `${section}.${key}`, value: value as unknown, from: set ? from : 'default' }
  })
}

/** Returns every setting in force; throws the error of a file that cannot be read or is wrong. */
export async function configValues(ground: Ground, deps: LandingDeps): Promise<ConfigValue[]> {
  const config: Config = ground.readConfig()
  const given = existsSync(ground.configFile)
    ? (JSON.parse(readFileSync(ground.configFile, 'utf8')) as Given)
    : {}
  const tip = await readRef(deps.repoGit, deps.target)
  const policy = tip === null ? null : await deps.readPolicy(tip)
  const landed = tip === null ? {} : await givenAt(deps, tip)
  return Object.entries(config).flatMap(([section, keys]) =>
    policy !== null && POLICY.includes(section)
      ? valuesOf(section, policy[section as keyof typeof policy], landed, 'target')
      : valuesOf(section, keys, given, 'file'),
  )
}

async function givenAt(deps: LandingDeps, tip: string): Promise<Given> {
  const options = { ...deps.repoGit, expect: [0, 128] }
  const { exitCode, stdout } = await git(['cat-file', 'blob', `${tip}:${CONFIG_FILE}`], options)
  return exitCode === 0 ? (JSON.parse(stdout.toString('utf8')) as Given) : {}
}
