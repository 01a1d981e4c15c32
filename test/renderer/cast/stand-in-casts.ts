/** The engine's part of one draft in memory: revisions, other windows, a wire that breaks. */
import type { CastAnswers, CastDraft, CastStep, CastView } from '../../../schemas/cast-draft.ts'
import { OfflineError, type Api } from '../../../renderer/client.ts'

export const NOTHING: CastAnswers = {
  request_id: 'REQ-1',
  summary: '',
  intent: '',
  context: '',
  priority: null,
  acceptance_criteria: [],
  items: [],
  base_commit: null,
  checks: null,
  complexity: null,
  agent_model: '',
  telemetry_anchors: [],
  sample_diff: '',
  approvals: [],
  kept: { assignments: null, metadata: {} },
}

export interface StandInCasts {
  api: Api
  draft(): CastDraft
  /** Every answer that was stored. */
  stores: CastAnswers[]
  /** Fails the next writes: `down` before they are acted upon, `lost` after. */
  wire: 'up' | 'down' | 'lost'
  /** Writes wait for this. */
  gate: Promise<void>
  notify(): void
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export function standInCasts(answers: Partial<CastAnswers> = {}): StandInCasts {
  let draft: CastDraft = {
    id: 'd1',
    revision: 1,
    tab: 'nobody',
    step: 'intent',
    answers: { ...NOTHING, ...answers },
    source: null,
    created_at: 1,
    updated_at: 1,
  }
  const listeners = new Set<() => void>()
  const view = (): CastView => ({
    draft: copy(draft),
    examination: {
      text: `${JSON.stringify(draft.answers)}\n`,
      sha256: 'a'.repeat(64),
      content_hash: 'b'.repeat(64),
      findings: [],
      steps: [],
      approvals: [],
      model: { name: 'm', why: 'w' },
      sample_diff: '',
      edits: [],
      file: null,
    },
  })
  const put = (tab: string, step: CastStep, next: CastAnswers): void => {
    draft = {
      ...draft,
      revision: draft.revision + 1,
      tab,
      step,
      answers: copy(next),
      updated_at: draft.updated_at + 1,
    }
    stand.notify()
  }
  const casts = {
    open: () => (stand.wire === 'up' ? Promise.resolve(view()) : Promise.reject(new OfflineError())),
    async store({
      revision,
      tab,
      step,
      answers: next,
    }: {
      revision: number
      tab: string
      step: CastStep
      answers: CastAnswers
    }) {
      const sent = copy(next)
      await stand.gate
      if (stand.wire === 'down') throw new OfflineError()
      const stored = revision === draft.revision
      if (stored) {
        stand.stores.push(sent)
        put(tab, step, sent)
      }
      if (stand.wire === 'lost') throw new OfflineError()
      return { stored, ...view() }
    },
    approve({ tab, revision, by }: { tab: string; revision: number; by: string }) {
      if (revision !== draft.revision) return Promise.reject(new Error('changed'))
      put(tab, draft.step, {
        ...draft.answers,
        approvals: [...draft.answers.approvals, { approver: by, approved_at: 1 }],
      })
      return Promise.resolve(view())
    },
    async watch(_at: unknown, { signal }: { signal: AbortSignal }) {
      return (async function* () {
        let seen = 0
        while (!signal.aborted) {
          if (draft.revision !== seen) {
            seen = draft.revision
            yield { revision: seen, tab: draft.tab }
            continue
          }
          await new Promise<void>((resolve) => {
            listeners.add(resolve)
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        }
      })()
    },
  }
  const stand: StandInCasts = {
    api: { casts } as unknown as Api,
    draft: () => copy(draft),
    stores: [],
    wire: 'up',
    gate: Promise.resolve(),
    notify() {
      for (const listener of listeners) listener()
      listeners.clear()
    },
  }
  return stand
}
