/** Every setting of a workspace: what it is called, what it does, and by which control it is changed. */

export type Control =
  /** `orNull` says what the empty field means, where there may be none. */
  | { kind: 'number'; min: number; max: number; unit?: string; orNull?: string }
  | { kind: 'switch' }
  | { kind: 'choice'; options: readonly { value: string; label: string }[] }
  | { kind: 'text'; code?: boolean; orNull?: string }
  | { kind: 'list'; item: string }
  | { kind: 'checks' }
  /** A harness and a model for each role. */
  | { kind: 'roles'; harnesses: readonly { value: string; label: string }[] }
  | { kind: 'budget' }
  | { kind: 'json' }

export interface Described {
  label: string
  help: string
  control: Control
}

const DAY = 86_400
const seconds: Control = { kind: 'number', min: 1, max: DAY, unit: 's' }
const retention: Control = { kind: 'number', min: 0, max: 100 * 366 * DAY, unit: 's' }
const choice = (options: Readonly<Record<string, string>>): Extract<Control, { kind: 'choice' }> => ({
  kind: 'choice',
  options: Object.entries(options).map(([value, label]) => ({ value, label })),
})
const number = (min: number, max: number, unit?: string): Control =>
  unit === undefined ? { kind: 'number', min, max } : { kind: 'number', min, max, unit }

const HARNESSES = choice({
  stub: 'Stub',
  copilot: 'Copilot',
  claude: 'Claude Code',
  codex: 'Codex',
  gemini: 'Gemini CLI',
  opencode: 'OpenCode',
  acp: 'Another over ACP',
})

export const CONTROLS: Readonly<Record<string, Described>> = {
  'checks.allow': {
    label: 'Allowed checks',
    help: 'Names that requests may use, and the commands they run.',
    control: { kind: 'checks' },
  },
  'checks.unlisted': {
    label: 'Other commands',
    help: 'What happens to a change that asks for a command not listed above.',
    control: choice({ hold: 'Hold for a person', refuse: 'Refuse', run: 'Run' }),
  },
  'checks.timeoutSeconds': {
    label: 'Time limit',
    help: 'A check that takes longer is ended.',
    control: seconds,
  },
  'checks.memoryMb': {
    label: 'Memory limit in MiB',
    help: 'A check that holds more, with all it starts, is ended.',
    control: { kind: 'number', min: 64, max: 1_048_576, orNull: 'none' },
  },
  'checks.retryFlaky': {
    label: 'Repeat failed checks',
    help: 'How often a failed check is run again before it counts as failed.',
    control: number(0, 10),
  },
  'checks.recheck': {
    label: 'Check again',
    help: 'Whether a change is checked again when the target moved on meanwhile.',
    control: choice({ always: 'Always', overlap: 'When paths overlap', never: 'Never' }),
  },
  'checks.sandbox': {
    label: 'Sandbox',
    help: 'Automatic runs without one where none works, and says so.',
    control: choice({ auto: 'Automatic', required: 'Required', off: 'Off' }),
  },
  'checks.share': {
    label: 'Shared paths',
    help: 'Paths of the checkout that checks may read, such as node_modules.',
    control: { kind: 'list', item: 'a path' },
  },
  'checks.setup': {
    label: 'Set-up command',
    help: 'Runs in a new check work tree and when a lock file changed.',
    control: { kind: 'text', code: true, orNull: 'none' },
  },
  'approvals.required': {
    label: 'Approvals',
    help: 'How many approvals every change needs.',
    control: number(0, 100),
  },
  'approvals.fromComplexity': {
    label: 'From complexity',
    help: 'From here on a change needs at least one approval.',
    control: { kind: 'number', min: 1, max: 10, orNull: 'never' },
  },
  'approvals.protectedPaths': {
    label: 'Protected paths',
    help: 'Changes to these need at least one approval.',
    control: { kind: 'list', item: 'a glob' },
  },
  'landing.target': {
    label: 'Target branch',
    help: 'The branch that changes land on.',
    control: { kind: 'text', code: true },
  },
  'landing.upstream': {
    label: 'Upstream branch',
    help: 'The branch it follows.',
    control: { kind: 'text', code: true, orNull: 'as recorded at init' },
  },
  'landing.follow': {
    label: 'Follow upstream',
    help: 'Takes commits over that appear on the upstream branch.',
    control: { kind: 'switch' },
  },
  'landing.syncCheckout': {
    label: 'Bring to checkout',
    help: 'Whether landed commits come to your branch by themselves.',
    control: choice({ never: 'Never', 'when-clean': 'When it is clean' }),
  },
  'landing.window': {
    label: 'Window',
    help: 'Candidates checked at once.',
    control: number(1, 1000),
  },
  'workers.count': { label: 'Workers', help: 'How many this engine runs.', control: number(1, 64) },
  'workers.leaseSeconds': {
    label: 'Lease',
    help: 'For how long a worker has a change before it must renew.',
    control: seconds,
  },
  'workers.pollIntervalMs': {
    label: 'Poll interval',
    help: 'How often an idle worker looks for work.',
    control: number(10, 60_000, 'ms'),
  },
  'workers.maxAttempts': {
    label: 'Attempts',
    help: 'After so many broken-off attempts a change fails.',
    control: number(1, 1000),
  },
  'agents.harness': {
    label: 'Harness',
    help: 'Which agents draft changes. The stub works offline.',
    control: HARNESSES,
  },
  'agents.model': {
    label: 'Model',
    help: 'For everything above the small model’s limit.',
    control: { kind: 'text', code: true },
  },
  'agents.smallModel': {
    label: 'Small model',
    help: 'For simple work.',
    control: { kind: 'text', code: true },
  },
  'agents.smallModelMaxComplexity': {
    label: 'Small model up to',
    help: 'Up to this complexity the small model is used.',
    control: number(0, 10),
  },
  'agents.roles': {
    label: 'Roles',
    help: 'Another harness or model for one role. HYPERION_AGENT in a terminal counts for all.',
    control: { kind: 'roles', harnesses: HARNESSES.options },
  },
  'agents.concurrency': { label: 'At once', help: 'How many agents work at once.', control: number(1, 64) },
  'agents.timeoutSeconds': {
    label: 'Time limit',
    help: 'An agent that takes longer is ended.',
    control: seconds,
  },
  'agents.answerSeconds': {
    label: 'Wait for answers',
    help: 'After so long a request goes on with what its questions assume.',
    control: { kind: 'number', min: 1, max: 366 * DAY, unit: 's', orNull: 'none' },
  },
  'agents.holdPlans': {
    label: 'Hold plans',
    help: 'Each plan waits for you before Developers start, unless a request says otherwise.',
    control: { kind: 'switch' },
  },
  'agents.maxRepairs': {
    label: 'Repairs',
    help: 'How often an agent may mend what the guard refused.',
    control: number(0, 10),
  },
  'agents.workTree': {
    label: 'Work tree',
    help: 'Whether Developers get a shell in a work tree of their own, and hand in what differs in it.',
    control: choice({
      off: 'Off: they only read',
      sandboxed: 'In the sandbox, or not at all',
      anywhere: 'Also without a sandbox, with your own rights',
    }),
  },
  'agents.sandbox': {
    label: 'Sandbox for agents with tools of their own',
    help: 'Claude Code, Codex, Gemini CLI, OpenCode and others over ACP. Copilot has no such tools here.',
    control: choice({
      auto: 'Where one works',
      required: 'Start none without it',
      off: 'Off: they can read what you can',
    }),
  },
  'agents.budget': {
    label: 'Budget',
    help: 'The most that may be spent on a request and in a day. It needs the price of each model.',
    control: { kind: 'budget' },
  },
  'agents.prices': {
    label: 'Prices',
    help: 'Price of a million tokens, by model.',
    control: { kind: 'json' },
  },
  'retention.appliedSeconds': {
    label: 'Landed changes',
    help: 'How long they stay in the queue before they are archived.',
    control: retention,
  },
  'retention.deadLetterSeconds': {
    label: 'Dead letters',
    help: 'How long they are kept.',
    control: retention,
  },
}

export const SECTIONS = [
  { key: 'checks', label: 'Checks', policy: true },
  { key: 'approvals', label: 'Approvals', policy: true },
  { key: 'landing', label: 'Landing', policy: false },
  { key: 'workers', label: 'Workers', policy: false },
  { key: 'agents', label: 'Agents', policy: false },
  { key: 'retention', label: 'Retention', policy: false },
] as const

/** A setting this window does not know yet can still be changed, as JSON. */
export const describe = (key: string): Described =>
  (Object.hasOwn(CONTROLS, key) ? CONTROLS[key] : undefined) ?? {
    label: key.split('.').slice(1).join('.'),
    help: '',
    control: { kind: 'json' },
  }

export const sectionOf = (key: string): string => key.split('.')[0] ?? ''
