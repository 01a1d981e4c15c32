/** The settings: complete when nothing is given, and precise about every mistake. */
import { describe, expect, test } from 'vitest'
import { defaultConfig } from '../../schemas/config.ts'
import { parseConfig } from '../../main/engine/domain/config.ts'

test('every key is optional', () => {
  expect(parseConfig({})).toEqual({ ok: true, config: defaultConfig })
  const verdict = parseConfig({ workers: { count: 7 }, agents: { budget: { perDay: 5 } } })
  expect(verdict).toEqual({
    ok: true,
    config: {
      ...defaultConfig,
      workers: { ...defaultConfig.workers, count: 7 },
      agents: { ...defaultConfig.agents, budget: { perRequest: null, perDay: 5, currency: 'USD' } },
    },
  })
})

describe('each mistake names the key and what it takes', () => {
  test.each<[unknown, string, string]>([
    [[], '', 'the configuration takes an object, got an empty list'],
    [{ worker: {} }, 'worker', 'worker is not a key that belongs here; remove it'],
    [
      { workers: { counts: 1 } },
      'workers.counts',
      'workers.counts is not a key that belongs here; remove it',
    ],
    [
      { workers: { count: '2' } },
      'workers.count',
      'workers.count takes a whole number from 1 to 64, got "2"',
    ],
    [{ workers: { count: 0 } }, 'workers.count', 'workers.count takes a whole number from 1 to 64, got 0'],
    [
      { workers: { count: 1.5 } },
      'workers.count',
      'workers.count takes a whole number from 1 to 64, got 1.5',
    ],
    [{ workers: null }, 'workers', 'workers takes an object, got null'],
    [{ landing: { follow: 'yes' } }, 'landing.follow', 'landing.follow takes true or false, got "yes"'],
    [{ landing: { target: ' ' } }, 'landing.target', 'landing.target takes the name of a branch, got " "'],
    [
      { landing: { syncCheckout: 'always' } },
      'landing.syncCheckout',
      'landing.syncCheckout takes "never" or "when-clean", got "always"',
    ],
    [
      { checks: { unlisted: 'ask' } },
      'checks.unlisted',
      'checks.unlisted takes "hold", "refuse" or "run", got "ask"',
    ],
    [{ checks: { allow: ['npm test'] } }, 'checks.allow', 'checks.allow takes an object, got a list of 1'],
    [{ checks: { allow: { test: 5 } } }, 'checks.allow.test', 'checks.allow.test takes a command, got 5'],
    [{ checks: { share: [''] } }, 'checks.share[0]', 'checks.share[0] takes a path, got ""'],
    ...['/etc', '../up', 'a/../b', './a', 'a//b', 'a/', '.git', '.GIT/objects', '.hyperion', 'a\\b'].map(
      (path): [object, string, string] => [
        { checks: { share: ['node_modules', path] } },
        'checks.share[1]',
        `checks.share[1] takes a path inside the repository, such as "node_modules", outside of .git and .hyperion, got "${path}"`,
      ],
    ),
    [
      { checks: { memoryMb: 8 } },
      'checks.memoryMb',
      'checks.memoryMb takes a whole number from 64 to 1048576, got 8',
    ],
    [
      { checks: { sandbox: true } },
      'checks.sandbox',
      'checks.sandbox takes "auto", "required" or "off", got true',
    ],
    [
      { approvals: { fromComplexity: 11 } },
      'approvals.fromComplexity',
      'approvals.fromComplexity takes a whole number from 1 to 10, got 11',
    ],
    [
      { agents: { harness: 'gpt' } },
      'agents.harness',
      'agents.harness takes "stub", "copilot", "claude", "codex", "gemini", "opencode" or "acp", got "gpt"',
    ],
    [
      { agents: { roles: { tester: {} } } },
      'agents.roles.tester',
      'agents.roles.tester is not a key that belongs here; remove it',
    ],
    [
      { agents: { prices: { m: { input: 1 } } } },
      'agents.prices.m.output',
      'agents.prices.m.output is missing; it takes a number',
    ],
    [
      { agents: { budget: { perDay: -1 } } },
      'agents.budget.perDay',
      'agents.budget.perDay takes a number of at least 0, got -1',
    ],
    [
      { retention: { appliedSeconds: '7d' } },
      'retention.appliedSeconds',
      'retention.appliedSeconds takes a whole number from 0 to 3162240000, got "7d"',
    ],
  ])('sentence %#', (value, field, message) => {
    expect(parseConfig(value)).toMatchObject({ ok: false, errors: [{ field, message }] })
  })
})

test.each(['m'.repeat(201), 'a\u202eb', 'a\nb', 'a\u200bb', ' '])(
  'no name of a model, wherever one is set: %j',
  (name) => {
    const prices = { [name]: { input: 1, output: 2 } }
    const sections = [
      { model: name },
      { smallModel: name },
      { roles: { engineer: { model: name } } },
      { prices },
    ]
    for (const agents of sections) {
      const said = expect.stringContaining('the name of a model, of at most 200 characters')
      expect(parseConfig({ agents })).toMatchObject({ ok: false, errors: [{ message: said }] })
    }
    const fitting = { model: 'm'.repeat(200), smallModel: 'Größe 4.1 (β)' }
    expect(parseConfig({ agents: fitting }).ok).toBe(true)
  },
)
