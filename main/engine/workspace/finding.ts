/** What an examination of the workspace comes to. */
import type { Ground } from '../compose.ts'
import type { LandingDeps } from '../landing/deps.ts'
import type { ConfigValue } from './config-values.ts'

export interface Diagnosis {
  name: string
  /** `broken` makes doctor exit 1; `notice` is worth knowing. */
  state: 'ok' | 'notice' | 'broken'
  detail: string
  remedy: string | null
  /** Of `config`: every setting with where it comes from. */
  values?: ConfigValue[]
}

export type Finding = Omit<Diagnosis, 'name'>
export type Examination = (ground: Ground, deps: LandingDeps) => Promise<Finding> | Finding

export const ok = (detail: string): Finding => ({ state: 'ok', detail, remedy: null })
export const notice = (detail: string, remedy: string | null = null): Finding => ({
  state: 'notice',
  detail,
  remedy,
})
export const broken = (detail: string, remedy: string): Finding => ({ state: 'broken', detail, remedy })
