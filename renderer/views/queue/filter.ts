/** The queue's filter: what the field takes, and what the engine is asked for. */
import type { ChangeFilter } from '../../../schemas/view.ts'
import type { ChangeStatus, Priority } from '../../../schemas/states.ts'
import { parseFilter, type FilterError, type FilterKey } from '../../filter/grammar.ts'
import { STATUSES } from '../../ui/status.tsx'

const PRIORITY_WORDS = ['low', 'normal', 'high', 'urgent'] as const satisfies readonly Priority[]

export const QUEUE_KEYS: readonly FilterKey[] = [
  { name: 'state', hint: 'where it stands; several with commas', values: STATUSES, many: true },
  { name: 'agent', hint: 'who submitted it' },
  { name: 'request', hint: 'the task request it belongs to' },
  { name: 'path', hint: 'a path, or how paths begin' },
  { name: 'anchor', hint: 'telemetry anchor' },
  { name: 'priority', hint: 'low to urgent', values: PRIORITY_WORDS },
]

const isStatus = (word: string): word is ChangeStatus => STATUSES.some((one) => one === word)

export function queueFilter(input: string): { filter: ChangeFilter; error: FilterError | null } {
  const { values, text, error } = parseFilter(input, QUEUE_KEYS)
  const one = (name: string): string | undefined => values.get(name)?.[0]
  const states = (values.get('state') ?? []).filter(isStatus)
  const priority = PRIORITY_WORDS.find((word) => word === one('priority'))
  const [agent, request, path, anchor] = [one('agent'), one('request'), one('path'), one('anchor')]
  return {
    filter: {
      ...(states.length > 0 ? { states } : {}),
      ...(agent === undefined ? {} : { agent }),
      ...(request === undefined ? {} : { request }),
      ...(path === undefined ? {} : { path }),
      ...(anchor === undefined ? {} : { anchor }),
      ...(priority === undefined ? {} : { priority }),
      ...(text === '' ? {} : { text: text.slice(0, 400) }),
    },
    error,
  }
}
