/** Turns a wish about a setting into an ordinary change to the config file: validated, approved and landed like any. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { configSchema } from '../../../schemas/config.ts'
import { sha256 } from '../base/hash.ts'
import { userError } from '../base/errors.ts'
import { CONFIG_FILE, parseConfig } from '../domain/config.ts'
import { setMember } from '../domain/json-edit.ts'

type Sections = Record<string, Record<string, unknown>>

/** `text` is the file at the target's tip, null where there is none; without a `value` the key is taken out. */
export function settingChange(
  text: string | null,
  { key, value }: { key: string; value?: unknown },
  by: { agent: string; taskId: string },
): ChangeRequest {
  const [section = '', name = '', ...rest] = key.split('.')
  const shape = configSchema.shape as Record<string, unknown>
  if (name === '' || rest.length > 0 || !Object.hasOwn(shape, section)) {
    throw userError('unknown_setting', `there is no setting ${key}`, 'see `hyperion doctor` for all of them')
  }
  const config = (text === null ? {} : JSON.parse(text)) as Sections
  const edited: Sections = { ...config, [section]: { ...config[section], [name]: value } }
  if (value === undefined) {
    delete edited[section]?.[name]
    if (Object.keys(edited[section] ?? {}).length === 0) delete edited[section]
  }
  const parsed = parseConfig(edited)
  if (!parsed.ok) throw userError('config_invalid', parsed.errors[0]?.message ?? `${key} is wrong`)
  const next = `${JSON.stringify(edited, null, 2)}\n`
  if (next === text) throw userError('no_difference', `${key} has that value already`)
  const said =
    value === undefined ? `Back to the default of ${key}` : `Set ${key} to ${JSON.stringify(value)}`
  return configChange(text, next, said, by)
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
