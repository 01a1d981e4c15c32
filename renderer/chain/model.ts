/** The chain as something to look at: who stands where, on what, and what each of them is waiting for, in words. */
import type { ChainView } from '../../schemas/view.ts'
import { inertLine } from '../ui/inert.ts'

export type ChainLink = ChainView['links'][number]
export type LinkState = ChainLink['state']
export type Left = ChainView['recent'][number]
export type Tone = 'muted' | 'accent' | 'ok' | 'warn' | 'danger' | 'conflict'

export const LINK: Readonly<Record<LinkState, { label: string; tone: Tone }>> = {
  built: { label: 'To be checked', tone: 'muted' },
  checking: { label: 'Checking', tone: 'accent' },
  passed: { label: 'Passed', tone: 'ok' },
  failed: { label: 'Failed, set aside', tone: 'danger' },
  unfit: { label: 'Does not fit, set aside', tone: 'conflict' },
}

export const LEFT: Readonly<Record<Left['how'], { label: string; tone: Tone }>> = {
  landed: { label: 'Landed', tone: 'ok' },
  ejected: { label: 'Ejected', tone: 'danger' },
  conflict: { label: 'Conflict', tone: 'conflict' },
  cancelled: { label: 'Cancelled', tone: 'muted' },
}

/** Who has the lease of what waits in the chain: nobody, so that any worker may check it. */
export const CHAIN_OWNER = 'chain'

const isSetAside = (state: LinkState): boolean => state === 'failed' || state === 'unfit'

/** Where a link stands in the picture. */
export interface Placed {
  link: ChainLink
  /** From 1, in the order in which they are to land. */
  place: number
  /** Off the line: those behind it stand on the one before it. */
  aside: boolean
  /** What it stands on, as a person says it: "change 86" or the target's name. */
  on: string
  /** It stands on something that is no longer before it, so it is built again. */
  outdated: boolean
  /** How the line goes on above one that is set aside: to others, or only as far as its own branch. */
  line: 'on' | 'ends' | null
  /** What has to land before it, the nearest first; only of links on the line. */
  ahead: number[]
}

/** Lays the chain out from the target's tip on. */
export function layOut({ links, recent }: Pick<ChainView, 'links' | 'recent'>, target: string): Placed[] {
  const here = new Set(links.map(({ change_id }) => change_id))
  // The newest first: what was thrown out may have come back and landed since.
  const left = new Map(recent.toReversed().map(({ change_id, how }) => [change_id, how]))
  const isThere = (id: number): boolean => here.has(id) || (left.has(id) && left.get(id) !== 'landed')
  const lastOnLine = links.findLastIndex(({ state }) => !isSetAside(state))
  const ahead: number[] = []
  return links.map((link, index) => {
    const aside = isSetAside(link.state)
    const before = ahead[0] ?? null
    // What it was built on may have landed since: then it stands on the target as that is now.
    const stands = link.on !== null && isThere(link.on) ? link.on : null
    const placed: Placed = {
      link,
      place: index + 1,
      aside,
      on: stands === null ? target : `change ${stands}`,
      outdated: stands !== before,
      line: aside ? (index < lastOnLine ? 'on' : 'ends') : null,
      ahead: [...ahead],
    }
    if (!aside) ahead.unshift(link.change_id)
    return placed
  })
}

const list = (ids: readonly number[]): string =>
  ids.length === 1 ? `change ${ids[0]}` : `${ids.length} changes before it`

/** What is to happen with it next. */
function prospect({ link: { state }, ahead, outdated }: Placed): string {
  if (outdated) return 'it is built again, because what it stands on has left'
  const first = ahead.length === 0
  switch (state) {
    case 'built':
      return 'it waits for a worker to check it'
    case 'checking':
      return first ? 'it lands as soon as they pass' : `it lands once they pass and ${list(ahead)} landed`
    case 'passed':
      return first ? 'it lands next' : `it lands once ${list(ahead)} landed`
    case 'failed':
      return first ? 'it leaves next' : `that counts only once ${list(ahead)} landed`
    case 'unfit':
      return first ? 'it is tried again next' : `it is tried again once ${list(ahead)} landed`
  }
}

const STANDS: Readonly<Record<LinkState, string>> = {
  built: 'is built',
  checking: 'is being checked',
  passed: 'passed its checks',
  failed: 'failed its checks and is set aside',
  unfit: 'does not fit behind what is before it and is set aside',
}

/** Everything the picture says of a link, as one sentence or two. */
export function linkSentence(placed: Placed, of: number, since: string): string {
  const { link, place, on, aside } = placed
  const by = link.worker_id === null ? '' : ` by ${inertLine(link.worker_id, 120)}`
  const stands = `${STANDS[link.state]}${by}`
  const reason = aside && link.reason !== null ? `: ${inertLine(link.reason, 300)}` : ''
  const task = `change ${link.change_id}, ${inertLine(link.task_id, 120)} of ${inertLine(link.agent, 120)}`
  return `${place} of ${of}: ${task}, ${stands}, on ${on}, since ${since}${reason}; ${prospect(placed)}`
}

/** What a link has under its name: who checks it, or why it waits. */
export function footOf({ link, on, ahead, outdated }: Placed): string {
  if (outdated) return 'is built again'
  switch (link.state) {
    case 'built':
      return `on ${on}`
    case 'checking':
      return link.worker_id ?? `on ${on}`
    case 'passed':
      return ahead.length === 0 ? 'lands next' : `waits for ${list(ahead)}`
    case 'failed':
    case 'unfit':
      return link.reason ?? `on ${on}`
  }
}

/** In a row of the queue: where a change that is in the chain stands. */
export function rowWords(placed: Placed): string {
  return `${LINK[placed.link.state].label} · ${footOf(placed)}`
}

/** "3 of 8": how many are in it and for how many there is room; with the bound where that is another. */
export function windowNote({ links, window, most }: ChainView): string {
  const bound = window < most ? `, at most ${most}` : ''
  return `${links.length} of ${window}${bound}`
}
