/** The stream of a request's runs: taken up again where it broke off, painted at most four times a second. */
import { expect, it } from 'vitest'
import type { Runs } from '../../../renderer/agents/model.ts'
import { followRuns } from '../../../renderer/agents/use-agents.ts'
import type { Api } from '../../../renderer/client.ts'
import type { AgentTurn } from '../../../schemas/ipc-agents.ts'
import { manualClock, settled } from '../manual-clock.ts'
import { row } from './runs.ts'

const said = (seq: number, text: string): AgentTurn['events'][number] => ({ run_id: 1, seq, at_ms: 0, kind: 'text', body: { text } }) // prettier-ignore

/** Streams in the order in which they are asked for; each turn comes when it is handed over. */
function stage() {
  const asked: { hand(turn: AgentTurn): void; fail(): void }[] = []
  const api = {
    agents: {
      watch: async () => {
        const turns: AgentTurn[] = []
        let wake = (): void => undefined
        let failed = false
        asked.push({
          hand(turn) {
            turns.push(turn)
            wake()
          },
          fail() {
            failed = true
            wake()
          },
        })
        return (async function* () {
          for (;;) {
            const next = turns.shift()
            if (next !== undefined) yield next
            else if (failed) throw new Error('gone')
            else await new Promise<void>((resolve) => (wake = resolve))
          }
        })()
      },
    },
  } as unknown as Api
  return { api, asked }
}

it('goes on after a break with what is new, and says nothing twice', async () => {
  const { api, asked } = stage()
  const clock = manualClock()
  const life = new AbortController()
  const painted: Runs[] = []
  const textNow = (): unknown => painted.at(-1)?.get(1)?.entries
  const over = followRuns({ api, clock }, 'REQ-1', life.signal, (runs) => painted.push(runs))
  await settled()
  asked[0]?.hand({ runs: [row(1)], events: [said(1, 'a')] })
  await settled()
  expect(painted).toHaveLength(1)
  // Within a quarter of a second nothing is painted again; then everything at once.
  asked[0]?.hand({ runs: [], events: [said(2, 'b')] })
  asked[0]?.hand({ runs: [], events: [said(3, 'c')] })
  await settled()
  expect(painted).toHaveLength(1)
  await clock.advance(250)
  expect(painted).toHaveLength(2)
  expect(textNow()).toMatchObject([{ text: 'abc' }])

  asked[0]?.fail()
  await clock.advance(999)
  expect(asked).toHaveLength(1)
  await clock.advance(1)
  expect(asked).toHaveLength(2)
  asked[1]?.hand({ runs: [row(1)], events: [said(1, 'a'), said(2, 'b'), said(3, 'c'), said(4, 'd')] })
  await clock.advance(250)
  expect(textNow()).toMatchObject([{ text: 'abcd' }])

  life.abort()
  await clock.advance(1_000)
  await over
  expect(asked).toHaveLength(2)
})
