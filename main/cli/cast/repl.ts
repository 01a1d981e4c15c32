/** The cast builder on a terminal: the same steps and questions as in the window, one after the other, and back again. */
import { CAST_STEPS, type CastStep } from '../../../schemas/cast-draft.ts'
import {
  COMPLEXITY_WORDS,
  readAnswer,
  stepBeside,
  STEPS,
  typedAnswer,
  type CastQuestion,
  type Engine,
} from '../../engine/engine.ts'
import { askApprovals } from './approvals.ts'
import type { OpenDraft } from './draft.ts'
import { askItems } from './items.ts'
import type { Terminal } from './terminal.ts'

/** Where to go from a question: what a person typed instead of an answer. */
export type Turn =
  | { kind: 'answer'; text: string }
  | { kind: 'back' }
  | { kind: 'step'; step: CastStep }
  | { kind: 'quit' }
  | { kind: 'end' }

export interface Talk {
  terminal: Terminal
  casts: Engine['casts']
  draft: OpenDraft
  /** Asks, and does by itself what is only to be looked at. */
  ask(prompt: string, options?: Parameters<Terminal['ask']>[1]): Promise<Turn>
  operator: string
}

/** `done`: through all questions. `kept`: left before, or nothing more came; the draft is there. */
export type Ended = { kind: 'done' } | { kind: 'kept'; why: 'quit' | 'end' }

const HELP = `An empty answer keeps what stands in brackets; ":clear" empties it. "::" begins an answer with ":".
:back  one question back        :step NAME  to ${CAST_STEPS.join(', ')}
:show  the cast as it is        :problems   what is still to be mended
:quit  leave; the draft is kept  :help       this`

/** Asks a question until something other than a look was typed. */
export function talkOver(
  terminal: Terminal,
  casts: Engine['casts'],
  draft: OpenDraft,
  operator: string,
): Talk {
  async function ask(prompt: string, options?: Parameters<Terminal['ask']>[1]): Promise<Turn> {
    for (;;) {
      const line = await terminal.ask(prompt, options)
      if (line === null) return { kind: 'end' }
      const [word = '', ...rest] = line.trim().split(/\s+/)
      if (!word.startsWith(':')) return { kind: 'answer', text: line }
      if (word.startsWith('::')) return { kind: 'answer', text: line.replace(':', '') }
      if (word === ':clear') return { kind: 'answer', text: line }
      if (word === ':back') return { kind: 'back' }
      if (word === ':quit') return { kind: 'quit' }
      if (word === ':help') terminal.say(HELP)
      else if (word === ':show') terminal.say(draft.view.examination.text)
      else if (word === ':problems') tellFindings(terminal, draft)
      else if (word === ':step') {
        const step = CAST_STEPS.find((one) => one === rest[0])
        if (step !== undefined) return { kind: 'step', step }
        terminal.say(`There are the steps ${CAST_STEPS.join(', ')}.`)
      } else terminal.say(`"${word}" is no command here; :help lists them.`)
    }
  }
  return { terminal, casts, draft, ask, operator }
}

export function tellFindings(terminal: Terminal, { view }: OpenDraft, step?: CastStep): void {
  const found = view.examination.findings.filter((one) => step === undefined || one.step === step)
  if (found.length === 0 && step === undefined) terminal.say('Nothing is to be mended.')
  for (const { level, message } of found) terminal.say(`${level === 'error' ? '!' : '·'} ${message}`)
}

/** Goes through the steps from where the draft stands. */
export async function askAll(talk: Talk, from: CastStep): Promise<Ended> {
  let step: CastStep = from
  let backwards = false
  for (;;) {
    const { title } = STEPS.find(({ id }) => id === step) ?? { title: step }
    // Kept before it is told: whoever goes on after a kill begins where the last line said.
    await talk.draft.change(() => ({}), step)
    talk.terminal.say(`\n${CAST_STEPS.indexOf(step) + 1} of ${CAST_STEPS.length}: ${title}`)
    if (step === 'review') return { kind: 'done' }
    const turn = await askStep(talk, step, backwards)
    backwards = turn.kind === 'back'
    if (turn.kind === 'quit' || turn.kind === 'end') return { kind: 'kept', why: turn.kind }
    if (turn.kind === 'step') step = turn.step
    else if (turn.kind === 'back') step = stepBeside(step, -1) ?? step
    else {
      tellFindings(talk.terminal, talk.draft, step)
      step = stepBeside(step, 1) ?? step
    }
  }
}

/** Asks what a step asks; returns where to go, an answer meaning onwards. */
async function askStep(talk: Talk, step: CastStep, backwards: boolean): Promise<Turn> {
  const { questions = [] } = STEPS.find(({ id }) => id === step) ?? {}
  const parts: (() => Promise<Turn>)[] = questions.map((question) => () => askQuestion(talk, question))
  if (step === 'files') parts.unshift(() => askItems(talk))
  if (step === 'approvals') parts.push(() => askApprovals(talk))
  let at = backwards ? parts.length - 1 : 0
  for (;;) {
    const turn = await (parts[at]?.() ?? Promise.resolve<Turn>({ kind: 'answer', text: '' }))
    if (turn.kind === 'answer') at += 1
    else if (turn.kind === 'back') at -= 1
    else return turn
    if (at < 0) return { kind: 'back' }
    if (at >= parts.length) return { kind: 'answer', text: '' }
  }
}

async function askQuestion(talk: Talk, question: CastQuestion): Promise<Turn> {
  const { terminal, draft } = talk
  if (question.as === 'complexity') tellScale(talk)
  for (;;) {
    const now = typedAnswer(draft.view.draft.answers, question)
    const turn = await (question.as === 'list' ? askList(talk, question, now) : askText(talk, question, now))
    if (turn.kind !== 'answer' || turn.text === KEPT) return turn
    const read = readAnswer(question, turn.text)
    if (!read.ok) {
      terminal.say(`! ${read.problem}`)
      continue
    }
    const before = draft.view.draft.answers[question.field]
    const refused = await draft.change(() => ({ [question.field]: read.value }))
    const wrong = draft.view.examination.findings.find(
      ({ field, level }) => field === question.field && level === 'error',
    )
    if (refused === null && (wrong === undefined || turn.text === '')) return turn
    terminal.say(`! ${refused ?? wrong?.message ?? ''}`)
    // A pipe gives each answer once: what is wrong is told at the end.
    if (!terminal.interactive) return turn
    // Enter is to keep what was there before, not what was just refused.
    if (refused === null) await draft.change(() => ({ [question.field]: before }))
  }
}

/** What stands for "as it was". */
const KEPT = '\0kept'

const oneLine = (text: string): string => text.replaceAll('\n', ' ⏎ ')

async function askText(talk: Talk, { label, help, as, required }: CastQuestion, now: string): Promise<Turn> {
  talk.terminal.say(`  ${help}${as === 'text' ? ' A line that ends with "\\" goes on in the next.' : ''}`)
  const lines: string[] = []
  for (;;) {
    const prompt =
      lines.length > 0 ? '… ' : `${label}${now === '' ? (required ? '' : ' (none)') : ` [${oneLine(now)}]`}: `
    const turn = await talk.ask(prompt)
    if (turn.kind !== 'answer') return turn
    if (lines.length === 0 && turn.text.trim() === ':clear') return { kind: 'answer', text: '' }
    if (lines.length === 0 && turn.text.trim() === '') return { kind: 'answer', text: KEPT }
    const goesOn = as === 'text' && turn.text.endsWith('\\')
    lines.push(goesOn ? turn.text.slice(0, -1) : turn.text)
    if (!goesOn) return { kind: 'answer', text: lines.join('\n') }
  }
}

async function askList(talk: Talk, { label, help }: CastQuestion, now: string): Promise<Turn> {
  talk.terminal.say(`  ${help} An empty line ends the list.`)
  const lines: string[] = []
  for (;;) {
    const prompt =
      lines.length > 0 ? '… ' : `${label}${now === '' ? ' (none)' : ` [${now.split('\n').join(', ')}]`}: `
    const turn = await talk.ask(prompt)
    if (turn.kind !== 'answer') return turn
    if (lines.length === 0 && turn.text.trim() === ':clear') return { kind: 'answer', text: '' }
    if (turn.text.trim() === '') return { kind: 'answer', text: lines.length === 0 ? KEPT : lines.join('\n') }
    lines.push(turn.text)
  }
}

function tellScale({ terminal, casts, draft }: Talk): void {
  const { answers } = draft.view.draft
  for (const [index, words] of COMPLEXITY_WORDS.entries())
    terminal.say(
      `  ${String(index + 1).padStart(2)}  ${words} (${casts.modelFor(index + 1, answers.agent_model).name})`,
    )
}
