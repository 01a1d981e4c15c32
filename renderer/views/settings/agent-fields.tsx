/** Fields for the settings of agents that are more than one value, and how such a value is shown. */
import { useState } from 'react'
import { Select, TextField } from '../../ui/fields.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import {
  budgetFields,
  budgetValue,
  moneyError,
  ROLE_LABEL,
  ROLES,
  rolesFields,
  rolesValue,
  type Role,
  type RoleFields,
} from './agent-values.ts'
import type { Edited, Json } from './proposal.ts'
import styles from './settings.module.css'

interface FieldsProps {
  start: Json
  onEdit: (edited: Edited) => void
}

export function RolesEditor({
  start,
  onEdit,
  harnesses,
}: FieldsProps & { harnesses: readonly { value: string; label: string }[] }) {
  const [fields, setFields] = useState(() => rolesFields(start))
  const set = (role: Role, change: Partial<RoleFields>): void => {
    const next = { ...fields, [role]: { ...fields[role], ...change } }
    setFields(next)
    onEdit(rolesValue(next))
  }
  return (
    <div className={styles.roles}>
      {ROLES.map((role) => (
        <fieldset key={role} className={styles.role}>
          <legend>{ROLE_LABEL[role]}</legend>
          <Select
            label={`Harness of the ${ROLE_LABEL[role]}`}
            labelled={false}
            value={fields[role].harness}
            onChange={(harness) => set(role, { harness })}
            options={[{ value: '', label: 'As for all' }, ...harnesses]}
          />
          <TextField
            label={`Model of the ${ROLE_LABEL[role]}`}
            labelled={false}
            code
            placeholder="model: as for all"
            value={fields[role].model}
            maxLength={200}
            onChange={(model) => set(role, { model })}
          />
        </fieldset>
      ))}
    </div>
  )
}

export function BudgetEditor({ start, onEdit }: FieldsProps) {
  const [fields, setFields] = useState(() => budgetFields(start))
  const set = (change: Partial<typeof fields>): void => {
    const next = { ...fields, ...change }
    setFields(next)
    onEdit(budgetValue(next))
  }
  return (
    <div className={styles.budget}>
      <TextField
        label="For each request"
        inputMode="decimal"
        placeholder="no limit"
        value={fields.perRequest}
        onChange={(perRequest) => set({ perRequest })}
        error={moneyError(fields.perRequest)}
      />
      <TextField
        label="For each day"
        inputMode="decimal"
        placeholder="no limit"
        value={fields.perDay}
        onChange={(perDay) => set({ perDay })}
        error={moneyError(fields.perDay)}
      />
      <TextField
        label="Currency"
        value={fields.currency}
        maxLength={20}
        onChange={(currency) => set({ currency })}
        error={fields.currency.trim() === '' ? 'Name the currency, such as USD' : null}
      />
    </div>
  )
}

export function ShownRoles({ value }: { value: Json }) {
  const fields = rolesFields(value)
  const own = ROLES.filter((role) => fields[role].harness !== '' || fields[role].model !== '')
  if (own.length === 0) return <span className={styles.quiet}>all roles as for all</span>
  return (
    <ul>
      {own.map((role) => (
        <li key={role}>
          {ROLE_LABEL[role]}:{' '}
          <InertLine
            text={[fields[role].harness, fields[role].model].filter((part) => part !== '').join(' · ')}
          />
        </li>
      ))}
    </ul>
  )
}

export function ShownBudget({ value }: { value: Json }) {
  const { perRequest, perDay, currency } = budgetFields(value)
  if (perRequest === '' && perDay === '') return <span className={styles.quiet}>no limit</span>
  const said = (amount: string): string => (amount === '' ? 'no limit' : `${amount} ${currency}`)
  return <InertLine text={`${said(perRequest)} for each request, ${said(perDay)} for each day`} />
}
