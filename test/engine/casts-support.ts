/** Casts for tests of their builder: drafts with all that has to be answered, written and queued. */
import { expect } from 'vitest'
import type { CastAnswers, CastView } from '../../schemas/cast-draft.ts'
import type { Workbench, WorkbenchOptions } from '../support/workbench.ts'

export const TAB = 'tab-1'
const LINES = Array.from({ length: 30 }, (_, at) => `line ${at + 1}\n`)
export const text = (edit: Readonly<Record<number, string>> = {}): string =>
  LINES.map((line, at) => edit[at + 1] ?? line).join('')
const files = { 'src/a.txt': text(), 'src/b.txt': text(), 'win.txt': 'one\r\ntwo\r\nthree' }
export const configured = (config: object = {}): WorkbenchOptions => ({
  files: { ...files, 'hyperion.config.json': JSON.stringify(config) },
})

export const begin = (bench: Workbench): Promise<CastView> => bench.engine.casts.begin({ kind: 'blank' }, TAB)

export async function store(
  bench: Workbench,
  view: CastView,
  answers: Partial<CastAnswers>,
): Promise<CastView> {
  const { id, revision, step } = view.draft
  const all = { ...view.draft.answers, ...answers }
  const done = await bench.engine.casts.store({ id, revision, step, tab: TAB, answers: all })
  expect(done.stored).toBe(true)
  return done
}

/** Answers to everything that has to be answered, with one finished edit. */
export async function complete(bench: Workbench, more: Partial<CastAnswers> = {}): Promise<CastView> {
  const made = await bench.engine.casts.author('src/a.txt', null, {
    kind: 'text',
    text: text({ 3: 'three\n', 25: 'twenty-five\n' }),
    executable: false,
  })
  return store(bench, await begin(bench), {
    request_id: 'REQ-7',
    summary: 'Name two lines',
    intent: 'So that they are read more easily',
    complexity: 2,
    telemetry_anchors: ['naming'],
    items: [{ path: 'src/a.txt', summary: 'Name them', change: made.change }],
    base_commit: made.base_commit,
    ...more,
  })
}

export const errors = ({ examination }: CastView): [string, string][] =>
  examination.findings.filter(({ level }) => level === 'error').map(({ step, field }) => [step, field])
export const codes = ({ examination }: CastView): string[] => examination.findings.map(({ code }) => code)
export const at = (view: CastView) => ({ id: view.draft.id, revision: view.draft.revision, tab: TAB })
export const write = (bench: Workbench, view: CastView, overwrite = false) =>
  bench.engine.casts.write(view.draft, overwrite)
export const queue = async (bench: Workbench, id = 'REQ-7') => {
  const { source, value } = bench.engine.casts.readWritten(id)
  return bench.engine.request(value, { source, model: null, agents: 1 }, new AbortController().signal)
}
