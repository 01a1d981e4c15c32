/** From what stands in a control to the value that is proposed, and how far a proposal is. */
import { FORBIDDEN_KEY, scanJson } from '../../../schemas/json-scan.ts'
import type { ChangeSummary, ProposedSetting, Setting } from '../../../schemas/view.ts'
import { inertLine } from '../../ui/inert.ts'
import type { Control } from './controls.ts'

export type Json = Setting['value']

export type Edited = { ok: true; value: Json } | { ok: false; error: string }

/** One allowed check in its table; a list, because names may collide while they are written. */
export interface CheckRow {
  name: string
  command: string
}

const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const checkRows = (value: Json): CheckRow[] =>
  isRecord(value) ? Object.entries(value).map(([name, command]) => ({ name, command: String(command) })) : []

/** Where a check's name or command is wrong, by row. */
export function checkRowErrors(rows: readonly CheckRow[]): (string | null)[] {
  return rows.map(({ name, command }, index) => {
    const said = name.trim()
    if (said === '' && command.trim() === '') return null
    if (said === '') return 'Give it a name'
    if (said === 'none') return '“none” stands for running nothing'
    if (said === FORBIDDEN_KEY) return `“${FORBIDDEN_KEY}” cannot be a name`
    if (said.length > 200) return 'A name of at most 200 characters'
    if (rows.findIndex((row) => row.name.trim() === said) !== index) return 'Another check has this name'
    return command.trim() === '' ? 'Give the command it runs' : null
  })
}

export function checksValue(rows: readonly CheckRow[]): Edited {
  const wrong = checkRowErrors(rows).find((error) => error !== null)
  if (typeof wrong === 'string') return { ok: false, error: wrong }
  const filled = rows.filter(({ name }) => name.trim() !== '')
  return {
    ok: true,
    value: Object.fromEntries(filled.map(({ name, command }) => [name.trim(), command.trim()])),
  }
}

/** What a control of text shows for a value. */
export function textOf(value: Json, control: Control): string {
  if (value === null && control.kind !== 'json') return ''
  if (control.kind === 'list' && Array.isArray(value)) return value.map(String).join('\n')
  if (control.kind === 'json') return JSON.stringify(value, null, 2)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function numberOf(text: string, { min, max, orNull }: Extract<Control, { kind: 'number' }>): Edited {
  if (text === '' && orNull !== undefined) return { ok: true, value: null }
  const value = Number(text)
  if (!/^-?[0-9]+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max) {
    const from = `A whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`
    return { ok: false, error: orNull === undefined ? from : `${from}, or nothing for ${orNull}` }
  }
  return { ok: true, value }
}

/** No setting is nested nearly as deep. */
const MAX_DEPTH = 32

/** The value of a JSON text; one that would be read as something else than it says is refused. */
function jsonOf(text: string): Edited {
  const fault = scanJson(text, MAX_DEPTH)
  if (fault === null) return { ok: true, value: JSON.parse(text) as Json }
  return {
    ok: false,
    error: fault.code === 'malformed_json' ? 'This is not JSON' : `It ${inertLine(fault.message)}`,
  }
}

/** What is written into a control, as a value; the engine judges what this cannot. */
export function valueOf(text: string, control: Control): Edited {
  const said = text.trim()
  switch (control.kind) {
    case 'number':
      return numberOf(said, control)
    case 'text':
      if (said === '') {
        return control.orNull === undefined
          ? { ok: false, error: 'It cannot be empty' }
          : { ok: true, value: null }
      }
      return { ok: true, value: said }
    case 'list':
      return {
        ok: true,
        value: text
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      }
    case 'json':
      return jsonOf(said)
    default:
      return { ok: true, value: said }
  }
}

/** Whether two JSON values are the same, whatever the order of keys. */
export function isSame(a: Json, b: Json): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((one, index) => isSame(one, b[index] ?? null))
    )
  }
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a)
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] ?? null, b[key] ?? null))
    )
  }
  return a === b
}

/** The open changes to the config file, and what each sets by key. */
export interface Pending {
  pending: readonly ChangeSummary[]
  proposed: readonly ProposedSetting[]
}

export interface Proposal {
  set: ProposedSetting
  change: ChangeSummary
}

/** What is proposed for a setting, the newest first. */
export const proposalsFor = (key: string, { pending, proposed }: Pending): Proposal[] =>
  proposed
    .filter((set) => set.key === key)
    .flatMap((set) => pending.filter(({ id }) => id === set.change_id).map((change) => ({ set, change })))
    .sort((a, b) => b.change.id - a.change.id)

/** Open changes to the config file of which nothing is known by key. */
export const unreadIn = ({ pending, proposed }: Pending): ChangeSummary[] =>
  pending.filter(({ id }) => !proposed.some(({ change_id }) => change_id === id))

/** The value a landed config file gives a setting; undefined where it gives none. */
export function valueInFile(file: string | null, key: string): Json | undefined {
  if (file === null) return undefined
  try {
    const [section = '', name = ''] = key.split('.')
    const whole = JSON.parse(file) as Json
    const part = isRecord(whole) && Object.hasOwn(whole, section) ? (whole[section] ?? null) : null
    return isRecord(part) && Object.hasOwn(part, name) ? part[name] : undefined
  } catch {
    return undefined
  }
}

export type Stage =
  | { at: 'in force' }
  /** Proposed, and not landed yet. */
  | { at: 'proposed'; proposals: readonly Proposal[] }
  /** Landed, but the file this engine reads it from is the checkout's, which does not have it yet. */
  | { at: 'landed'; value: Json }

/** Whether a value in force is what landed; keys that it leaves out are filled in by the engine. */
function isHeldBy(value: Json, landed: Json): boolean {
  if (!isRecord(landed) || !isRecord(value)) return isSame(landed, value)
  return Object.entries(landed).every(
    ([key, one]) => Object.hasOwn(value, key) && isSame(one, value[key] ?? null),
  )
}

export function stageOf(setting: Setting, file: string | null, pending: Pending): Stage {
  const proposals = proposalsFor(setting.key, pending)
  if (proposals.length > 0) return { at: 'proposed', proposals }
  if (setting.policy) return { at: 'in force' }
  const landed = valueInFile(file, setting.key)
  if (landed === undefined || isHeldBy(setting.value, landed)) return { at: 'in force' }
  return { at: 'landed', value: landed }
}

/** The value that was proposed here last and that the next proposal takes the place of; undefined where none was. */
export const ownValue = (stage: Stage): Json | undefined =>
  stage.at === 'proposed' ? stage.proposals.find(({ set }) => set.own)?.set.value : undefined

export const FROM: Readonly<Record<Setting['from'], string>> = {
  default: 'default',
  file: 'from your checkout',
  target: 'from the target',
}
