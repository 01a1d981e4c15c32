/** Turns a wish about a setting into an ordinary change to the config file: validated, approved and landed like any. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { configSchema } from '../../../schemas/config.ts'
import { sha256 } from '../base/hash.ts'
import { userError } from '../base/errors.ts'
import { CONFIG_FILE, parseConfig } from '../domain/config.ts'

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
      intent: said.slice(0, 200),
      complexity: 1,
      sample_diff: next,
      telemetry_anchors: [],
      approvals: [],
      agent_model: 'none',
    },
  }
}
