/** The four priorities as a person chooses among them. */
import type { Priority } from '../../schemas/states.ts'
import type { Selection } from './acts.ts'

/** From what may not wait to what may. */
export const PRIORITIES = [
  { to: 'urgent', label: 'Urgent' },
  { to: 'high', label: 'High' },
  { to: 'normal', label: 'Normal' },
  { to: 'low', label: 'Low' },
] as const satisfies readonly { to: Priority; label: string }[]

/** The priority that all of them have, or null where they differ or it is not known. */
export function commonPriority(selection: Selection): Priority | null {
  const found = new Set([...selection.values()].map(({ priority }) => priority))
  const [only = null] = found
  return found.size === 1 ? only : null
}
