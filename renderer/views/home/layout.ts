/** Sizes and folds of Home's panes, as preferences keep them; anything else found there counts as nothing. */

export const LEFT = ['queue', 'metrics', 'requests', 'files', 'cast'] as const
export const RIGHT = ['guidance', 'upstream', 'chain', 'runtime', 'logs'] as const
export type PaneId = (typeof LEFT)[number] | (typeof RIGHT)[number]

export type Sizes = Readonly<Record<string, number>>

export interface HomeLayout {
  columns: Sizes
  left: Sizes
  right: Sizes
  collapsed: readonly string[]
}

export const PANE_MIN = 240
export const HEAD = 32

const noSizes: Sizes = {}
export const defaultLayout: HomeLayout = { columns: noSizes, left: noSizes, right: noSizes, collapsed: [] }

function sizesFrom(value: unknown): Sizes {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return noSizes
  const entries = Object.entries(value)
  const sound = entries.every(([, size]) => typeof size === 'number' && size >= 0 && size <= 100)
  return sound ? Object.fromEntries(entries as [string, number][]) : noSizes
}

export function layoutFrom(value: unknown): HomeLayout {
  if (typeof value !== 'object' || value === null) return defaultLayout
  const { columns, left, right, collapsed } = value as Record<string, unknown>
  return {
    columns: sizesFrom(columns),
    left: sizesFrom(left),
    right: sizesFrom(right),
    collapsed: Array.isArray(collapsed) ? collapsed.filter((id) => typeof id === 'string') : [],
  }
}

/** How high a column must be for none of its open panes to be under the least height. */
export function columnHeight(panes: readonly PaneId[], collapsed: readonly string[]): number {
  const open = panes.filter((id) => !collapsed.includes(id)).length
  return open * (PANE_MIN + 1) + (panes.length - open) * (HEAD + 1)
}

/** The kept sizes, if they are of exactly these panes. */
export function sizesOf(sizes: Sizes, panes: readonly string[]): Sizes | undefined {
  const same = Object.keys(sizes).length === panes.length && panes.every((id) => sizes[id] !== undefined)
  return same ? sizes : undefined
}
