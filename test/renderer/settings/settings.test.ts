/** Settings: every one of the contract has a fitting control, and what is proposed is what was meant. */
import { describe, expect, it } from 'vitest'
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
  ownValue,
  proposalsFor,
  stageOf,
  textOf,
  unreadIn,
  valueInFile,
  valueOf,
  type Json,
  type Pending,
} from '../../../renderer/views/settings/proposal.ts'
import { configSchema, defaultConfig } from '../../../schemas/config.ts'
import type { ChangeSummary, ProposedSetting, Setting } from '../../../schemas/view.ts'

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

describe('JSON in a field', () => {
  const { control } = describeSetting('agents.prices')
  it.each([
    ['{"__proto__": {"input": 1, "output": 2}}', 'It has the key "__proto__"; rename it'],
    ['{"m": {"input": 1, "__proto__": 2}}', 'It has the key "__proto__"; rename it'],
    ['{"m": 1', 'This is not JSON'],
  ])('is refused in a sentence: %s', (text, error) => {
    expect(valueOf(text, control)).toEqual({ ok: false, error })
  })

  it('that names a key twice is refused', () => {
    expect(valueOf('{"m": 1, "m": 2}', control)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^It .*"m"/),
    })
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
      { name: '__proto__', command: 'y' },
    ]
    const fits = [false, false, false, true, false, false]
    expect(checkRowErrors(bad).map((error) => error === null)).toEqual(fits)
    expect(checksValue(bad).ok).toBe(false)
  })
})

describe('a proposal', () => {
  const setting: Setting = { key: 'workers.count', value: 2, from: 'default', policy: false }
  const change = (id: number): ChangeSummary => ({
    id,
    status: 'pending',
    task_id: 'SETTINGS-1',
    agent: 'me',
    request_id: null,
    priority: 'normal',
    attempts: 0,
    intent: null,
    title: null,
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
  const set = (change_id: number, key: string, value?: Json, own = true): ProposedSetting => ({
    key,
    ...(value === undefined ? {} : { value }),
    change_id,
    by: 'me',
    own,
  })
  const none: Pending = { pending: [], proposed: [] }

  it('stands beside every setting that it sets until it has landed, the newest first', () => {
    const read: Pending = {
      pending: [change(4), change(9), change(12)],
      proposed: [
        set(4, 'workers.count', 3, false),
        set(9, 'workers.count', 4),
        set(9, 'workers.leaseSeconds', 9),
      ],
    }
    expect(proposalsFor('workers.count', read).map((one) => one.change.id)).toEqual([9, 4])
    const stage = stageOf(setting, null, read)
    expect(stage).toMatchObject({ at: 'proposed', proposals: [{ set: { value: 4 } }, { set: { by: 'me' } }] })
    expect(ownValue(stage)).toBe(4)
    expect(stageOf({ ...setting, key: 'workers.leaseSeconds' }, null, read).at).toBe('proposed')
    expect(unreadIn(read).map(({ id }) => id)).toEqual([12])
    expect(stageOf(setting, null, none)).toEqual({ at: 'in force' })
  })

  it('is gone on from only where it was made here', () => {
    const elsewhere = { pending: [change(4)], proposed: [set(4, 'workers.count', 3, false)] }
    expect(ownValue(stageOf(setting, null, elsewhere))).toBeUndefined()
    const back = { pending: [change(4)], proposed: [set(4, 'workers.count')] }
    expect(ownValue(stageOf(setting, null, back))).toBeUndefined()
  })

  it('that has landed waits for the checkout where the engine reads that', () => {
    const file = '{"workers":{"count":4}}'
    expect(stageOf(setting, file, none)).toEqual({ at: 'landed', value: 4 })
    expect(stageOf({ ...setting, value: 4 }, file, none)).toEqual({ at: 'in force' })
    expect(stageOf({ ...setting, policy: true }, file, none)).toEqual({ at: 'in force' })
    const budget: Setting = { ...setting, key: 'agents.budget', value: { perDay: 2, currency: 'USD' } }
    expect(stageOf(budget, '{"agents":{"budget":{"perDay":2}}}', none)).toEqual({ at: 'in force' })
    expect(stageOf(budget, '{"agents":{"budget":{"perDay":3}}}', none).at).toBe('landed')
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
