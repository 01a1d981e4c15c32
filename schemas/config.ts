/** hyperion.config.json: the team's policy and the workspace's settings; every key is optional. */
import { z } from 'zod'
import { NO_CHECK } from './check.ts'
import { modelSchema as model, saidSchema } from './ids.ts'

const whole = (min: number, max: number) => {
  const takes = `a whole number from ${min} to ${max}`
  return z.int({ error: takes }).min(min, { error: takes }).max(max, { error: takes })
}
const DAY = 86_400
const seconds = whole(1, DAY)
const retentionSeconds = whole(0, 100 * 366 * DAY)
const BRANCH_TAKES = 'the name of a branch'
// What `git check-ref-format` refuses, and names that git's commands would take for something else.
const NO_BRANCH =
  /^[-/]|^(?:HEAD|@)$|^refs\/(?!heads\/.)|\.\.|@\{|\/\/|[\0-\x20\x7f~^:?*[\\]|\/\.|^\.|(?:\.lock|\/|\.)$|\.lock\//
const branch = z
  .string({ error: BRANCH_TAKES })
  .min(1, { error: BRANCH_TAKES })
  .refine((name) => !NO_BRANCH.test(name), { error: BRANCH_TAKES })
const money = z.number().min(0).nullable()

const landing = z.strictObject({
  target: branch.default('hyperion/main').describe('The branch that changes land on.'),
  upstream: branch
    .nullable()
    .default(null)
    .describe('The branch it follows; null for the one recorded at init.'),
  follow: z.boolean().default(true),
  syncCheckout: z.enum(['never', 'when-clean']).default('never'),
  window: whole(1, 1000).default(4).describe('Candidates checked at once.'),
})

const workers = z.strictObject({
  count: whole(1, 64).default(2),
  leaseSeconds: seconds.default(300),
  pollIntervalMs: whole(10, 60_000).default(500),
  maxAttempts: whole(1, 1000).default(5),
})

/** A key of the allow-list; the word that runs nothing cannot be one. */
const checkName = saidSchema('the name of a check').regex(new RegExp(`^(?!${NO_CHECK}$)[^\\r\\n]{1,200}$`), {
  error: `the name of a check, on one line, other than "${NO_CHECK}"`,
})
const command = saidSchema('a command')

const SHARE_TAKES = 'a path inside the repository, such as "node_modules", outside of .git and .hyperion'
/** What a path may look like that checks are given from the checkout; where it leads is looked at when they run. */
const sharePath = saidSchema('a path').refine(
  (path) => {
    const parts = path.split('/')
    const odd = (part: string): boolean => part === '' || part === '.' || part === '..'
    // That it is empty has been said by then.
    if (path === '') return true
    return !/[\\\0]/.test(path) && !parts.some(odd) && !/^\.(?:git|hyperion)$/i.test(parts[0] ?? '')
  },
  { error: SHARE_TAKES },
)

const checks = z.strictObject({
  allow: z.record(checkName, command).default({}).describe('Names and the commands they run.'),
  unlisted: z.enum(['hold', 'refuse', 'run']).default('hold').describe('What happens to other commands.'),
  timeoutSeconds: seconds.default(600),
  retryFlaky: whole(0, 10).default(1),
  recheck: z.enum(['always', 'overlap', 'never']).default('always'),
  sandbox: z
    .enum(['auto', 'required', 'off'])
    .default('auto')
    .describe('Where no sandbox works: auto runs without and says so, required does not run.'),
  memoryMb: whole(64, 1_048_576)
    .nullable()
    .default(4096)
    .describe('MiB a check may hold with all it starts; null for no limit.'),
  share: z
    .array(sharePath)
    .default([])
    .describe('Paths of the checkout, such as "node_modules", that checks may read and never write.'),
  setup: command
    .nullable()
    .default(null)
    .describe('Runs in a new check worktree and when a lockfile changed, with the network open.'),
})

const approvals = z.strictObject({
  required: whole(0, 100).default(0).describe('How many approvals every change needs.'),
  fromComplexity: whole(1, 10).nullable().default(8).describe('From here on at least one; null for never.'),
  protectedPaths: z
    .array(saidSchema('a glob'))
    .default(['.github/**', '**/package.json'])
    .describe('Changes to these need at least one.'),
})

export const HARNESSES = ['stub', 'copilot', 'claude', 'codex', 'gemini', 'opencode', 'acp'] as const
export type HarnessId = (typeof HARNESSES)[number]
const harness = z.enum(HARNESSES)
const role = z.strictObject({ harness: harness.optional(), model: model.optional() }).optional()

const agents = z.strictObject({
  harness: harness.default('stub'),
  model: model.default('gpt-5-mini'),
  smallModel: model.default('gpt-4.1').describe('For complexity up to smallModelMaxComplexity.'),
  smallModelMaxComplexity: whole(0, 10).default(3),
  roles: z
    .strictObject({ engineer: role, orchestrator: role, developer: role })
    .default({})
    .describe('Another harness or model for one role.'),
  concurrency: whole(1, 64).default(3),
  timeoutSeconds: seconds.default(600),
  answerSeconds: whole(1, 366 * DAY)
    .nullable()
    .default(null)
    .describe('After so long the assumptions of open questions hold; null waits for an answer.'),
  holdPlans: z
    .boolean()
    .default(false)
    .describe('Whether each plan waits for a person before Developers start.'),
  maxRepairs: whole(0, 10).default(2),
  workTree: z
    .enum(['off', 'sandboxed', 'anywhere'])
    .default('off')
    .describe(
      'Whether Developers work in a work tree with a shell, whose difference they hand in: sandboxed only where their commands can be isolated, anywhere also with your own rights.',
    ),
  sandbox: z
    .enum(['auto', 'required', 'off'])
    .default('auto')
    .describe(
      'Agents that are programs with tools of their own (ACP). Where no sandbox works: auto runs without and says so, required does not run.',
    ),
  budget: z
    .strictObject({
      perRequest: money.default(null),
      perDay: money.default(null),
      currency: saidSchema('a currency such as "USD"').default('USD'),
    })
    .prefault({}),
  prices: z
    .record(model, z.strictObject({ input: z.number().min(0), output: z.number().min(0) }))
    .default({})
    .describe('Price of a million tokens, by model.'),
})

const retention = z.strictObject({
  appliedSeconds: retentionSeconds.default(604_800),
  deadLetterSeconds: retentionSeconds.default(2_592_000),
})

/** What the file may hold; parsing it fills in everything it leaves out. */
export const configSchema = z
  .strictObject({
    landing: landing.prefault({}),
    workers: workers.prefault({}),
    checks: checks.prefault({}),
    approvals: approvals.prefault({}),
    agents: agents.prefault({}),
    retention: retention.prefault({}),
  })
  .meta({ title: 'Configuration', description: 'hyperion.config.json; every key is optional.' })

/** The settings with everything filled in. */
export type Config = z.output<typeof configSchema>
/** The settings as a file may give them. */
export type ConfigInput = z.input<typeof configSchema>

export const defaultConfig: Config = configSchema.parse({})
