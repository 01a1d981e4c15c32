/** Reads the settings: every key optional, every mistake named with its key and what that takes. */
import { configSchema, type Config } from '../../../schemas/config.ts'
import { checkShape, type Finding } from '../base/json.ts'
import { CONFIG_LIMITS } from './limits.ts'

/** The team's policy in the repository, and the settings of a workspace. */
export const CONFIG_FILE = 'hyperion.config.json'

export type ParsedConfig = { ok: true; config: Config } | { ok: false; errors: Finding[] }

/** Returns the configuration with everything filled in, or one finding for each key that is wrong. */
export function parseConfig(value: unknown): ParsedConfig {
  const shaped = checkShape(configSchema, value, CONFIG_LIMITS, 'the configuration')
  return shaped.ok ? { ok: true, config: shaped.value } : shaped
}
