/** Settings: every one of the contract has a fitting control, and what is proposed is what was meant. */
import { describe, expect, it, vi } from 'vitest'
import {
  budgetFields,
  budgetValue,
  rolesFields,
  rolesValue,
} from '../../../renderer/views/settings/agent-values.ts'
import {
  CONTROLS,
  describe as describeSetting,
  SECTIONS,
  sectionOf,
} from '../../../renderer/views/settings/controls.ts'
import {
  checkRowErrors,
  checksValue,
  isSame,
  keyOfProposal,
  proposalFor,
  stageOf,
  textOf,
  valueInFile,
  valueOf,
  type Json,
} from '../../../renderer/views/settings/proposal.ts'
import { configSchema, defaultConfig } from '../../../schemas/config.ts'
import type { ChangeSummary, Setting } from '../../../schemas/view.ts'

const all: [string, Json][] = Object.entries(defaultConfig).flatMap(([section, keys]) =>
  Object.entries(keys).map(([name, value]): [string, Json] => [`${section}.${name}`, value as Json]),
)
const accepts = (key: string, value: Json): boolean => {
  const [section = '', name = ''] = key.split('.')
  return configSchema.safeParse({ [section]: { [name]: value } }).success
}

describe('controls', () => {
  it('are there for every setting, and for no other', () => {
    expect(Object.keys(CONTROLS).sort()).toEqual(all.map(([key]) => key).sort())
    expect(new Set(all.map(([key]) => sectionOf(key)))).toEqual(new Set(SECTIONS.map(({ key }) => key)))
  })

  it('show the default and give it back unchanged', () => {
    for (const [key, value] of all) {
      const { control } = describeSetting(key)
      if (control.kind === 'checks' || control.kind === 'switch') continue
      const given =
        control.kind === 'roles'
          ? rolesValue(rolesFields(value))
          : control.kind === 'budget'
            ? budgetValue(budgetFields(value))
            : valueOf(textOf(value, control), control)
      expect([key, given]).toEqual([key, { ok: true, value }])
    }
  })

  it('have the limits of the contract', () => {
    for (const [key, { control }] of Object.entries(CONTROLS)) {
      if (control.kind === 'number') {
        const { min, max } = control
        const taken = [min - 1, min, max, max + 1].map((value) => accepts(key, value))
        expect([key, taken]).toEqual([key, [false, true, true, false]])
        expect(valueOf(String(max + 1), control).ok).toBe(false)
        expect(valueOf('1.5', control).ok).toBe(false)
        expect(valueOf('', control).ok).toBe(control.orNull !== undefined)
      }
      if (control.kind === 'choice')
        for (const { value } of control.options)
          expect([key, value, accepts(key, value)]).toEqual([key, value, true])
    }
  })

  it('offer nothing exactly where the contract takes it', () => {
    const empty = Object.entries(CONTROLS).filter(([, { control }]) => 'orNull' in control)
    const taken = Object.keys(CONTROLS).filter((key) => accepts(key, null))
    expect(empty.map(([key]) => key).sort()).toEqual(taken.sort())
    expect(taken).toContain('approvals.fromComplexity')
  })

  it('fall back to JSON for a setting of a later version', () => {
    expect(describeSetting('landing.fresh')).toMatchObject({ label: 'fresh', control: { kind: 'json' } })
    expect(describeSetting('constructor').control.kind).toBe('json')
  })
})

describe('the table of checks', () => {
  it('leaves empty rows out and names what is wrong in its row', () => {
    const rows = [
      { name: ' test ', command: ' npm test ' },
      { name: '', command: '' },
    ]
    expect(checksValue(rows)).toEqual({ ok: true, value: { test: 'npm test' } })
    const bad = [
      { name: 'a', command: '' },
      { name: '', command: 'x' },
      { name: 'none', command: 'x' },
      { name: 'b', command: 'x' },
      { name: 'b ', command: 'y' },
    ]
    expect(checkRowErrors(bad).map((error) => error === null)).toEqual([false, false, false, true, false])
    expect(checksValue(bad).ok).toBe(false)
  })
})

describe('a proposal', () => {
  const setting: Setting = { key: 'workers.count', value: 2, from: 'default', policy: false }
  const proposed = (id: number, intent: string | null): ChangeSummary => ({
    id,
    status: 'pending',
    task_id: 'SETTINGS-1',
    agent: 'me',
    request_id: null,
    priority: 'normal',
    attempts: 0,
    intent,
    title: intent,
    paths: ['hyperion.config.json'],
    path_count: 1,
    anchors: [],
    last_error: null,
    reason_code: null,
    lease_owner: null,
    leased_until: null,
    landed_commit: null,
    check_verdict: null,
    waiting: false,
    created_at: 1,
    updated_at: 1,
  })

  it('is found again by what the engine writes into it', async () => {
    // By name and not by import: the engine's types are those of Node, which the window does not have.
    const { settingChange } = await vi.importActual<{
      settingChange(
        text: string,
        wish: { key: string; value?: unknown },
        by: { agent: string; taskId: string },
      ): { metadata?: { intent?: string } }
    }>('../../../main/engine/workspace/propose.ts')
    const by = { agent: 'me', taskId: 'T' }
    for (const wish of [{ value: 3 }, {}]) {
      const change = settingChange('{"workers":{"count":5}}', { key: 'workers.count', ...wish }, by)
      expect(keyOfProposal({ intent: change.metadata?.intent ?? null })).toBe('workers.count')
    }
    expect(keyOfProposal({ intent: 'Set the table to rights' })).toBeNull()
    expect(keyOfProposal({ intent: null })).toBeNull()
  })

  it('stands beside the setting until it has landed, the newest first', () => {
    const pending = [proposed(4, 'Set workers.count to 3'), proposed(9, 'Set workers.count to 4')]
    expect(
      proposalFor('workers.count', [...pending, proposed(12, 'Set workers.leaseSeconds to 9')])?.id,
    ).toBe(9)
    expect(stageOf(setting, null, pending)).toMatchObject({ at: 'proposed', change: { id: 9 } })
    expect(stageOf(setting, null, [])).toEqual({ at: 'in force' })
  })

  it('that has landed waits for the checkout where the engine reads that', () => {
    const file = '{"workers":{"count":4}}'
    expect(stageOf(setting, file, [])).toEqual({ at: 'landed', value: 4 })
    expect(stageOf({ ...setting, value: 4 }, file, [])).toEqual({ at: 'in force' })
    expect(stageOf({ ...setting, policy: true }, file, [])).toEqual({ at: 'in force' })
    for (const text of ['{', '[]', '{"workers":1}', null])
      expect(valueInFile(text, 'workers.count')).toBeUndefined()
  })

  it('is compared as JSON, whatever the order of keys', () => {
    expect(isSame({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] })).toBe(true)
    expect(isSame({ a: 1 }, { a: 1, b: 2 })).toBe(false)
    expect(isSame([1, 2], [2, 1])).toBe(false)
    expect(isSame([], {})).toBe(false)
    expect(isSame(null, {})).toBe(false)
  })
})

describe('settings of agents', () => {
  it('give roles back as they are, without what follows the rest', () => {
    const value = { engineer: { harness: 'stub' }, developer: { harness: 'copilot', model: 'm' } }
    expect(rolesValue(rolesFields(value))).toEqual({ ok: true, value })
    expect(rolesValue(rolesFields({}))).toEqual({ ok: true, value: {} })
    const changed = { ...rolesFields(value), engineer: { harness: '', model: ' ' } }
    expect(rolesValue(changed)).toEqual({ ok: true, value: { developer: value.developer } })
    expect(accepts('agents.roles', value)).toBe(true)
  })

  it('give the budget back as it is, and refuse what is no amount', () => {
    const value = { perRequest: 2.5, perDay: null, currency: 'USD' }
    expect(budgetValue(budgetFields(value))).toEqual({ ok: true, value })
    for (const perRequest of ['two', '-1', '1e3', '1,5', '.'])
      expect(budgetValue({ ...budgetFields(value), perRequest }).ok).toBe(false)
    expect(budgetValue({ ...budgetFields(value), currency: ' ' }).ok).toBe(false)
    expect(accepts('agents.budget', value)).toBe(true)
  })
})
