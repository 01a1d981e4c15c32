/** Runs of agents as the engine leads them, over a queue in a temporary folder. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openGate } from '../../main/engine/agents/gate.ts'
import type { AgentHarness, AgentTask, Outcome, RunEvent } from '../../main/engine/agents/harness.ts'
import { supervise, type Charge } from '../../main/engine/agents/supervise.ts'
import { systemClock, type Clock } from '../../main/engine/base/clock.ts'
import { openStore, type Store } from '../../main/engine/store/store.ts'
import { manualClock, type ManualClock } from '../support/manual-clock.ts'
import { defaultConfig } from '../../schemas/config.ts'

/** A clock on which who sleeps wakes when the test has moved it so far, and not before. */
export function steppedClock(): ManualClock {
  const clock = manualClock()
  const asleep = new Set<{ at: number; wake: () => void }>()
  const advance = clock.advance.bind(clock)
  return Object.assign(clock, {
    sleep: (ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const one = {
          at: clock.monotonicMs() + ms,
          wake: () => {
            asleep.delete(one)
            resolve()
          },
        }
        asleep.add(one)
        signal?.addEventListener('abort', one.wake, { once: true })
      }),
    advance(ms: number) {
      advance(ms)
      for (const one of asleep) if (one.at <= clock.monotonicMs()) one.wake()
    },
  })
}

export interface LedOptions {
  clock?: Clock
  idleMs?: number
  concurrency?: number
  agents?: Partial<Charge['config']>
}

export interface Led {
  store: Store
  heard: RunEvent[]
  run(harness: AgentHarness, task: AgentTask, signal?: AbortSignal): Promise<Outcome>
  close(): void
}

export function openLed({
  clock = systemClock(),
  idleMs,
  concurrency = 3,
  agents = {},
}: LedOptions = {}): Led {
  const folder = mkdtempSync(join(tmpdir(), 'led-'))
  const store = openStore(join(folder, 'queue.db'), clock)
  const gate = openGate(clock, () => concurrency)
  const heard: RunEvent[] = []
  const deps = { clock, ...store, gate, ...(idleMs === undefined ? {} : { idleMs }) }
  const config = { ...defaultConfig.agents, ...agents }
  return {
    store,
    heard,
    run: (harness, task, signal = new AbortController().signal) =>
      supervise(
        deps,
        {
          harness,
          task,
          requestId: 'REQ-1',
          taskId: 'REQ-1-1',
          config,
          hear: (event) => void heard.push(event),
        },
        signal,
      ),
    close() {
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A task of nothing but words, for what the words are about. */
export const plainTask = (more: Partial<AgentTask> = {}): AgentTask => ({
  role: 'prompt',
  agent: 'agent-1',
  model: 'gpt-5-mini',
  prompt: 'Say something.',
  handIn: null,
  maxRepairs: 2,
  tree: null,
  openWorkTree: null,
  resume: null,
  given: null,
  ...more,
})
