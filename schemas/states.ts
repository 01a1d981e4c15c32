/** The words for where a change stands and how urgent it is. */
import { z } from 'zod'

/** States of a change, in the order figures list them; also a CHECK of the table. */
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
export const changeStatusSchema = z.enum(CHANGE_STATUSES)

/** From what may wait to what may not. */
export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof PRIORITIES)[number]
export const prioritySchema = z.enum(PRIORITIES)
export const DEFAULT_PRIORITY: Priority = 'normal'
