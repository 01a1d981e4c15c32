/**
 * The chain in virtual time, decided by the very functions that the engine decides by, and Zuul's rule beside it as its
 * documentation gives it (dependent pipelines: nearest non-failing change ahead, window halved and grown by one).
 */
import { isSetAside, planChain, type PlannedLink } from '../../main/engine/landing/chain/plan.ts'
import { grown, shrunk } from '../../main/engine/landing/chain/window.ts'

export interface SimulatedChange {
  /** Its checks fail, whatever it stands on. */
  fails: boolean
  /** The one before that it does not fit behind, by index; null where it fits on everything. */
  conflictsWith: number | null
}

export interface Simulation {
  /** In units of one check. */
  makespan: number
  checks: number
  landed: number[]
}

export interface SimulationOptions {
  slots: number
  window: number
  /** How long the check of a change takes. */
  duration(index: number): number
}

interface Running {
  link: SimulatedLink
  tree: string
  ends: number
}

interface SimulatedLink extends PlannedLink {
  index: number
}

/** A tree by what is in it. */
const treeWith = (parent: string, index: number): string => `${parent}/${index}`
const holds = (tree: string, index: number): boolean => `${tree}/`.includes(`/${index}/`)

/** Plays the chain as the engine tends it. */
export function simulateChain(changes: readonly SimulatedChange[], options: SimulationOptions): Simulation {
  const { slots, duration } = options
  const waiting = changes.map((_, index) => index)
  const landed: number[] = []
  const running: Running[] = []
  let links: SimulatedLink[] = []
  let tip = ''
  let window = options.window
  let now = 0
  let checks = 0

  const build = (index: number, parent: string): Omit<SimulatedLink, 'index'> => {
    const other = changes[index]?.conflictsWith ?? null
    const fits = other === null || !holds(parent, other)
    return fits
      ? { state: 'built', parent_tree: parent, tree: treeWith(parent, index) }
      : { state: 'unfit', parent_tree: parent, tree: null }
  }

  function extend(from: string): void {
    let tree = from
    while (links.length < window && waiting.length > 0) {
      const index = waiting.shift() as number
      const link = { index, ...build(index, tree) }
      if (link.state === 'unfit' && links.length === 0) continue
      links.push(link)
      if (link.tree !== null) tree = link.tree
    }
  }

  function tend(): void {
    for (;;) {
      const { landable, failureCounts } = planChain(links, tip)
      if (landable > 0) {
        for (const link of links.slice(0, landable)) {
          landed.push(link.index)
          tip = link.tree ?? tip
        }
        links = links.slice(landable)
        window = grown(window, landable, options.window)
        continue
      }
      if (failureCounts) {
        // What landed made room, and whoever takes it is not to blame for the failure.
        extend(links.findLast((link) => !isSetAside(link.state))?.tree ?? tip)
        links = links.slice(1)
        window = shrunk(window, options.window, slots)
        continue
      }
      let tree = tip
      const kept: SimulatedLink[] = []
      for (const link of links) {
        const isHead = kept.length === 0
        if (link.parent_tree !== tree || (link.state === 'unfit' && isHead)) {
          Object.assign(link, build(link.index, tree))
          if (link.state === 'unfit' && isHead) continue
        }
        kept.push(link)
        if (!isSetAside(link.state)) tree = link.tree ?? tree
      }
      const dropped = kept.length < links.length
      links = kept
      if (dropped) continue
      extend(tree)
      break
    }
    // Whose candidate was replaced stops at once.
    for (let at = running.length - 1; at >= 0; at -= 1) {
      const { link, tree } = running[at] as Running
      if (!links.includes(link) || link.tree !== tree) running.splice(at, 1)
    }
    for (const link of links) {
      if (running.length === slots) break
      if (link.state !== 'built' || link.tree === null || running.some((one) => one.link === link)) continue
      running.push({ link, tree: link.tree, ends: now + duration(link.index) })
      checks += 1
    }
  }

  for (tend(); running.length > 0; tend()) {
    now = Math.min(...running.map(({ ends }) => ends))
    for (let at = running.length - 1; at >= 0; at -= 1) {
      const { link, ends } = running[at] as Running
      if (ends > now) continue
      running.splice(at, 1)
      link.state = changes[link.index]?.fails === true ? 'failed' : 'passed'
    }
  }
  return { makespan: now, checks, landed }
}

/** Plays Zuul's rule: written for itself, so that a mistake of the one is not a mistake of both. */
export function simulateZuul(changes: readonly SimulatedChange[], options: SimulationOptions): Simulation {
  interface Item {
    index: number
    /** Indices of the items ahead that it is tested with; null while it is not being tested. */
    ahead: readonly number[] | null
    remaining: number
    result: 'none' | 'success' | 'failure' | 'unmergeable'
  }
  const waiting: Item[] = changes.map((_, index) => ({ index, ahead: null, remaining: 0, result: 'none' }))
  const queue: Item[] = []
  const landed: number[] = []
  let window = options.window
  let now = 0
  let checks = 0
  const key = (ahead: readonly number[]): string => ahead.join()

  /** What each item is tested with as things stand, and who has to start again. */
  function refresh(): void {
    while (queue.length < window && waiting.length > 0) queue.push(waiting.shift() as Item)
    const ahead: number[] = []
    for (const item of queue) {
      const other = changes[item.index]?.conflictsWith ?? null
      const merges = other === null || !(landed.includes(other) || ahead.includes(other))
      const isStale = item.ahead !== null && key(item.ahead) !== key([...landed, ...ahead])
      if (!merges) Object.assign(item, { result: 'unmergeable', ahead: null })
      else if (isStale || item.result === 'unmergeable') Object.assign(item, { result: 'none', ahead: null })
      if (item.result === 'none' || item.result === 'success') ahead.push(item.index)
    }
  }

  for (;;) {
    refresh()
    const head = queue[0]
    if (head !== undefined && head.result !== 'none') {
      if (head.result === 'success') {
        landed.push(head.index)
        window = Math.min(options.window, window + 1)
      } else if (head.result === 'failure') window = Math.max(3, Math.floor(window / 2))
      queue.shift()
      continue
    }
    const ahead: number[] = []
    let busy = queue.filter((item) => item.ahead !== null && item.result === 'none').length
    for (const item of queue) {
      if (item.result === 'none' && item.ahead === null && busy < options.slots) {
        Object.assign(item, { ahead: [...landed, ...ahead], remaining: options.duration(item.index) })
        busy += 1
        checks += 1
      }
      if (item.result === 'none' || item.result === 'success') ahead.push(item.index)
    }
    const tested = queue.filter((item) => item.ahead !== null && item.result === 'none')
    if (tested.length === 0) break
    const step = Math.min(...tested.map(({ remaining }) => remaining))
    now += step
    for (const item of tested) {
      item.remaining -= step
      if (item.remaining <= 0) item.result = changes[item.index]?.fails === true ? 'failure' : 'success'
    }
  }
  return { makespan: now, checks, landed }
}

/** A sequence in which one in `every` fails and one in `every` does not fit behind the one before it. */
export function mixedSequence(count: number, every: number, random: () => number): SimulatedChange[] {
  return Array.from({ length: count }, (_, index) => {
    const fails = random() < 1 / every
    const conflicts = !fails && index > 0 && random() < 1 / every
    return { fails, conflictsWith: conflicts ? index - 1 : null }
  })
}
