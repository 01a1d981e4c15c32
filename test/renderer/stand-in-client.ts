/** A client that answers from fixtures, and a transport that opens and breaks when the test says so. */
import type { ClientContext, ClientLink } from '@orpc/client'
import type { Transport, Wire } from '../../renderer/client.ts'
import type { ChangeSummary, Live, Preferences, WorkspaceState } from '../../schemas/view.ts'

export const noCounts = {
  pending: 0,
  in_progress: 0,
  applied: 0,
  failed: 0,
  conflict: 0,
  held: 0,
  cancelled: 0,
}

export const preferences: Preferences = {
  theme: 'system',
  density: 'compact',
  notify: true,
  name: '',
  tour: 'new',
  layout: {},
}

export const openState: WorkspaceState = {
  state: 'open',
  folder: '/w',
  name: 'w',
  sample: false,
  operator: null,
  terminal: { hyperion: 'hyperion', git: 'git' },
  seq: 3,
}

export const turn = (seq: number, more: Partial<Live> = {}): Live => ({
  seq,
  reset: false,
  at: 0,
  logs: [],
  changes: [],
  gone: [],
  requests: [],
  counts: null,
  inbox: null,
  ...more,
})

export const change = (id: number, more: Partial<ChangeSummary> = {}): ChangeSummary => ({
  id,
  status: 'pending',
  task_id: `T-${id}`,
  agent: 'agent-1',
  request_id: null,
  priority: 'normal',
  attempts: 0,
  intent: null,
  title: null,
  paths: ['a'],
  path_count: 1,
  anchors: [],
  last_error: null,
  reason_code: null,
  lease_owner: null,
  leased_until: null,
  landed_commit: null,
  check_verdict: null,
  waiting: false,
  created_at: 1,
  updated_at: 1,
  ...more,
})

export const log = (id: number): Live['logs'][number] => ({
  id,
  queue_id: null,
  task_id: null,
  level: 'info',
  message: `m${id}`,
  details: null,
  created_at: 1,
})

/** Values that are handed over one by one, to whoever waits. */
export function channel<T>(): { push(value: T): void; end(): void; values: AsyncIterable<T> } {
  const waiting: T[] = []
  let wake = (): void => undefined
  let ended = false
  async function* values(): AsyncGenerator<T> {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (ended) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    push(value) {
      waiting.push(value)
      wake()
    },
    end() {
      ended = true
      wake()
    },
    values: values(),
  }
}

export type Answers = Readonly<Record<string, (input: unknown) => unknown>>

/** Answers by path, "workspace.state"; an answer that throws is an error of the engine. */
export function answering(answers: Answers): { link: ClientLink<ClientContext>; calls: [string, unknown][] } {
  const calls: [string, unknown][] = []
  return {
    calls,
    link: {
      async call(path, input) {
        const name = path.join('.')
        calls.push([name, input])
        const answer = answers[name]
        if (answer === undefined) throw new Error(`nothing answers ${name}`)
        return answer(input)
      },
    },
  }
}

/** `opens` says for each attempt whether it succeeds; the last one holds for all that follow. */
export function standInTransport(
  link: ClientLink<ClientContext>,
  opens: boolean[] = [true],
  refused = false,
): { transport: Transport; attempts(): number; breakWire(): void } {
  let attempts = 0
  let breakWire = (): void => undefined
  const open = async (): Promise<Wire> => {
    const succeeds = opens[Math.min(attempts++, opens.length - 1)] ?? true
    if (!succeeds) throw new Error('refused')
    let close = (): void => undefined
    const closed = new Promise<void>((resolve) => (close = resolve))
    breakWire = close
    return { link, closed, close }
  }
  return {
    transport: { open, refused: async () => refused },
    attempts: () => attempts,
    breakWire: () => breakWire(),
  }
}
