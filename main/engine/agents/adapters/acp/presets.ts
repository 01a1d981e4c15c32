/** The agents that are known to speak the Agent Client Protocol: their programs, and how to get and sign in to each. */
import { delimiter, isAbsolute, join } from 'node:path'
import { userError } from '../../../base/errors.ts'
import { runs } from '../runs.ts'

export const ACP_AGENTS = ['claude', 'codex', 'gemini', 'opencode', 'acp'] as const
export type AcpAgent = (typeof ACP_AGENTS)[number]

export const isAcpAgent = (name: string): name is AcpAgent => (ACP_AGENTS as readonly string[]).includes(name)

/** What the tokens that an answer tells are of: that turn, the session so far, or nobody says. */
export type Counts = 'turn' | 'session' | 'unknown'

export interface Preset {
  /** As people know it. */
  title: string
  program: string
  args: readonly string[]
  install: string
  signIn: string
  /** Variables of the operator's that it signs in and is set up with. */
  passes: RegExp
  /** Ours, which take its tools away as far as it lets itself be told. */
  withoutTools: Telling
  /** Ours where it works in a work tree of its own. */
  withTools: Telling
  counts: Counts
  /** What of the operator's home it keeps its account and its sessions in. */
  keeps: readonly string[]
  /** Variables that name more of the same, between colons. */
  keepsBy: readonly string[]
  /** What of that would make it run something for its user later: never written to from a sandbox. */
  fixed: readonly string[]
}

/** What an agent is told of its tools: by variables, and with each session. */
export interface Telling {
  sets: Readonly<Record<string, string>>
  meta?: Readonly<Record<string, unknown>>
}

const NONE = /^$/
const NOTHING: Telling = { sets: {} }
const CLAUDE = { settingSources: [], strictMcpConfig: true }

const PRESETS: Readonly<Record<Exclude<AcpAgent, 'acp'>, Preset>> = {
  claude: {
    title: 'Claude Code',
    program: 'claude-agent-acp',
    args: [],
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
    signIn: 'start `claude` once and run /login, or set ANTHROPIC_API_KEY',
    passes: /^(?:ANTHROPIC|CLAUDE)_[A-Z0-9_]+$/,
    // No settings of the operator's or the folder's, no servers of theirs.
    withoutTools: { sets: {}, meta: { claudeCode: { options: { ...CLAUDE, tools: [] } } } },
    withTools: { sets: {}, meta: { claudeCode: { options: CLAUDE } } },
    counts: 'turn',
    keeps: ['.claude', '.claude.json'],
    keepsBy: ['CLAUDE_CONFIG_DIR'],
    fixed: ['settings.json', 'settings.local.json', 'CLAUDE.md', 'commands', 'agents', 'hooks', 'plugins', 'skills'].flatMap((name) => [name, `.claude/${name}`]), // prettier-ignore
  },
  codex: {
    title: 'Codex',
    program: 'codex-acp',
    args: [],
    install: 'npm install -g @agentclientprotocol/codex-acp',
    signIn: 'run `codex-acp login`, or `codex login`',
    passes: /^(?:CODEX|OPENAI)_[A-Z0-9_]+$|^(?:MODEL_PROVIDER|DEFAULT_AUTH_REQUEST)$/,
    withoutTools: { sets: { INITIAL_AGENT_MODE: 'read-only', NO_BROWSER: '1' } },
    withTools: { sets: { INITIAL_AGENT_MODE: 'agent', NO_BROWSER: '1' } },
    counts: 'turn',
    keeps: ['.codex'],
    keepsBy: ['CODEX_HOME'],
    fixed: ['config.toml', 'AGENTS.md', 'prompts', 'rules', 'skills'].flatMap((name) => [name, `.codex/${name}`]), // prettier-ignore
  },
  gemini: {
    title: 'Gemini CLI',
    program: 'gemini',
    args: ['--acp', '--approval-mode', 'default'],
    install: 'npm install -g @google/gemini-cli',
    signIn: 'start `gemini` once and sign in, or set GEMINI_API_KEY',
    passes: /^(?:GEMINI|GOOGLE)_[A-Z0-9_]+$/,
    withoutTools: NOTHING,
    withTools: NOTHING,
    counts: 'turn',
    keeps: ['.gemini'],
    keepsBy: [],
    fixed: ['.gemini/settings.json', '.gemini/GEMINI.md', '.gemini/commands', '.gemini/extensions', '.gemini/policies'], // prettier-ignore
  },
  opencode: {
    title: 'OpenCode',
    program: 'opencode',
    args: ['acp', '--pure'],
    install: 'npm install -g opencode-ai',
    signIn: 'run `opencode auth login`',
    passes:
      /^(?:OPENCODE_[A-Z0-9_]+|(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE|OPENROUTER|GROQ|MISTRAL|XAI|DEEPSEEK)_[A-Z0-9_]+)$/,
    withoutTools: { sets: { OPENCODE_PERMISSION: '{"*":"deny"}', OPENCODE_DISABLE_AUTOUPDATE: 'true' } },
    withTools: { sets: { OPENCODE_PERMISSION: '{"*":"allow"}', OPENCODE_DISABLE_AUTOUPDATE: 'true' } },
    counts: 'turn',
    keeps: ['.config/opencode', '.local/share/opencode', '.local/state/opencode', '.cache/opencode'],
    keepsBy: [],
    fixed: ['.config/opencode'],
  },
}

/** Nothing of the operator's surroundings that an agent's tools could read, but what it finds its home and goes out with. */
const PASSED = /^(?:PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|SystemRoot|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_[A-Z_]+|(?:HTTPS?|NO|ALL)_PROXY|(?:https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR))$/ // prettier-ignore

export function acpEnv({ passes }: Preset, { sets }: Telling, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(([name]) => PASSED.test(name) || passes.test(name))
  return { ...Object.fromEntries(passed), ...sets, NO_COLOR: '1' }
}

const COMMAND = 'HYPERION_ACP_COMMAND'
const EXAMPLE = 'set it to the program and its arguments, such as `my-agent --acp`'

/** Words between spaces, or a JSON array of them where a word has spaces in it. */
function wordsOf(command: string): string[] {
  if (!command.trimStart().startsWith('[')) return command.split(/\s+/).filter((word) => word !== '')
  try {
    const words: unknown = JSON.parse(command)
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
  } catch {
    // Told below.
  }
  throw userError('acp_command_invalid', `${COMMAND} is no JSON array of words`, EXAMPLE)
}

function custom(env: NodeJS.ProcessEnv): Preset {
  const [program, ...args] = wordsOf(env[COMMAND] ?? '')
  if (program === undefined || program === '')
    throw userError('acp_command_missing', `the agent harness "acp" is told by ${COMMAND}, which is not set`, EXAMPLE) // prettier-ignore
  const names = (env['HYPERION_ACP_ENV'] ?? '').split(',').map((name) => name.trim())
  return {
    title: program,
    program,
    args,
    install: `install ${program}, or set ${COMMAND} to another program`,
    signIn: `sign in to it as its documentation says; variables it needs are named in HYPERION_ACP_ENV`,
    passes: names.every((name) => name === '')
      ? NONE
      : new RegExp(`^(?:${names.map((name) => name.replaceAll(/[^\w]/g, '')).join('|')})$`),
    withoutTools: NOTHING,
    withTools: NOTHING,
    counts: 'unknown',
    keeps: [],
    keepsBy: ['HYPERION_ACP_FOLDERS'],
    fixed: [],
  }
}

/** Throws a user error where what HYPERION_ACP_COMMAND says is no command. */
export const presetOf = (name: AcpAgent, env: NodeJS.ProcessEnv): Preset =>
  name === 'acp' ? custom(env) : PRESETS[name]

/** Returns the program, as it is named or on PATH; null where there is none. */
export function locateAcp({ program }: Pick<Preset, 'program'>, env: NodeJS.ProcessEnv): string | null {
  if (isAbsolute(program)) return runs(program) ? program : null
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program]
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(runs) ?? null
}
