/** Turns a wish about a setting into an ordinary change to the config file: validated, approved and landed like any. */
import { isDeepStrictEqual } from 'node:util'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { configSchema } from '../../../schemas/config.ts'
import { sha256 } from '../base/hash.ts'
import { userError } from '../base/errors.ts'
import { CONFIG_FILE, parseConfig } from '../domain/config.ts'
import { setMember } from '../domain/json-edit.ts'

type Sections = Record<string, Record<string, unknown>>

/** A key and the value it is to have; without a `value` it is taken out, which is back to the default. */
export interface Wish {
  key: string
  value?: unknown
}

const parsed = (text: string | null): Sections => (text === null ? {} : (JSON.parse(text) as Sections))

function requireKnown(key: string): [section: string, name: string] {
  const [section = '', name = '', ...rest] = key.split('.')
  const shape = configSchema.shape as Record<string, unknown>
  if (name !== '' && rest.length === 0 && Object.hasOwn(shape, section)) return [section, name]
  throw userError('unknown_setting', `there is no setting ${key}`, 'see `hyperion doctor` for all of them')
}

function withWish(config: Sections, { key, value }: Wish): Sections {
  const [section, name] = requireKnown(key)
  if (value !== undefined) return { ...config, [section]: { ...config[section], [name]: value } }
  const { [section]: had = {}, ...others } = config
  const left = Object.fromEntries(Object.entries(had).filter(([other]) => other !== name))
  if (Object.keys(left).length === 0) return others
  return { ...config, [section]: left }
}

/** Whether the config file says of a key already what is wished. */
export function isSetAlready(text: string | null, wish: Wish): boolean {
  const config = parsed(text)
  return isDeepStrictEqual(withWish(config, wish), config)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function leavesOf(text: string | null): Map<string, unknown> | null {
  try {
    const config: unknown = parsed(text)
    if (!isRecord(config)) return null
    const leaves = Object.entries(config).flatMap(([section, names]): [string, unknown][] =>
      isRecord(names)
        ? Object.entries(names).map(([name, value]) => [`${section}.${name}`, value])
        : [[section, names]],
    )
    return new Map(leaves)
  } catch {
    return null
  }
}

/** What a new text of the config file sets otherwise than the one it was written against; null where one is no JSON. */
export function wishesBetween(before: string | null, after: string): Wish[] | null {
  const [was, is] = [leavesOf(before), leavesOf(after)]
  if (was === null || is === null) return null
  const set = [...is].flatMap(([key, value]): Wish[] =>
    was.has(key) && isDeepStrictEqual(was.get(key), value) ? [] : [{ key, value }],
  )
  const taken = [...was.keys()].filter((key) => !is.has(key)).map((key): Wish => ({ key }))
  return [...set, ...taken]
}

const INTENT_MAX = 200

/** "Set a.b to 1; back to the default of c.d", or only the keys where that would be too long. */
function intentOf(wishes: readonly Wish[]): string {
  const said = wishes
    .map(({ key, value }) =>
      value === undefined ? `back to the default of ${key}` : `set ${key} to ${JSON.stringify(value)}`,
    )
    .join('; ')
  const whole = said.charAt(0).toUpperCase() + said.slice(1)
  if (wishes.length === 1 || whole.length <= INTENT_MAX) return whole
  const named = `Change ${wishes.length} settings: ${wishes.map(({ key }) => key).join(', ')}`
  return named.length <= INTENT_MAX ? named : `${named.slice(0, INTENT_MAX - 1)}…`
}

/** `text` is the file at the target's tip, null where there is none. */
export function settingsChange(
  text: string | null,
  wishes: readonly Wish[],
  by: { agent: string; taskId: string },
): ChangeRequest {
  const edited = wishes.reduce(withWish, parsed(text))
  const checked = parseConfig(edited)
  const keys = wishes.map(({ key }) => key).join(', ')
  if (!checked.ok) throw userError('config_invalid', checked.errors[0]?.message ?? `${keys} is wrong`)
  if (wishes.every((wish) => isSetAlready(text, wish)))
    throw userError('no_difference', `${keys} has that value already`)
  return configChange(text, `${JSON.stringify(edited, null, 2)}\n`, intentOf(wishes), by)
}

/**
 * Allows a command as a check under a name: "allow from now on". Everything else in the file stays as it is written.
 *
 * `text` is the file at the target's tip, null where there is none.
 */
export function allowChange(
  text: string | null,
  { name, command }: { name: string; command: string },
  by: { agent: string; taskId: string },
): ChangeRequest {
  const before = parseConfig(text === null ? {} : JSON.parse(text))
  if (!before.ok) throw userError('config_invalid', before.errors[0]?.message ?? `${CONFIG_FILE} is wrong`)
  const { allow } = before.config.checks
  const taken = Object.hasOwn(allow, name) ? allow[name] : undefined
  if (taken === command) throw userError('no_difference', `${name} is allowed to run ${command} already`)
  if (taken !== undefined) {
    throw userError(
      'name_taken',
      `the check ${name} runs ${taken}`,
      'choose another name, or edit it in the file',
    )
  }
  const known = Object.keys(allow).find((other) => allow[other] === command)
  if (known !== undefined) throw userError('no_difference', `${command} is allowed already, as ${known}`)
  const next =
    text === null
      ? `${JSON.stringify({ checks: { allow: { [name]: command } } }, null, 2)}\n`
      : setMember(text, ['checks', 'allow', name], command)
  const after = parseConfig(JSON.parse(next))
  if (!after.ok) throw userError('config_invalid', after.errors[0]?.message ?? `${name} cannot be allowed`)
  return configChange(text, next, `Allow the check ${name}: ${command}`, by)
}

function configChange(
  text: string | null,
  next: string,
  intent: string,
  by: { agent: string; taskId: string },
): ChangeRequest {
  return {
    task_id: by.taskId,
    agent: by.agent,
    changes: [
      {
        path: CONFIG_FILE,
        operation: text === null ? 'add' : 'update',
        replacement: next,
        patch_hash: sha256(next),
      },
    ],
    checks: ['none'],
    metadata: {
      intent: intent.slice(0, 200),
      complexity: 1,
      sample_diff: next,
      telemetry_anchors: [],
      approvals: [],
      agent_model: 'none',
    },
  }
}
