/** Settings of agents that are more than one value: roles with a harness and a model each, and the budget. */
import type { Edited, Json } from './proposal.ts'

export const ROLES = ['engineer', 'orchestrator', 'developer'] as const
export type Role = (typeof ROLES)[number]

export const ROLE_LABEL: Readonly<Record<Role, string>> = {
  engineer: 'Engineer',
  orchestrator: 'Orchestrator',
  developer: 'Developer',
}

/** Empty: as the harness and the models for all say. */
export interface RoleFields {
  harness: string
  model: string
}
export type RolesFields = Readonly<Record<Role, RoleFields>>

const record = (value: Json | undefined): Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

export function rolesFields(value: Json): RolesFields {
  const of = (role: Role): RoleFields => {
    const { harness, model } = record(record(value)[role])
    return { harness: textOf(harness), model: textOf(model) }
  }
  return { engineer: of('engineer'), orchestrator: of('orchestrator'), developer: of('developer') }
}

/** What is empty is left out, so that it follows what holds for all. */
export function rolesValue(fields: RolesFields): Edited {
  const entries = ROLES.flatMap((role) => {
    const harness = fields[role].harness.trim()
    const model = fields[role].model.trim()
    const own = { ...(harness === '' ? {} : { harness }), ...(model === '' ? {} : { model }) }
    return Object.keys(own).length === 0 ? [] : [[role, own] as const]
  })
  return { ok: true, value: Object.fromEntries(entries) }
}

export interface BudgetFields {
  perRequest: string
  perDay: string
  currency: string
}

export function budgetFields(value: Json): BudgetFields {
  const { perRequest, perDay, currency } = record(value)
  const money = (amount: Json | undefined): string => (typeof amount === 'number' ? String(amount) : '')
  return { perRequest: money(perRequest), perDay: money(perDay), currency: textOf(currency) }
}

/** What is wrong with a limit as it is written; null where nothing is. */
export function moneyError(text: string): string | null {
  const said = text.trim()
  if (said === '') return null
  return /^[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(said) ? null : 'An amount such as 2.50, or nothing for no limit'
}

export function budgetValue({ perRequest, perDay, currency }: BudgetFields): Edited {
  const wrong = moneyError(perRequest) ?? moneyError(perDay)
  if (wrong !== null) return { ok: false, error: wrong }
  if (currency.trim() === '') return { ok: false, error: 'Name the currency, such as USD' }
  const amount = (text: string): number | null => (text.trim() === '' ? null : Number(text.trim()))
  return {
    ok: true,
    value: { perRequest: amount(perRequest), perDay: amount(perDay), currency: currency.trim() },
  }
}
