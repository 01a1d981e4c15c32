/** The states of a change and its priorities, named once for contracts, tables and screens. */
export const CHANGE_STATUSES = [
  'pending',
  'in_progress',
  'applied',
  'failed',
  'conflict',
  'held',
  'cancelled',
] as const
export type ChangeStatus = (typeof CHANGE_STATUSES)[number]

export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof PRIORITIES)[number]
