/** The picture of the chain: what stands on what, what hangs below the line, and what is said of each. */
import { describe, expect, it } from 'vitest'
import { CHAIN_OWNER as ENGINE_OWNER } from '../../../main/engine/store/chain.ts'
import { CHAIN_OWNER, footOf, layOut, linkSentence, rowWords, windowNote, type ChainLink, type Left, type LinkState } from '../../../renderer/chain/model.ts' // prettier-ignore

const link = (
  change_id: number,
  state: LinkState,
  on: number | null,
  more: Partial<ChainLink> = {},
): ChainLink => ({
  change_id,
  task_id: `T-${change_id}`,
  agent: 'agent-1',
  state,
  on,
  tree: 'a'.repeat(40),
  worker_id: state === 'checking' ? 'desk-1' : null,
  checks: '[]',
  reason: null,
  since_ms: 0,
  ...more,
})
const left = (change_id: number, how: Left['how']): Left => ({
  change_id,
  task_id: `T-${change_id}`,
  how,
  reason: null,
  at: 1,
})
const laidOut = (links: ChainLink[], recent: Left[] = []) => layOut({ links, recent }, 'hyperion/main')

describe('the picture', () => {
  it('has one line where nothing is set aside, each on the one before it', () => {
    const placed = laidOut([link(1, 'checking', null), link(2, 'passed', 1), link(3, 'built', 2)])
    expect(placed.map(({ place, aside, on, outdated, line }) => [place, aside, on, outdated, line])).toEqual([
      [1, false, 'hyperion/main', false, null],
      [2, false, 'change 1', false, null],
      [3, false, 'change 2', false, null],
    ])
    expect(placed[2]?.ahead).toEqual([2, 1])
  })

  it('hangs what is set aside below, and draws those behind on the one before', () => {
    const placed = laidOut([link(1, 'checking', null), link(2, 'failed', 1), link(3, 'checking', 1)])
    expect(placed.map(({ aside, on, outdated, line }) => [aside, on, outdated, line])).toEqual([
      [false, 'hyperion/main', false, null],
      [true, 'change 1', false, 'on'],
      [false, 'change 1', false, null],
    ])
    // It does not have to land for those behind it.
    expect(placed[2]?.ahead).toEqual([1])
  })

  it('ends the line where only what is set aside follows', () => {
    const placed = laidOut([link(1, 'failed', null), link(2, 'unfit', null)])
    expect(placed.map(({ on, line, outdated }) => [on, line, outdated])).toEqual([
      ['hyperion/main', 'ends', false],
      ['hyperion/main', 'ends', false],
    ])
  })

  it('takes what landed for the target, and says that what stands on something thrown out is built again', () => {
    expect(laidOut([link(2, 'checking', 1)], [left(1, 'landed')])[0]).toMatchObject({
      on: 'hyperion/main',
      outdated: false,
    })
    // Long ago, so that nobody tells of it any more: it landed, for a chain that lost a link is built again.
    expect(laidOut([link(2, 'checking', 1)])[0]).toMatchObject({ on: 'hyperion/main', outdated: false })
    expect(laidOut([link(2, 'checking', 1)], [left(1, 'ejected')])[0]).toMatchObject({
      on: 'change 1',
      outdated: true,
    })
    // Thrown out, tried again, landed: the newest counts, and it stands first.
    expect(laidOut([link(2, 'checking', 1)], [left(1, 'landed'), left(1, 'ejected')])[0]?.outdated).toBe(
      false,
    )
    // Still on one that was set aside meanwhile.
    const [, , third] = laidOut([link(1, 'checking', null), link(2, 'failed', 1), link(3, 'passed', 2)])
    expect(third).toMatchObject({ on: 'change 2', outdated: true })
    expect(third && footOf(third)).toBe('is built again')
  })
})

describe('the words', () => {
  const sentences = (links: ChainLink[]): string[] =>
    laidOut(links).map((one) => linkSentence(one, links.length, '10:00:00'))

  it('say of each in full who it is, what happens, on what, since when and what comes next', () => {
    expect(
      sentences([
        link(1, 'checking', null),
        link(2, 'failed', 1, { reason: 'the check "test" failed' }),
        link(3, 'passed', 1),
        link(4, 'checking', 3),
        link(5, 'built', 4),
        link(6, 'unfit', 5, { reason: 'a.txt was changed by change 3' }),
      ]),
    ).toEqual([
      '1 of 6: change 1, T-1 of agent-1, is being checked by desk-1, on hyperion/main, since 10:00:00; it lands as soon as they pass',
      '2 of 6: change 2, T-2 of agent-1, failed its checks and is set aside, on change 1, since 10:00:00: the check "test" failed; that counts only once change 1 landed',
      '3 of 6: change 3, T-3 of agent-1, passed its checks, on change 1, since 10:00:00; it lands once change 1 landed',
      '4 of 6: change 4, T-4 of agent-1, is being checked by desk-1, on change 3, since 10:00:00; it lands once they pass and 2 changes before it landed',
      '5 of 6: change 5, T-5 of agent-1, is built, on change 4, since 10:00:00; it waits for a worker to check it',
      '6 of 6: change 6, T-6 of agent-1, does not fit behind what is before it and is set aside, on change 5, since 10:00:00: a.txt was changed by change 3; it is tried again once 4 changes before it landed',
    ])
  })

  it('are short in a card and in a row', () => {
    const [first, second] = laidOut([link(1, 'passed', null), link(2, 'passed', 1)])
    expect(first && footOf(first)).toBe('lands next')
    expect(second && rowWords(second)).toBe('Passed · waits for change 1')
  })

  it('cannot be turned around by what an agent calls its task', () => {
    const [placed] = laidOut([link(1, 'built', null, { task_id: 'T\u202e1\n2' })])
    expect(placed && linkSentence(placed, 1, 'now')).not.toMatch(/[\u202e\n]/)
  })

  it('tell how much room there is, and the bound only where it is another', () => {
    const view = { links: [link(1, 'built', null)], recent: [] }
    expect(windowNote({ ...view, window: 4, most: 4 })).toBe('1 of 4')
    expect(windowNote({ ...view, window: 3, most: 20 })).toBe('1 of 3, at most 20')
  })

  it('know the engine’s name for nobody', () => {
    expect(CHAIN_OWNER).toBe(ENGINE_OWNER)
  })
})
