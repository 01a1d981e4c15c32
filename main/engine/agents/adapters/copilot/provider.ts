/** A provider of models that stands in Copilot's own variables, as a session of its runtime takes it. */
import { userError } from '../../../base/errors.ts'

export type Provider = { baseUrl: string } & Readonly<Record<string, unknown>>

const oneOf = <T extends string>(
  value: string | undefined,
  all: readonly T[],
  name: string,
): T | undefined => {
  if (value === undefined || value === '') return undefined
  const found = all.find((one) => one === value)
  if (found === undefined)
    throw userError('config_invalid', `${name} is neither of ${all.join(', ')}`, `set it to one of them`)
  return found
}

/** Headers as `Name: value` lines. */
function headersOf(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const at = line.indexOf(':')
    return at <= 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const]
  })
  return Object.fromEntries(pairs)
}

const P = 'COPILOT_PROVIDER_'

/** Variables that a session is told of, and that the runtime itself need not know. */
const TOLD = ['API_KEY', 'BEARER_TOKEN', 'HEADERS', 'MODEL_ID', 'WIRE_MODEL'].map((name) => P + name)

/** Null where there is none: then Copilot's own service answers. */
export function providerOf(env: NodeJS.ProcessEnv): Provider | null {
  const get = (name: string): string | undefined => env[P + name] || undefined
  const baseUrl = get('BASE_URL')
  if (baseUrl === undefined) return null
  const number = (name: string): number | undefined => {
    const value = get(name)
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
  }
  const azure = get('AZURE_API_VERSION')
  const headers = get('HEADERS')
  const all = {
    baseUrl,
    type: oneOf(get('TYPE'), ['openai', 'azure', 'anthropic'], `${P}TYPE`),
    wireApi: oneOf(get('WIRE_API'), ['completions', 'responses'], `${P}WIRE_API`),
    transport: oneOf(get('TRANSPORT'), ['http', 'websockets'], `${P}TRANSPORT`),
    apiKey: get('API_KEY'),
    bearerToken: get('BEARER_TOKEN'),
    azure: azure === undefined ? undefined : { apiVersion: azure },
    headers: headers === undefined ? undefined : headersOf(headers),
    modelId: get('MODEL_ID'),
    wireModel: get('WIRE_MODEL'),
    maxPromptTokens: number('MAX_PROMPT_TOKENS'),
    maxOutputTokens: number('MAX_OUTPUT_TOKENS'),
  }
  const set = Object.entries(all).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(set), baseUrl }
}

/** A key that a command prints anew for each call is told to no session: only the command line knows it. */
export const needsCommandLine = (env: NodeJS.ProcessEnv): boolean =>
  (env[`${P}API_KEY_COMMAND`] ?? '') !== '' && (env[`${P}BASE_URL`] ?? '') !== ''

/** The surroundings of the runtime: it does not start for a provider without a model, which sessions name. */
export function runtimeEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !TOLD.includes(name))
  const model = env[`${P}BASE_URL`] === undefined ? {} : { COPILOT_MODEL: 'named-by-each-session' }
  return { ...Object.fromEntries(kept), ...model }
}
