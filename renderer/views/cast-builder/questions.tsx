/** The questions of a step, in the words of the engine, each with what is wrong with its answer. */
import { useState, type ReactNode } from 'react'
import type { CastGuide, CastStep } from '../../../schemas/cast-draft.ts'
import type { CheckEntry } from '../../../schemas/check.ts'
import { linesIn, shownLines } from '../../cast/lines.ts'
import { same, type Work } from '../../cast/work.ts'
import { Select, TextArea, TextField } from '../../ui/fields.tsx'
import { placed, useBuilder, useSays, useWork } from './builder.ts'
import { Complexity } from './complexity.tsx'
import styles from './cast-builder.module.css'

export type Question = CastGuide['steps'][number]['questions'][number]

/** Help, and what is worth knowing about the answer. */
export function Beside({ help, warnings }: { help?: ReactNode; warnings: readonly string[] }) {
  return (
    <>
      {help}
      {warnings.map((warning) => (
        <span key={warning} className={styles.warning}>
          {warning}
        </span>
      ))}
    </>
  )
}

const nameOf = ({ label, required }: Question): string => (required ? label : `${label} (optional)`)

/** Line by line; what stands there stays as it was typed while it comes to the same list. */
function Lines({ question, step }: { question: Question; step: CastStep }) {
  const builder = useBuilder()
  const field = question.field as 'acceptance_criteria' | 'telemetry_anchors' | 'checks'
  const value = useWork((work): readonly CheckEntry[] | null => work[field])
  const { error, warnings } = useSays(field, step)
  const [typed, setTyped] = useState(() => shownLines(value ?? []))
  const isMine = same(linesIn(typed, field), value ?? [])
  return (
    <TextArea
      label={nameOf(question)}
      rows={field === 'checks' ? 2 : 3}
      code={field !== 'acceptance_criteria'}
      value={isMine ? typed : shownLines(value ?? [])}
      onChange={(text) => {
        setTyped(text)
        const lines = linesIn(text, field)
        const next = field === 'checks' && lines.length === 0 ? null : lines
        builder.session.change((work) => (same(work[field], next) ? work : { ...work, [field]: next }))
      }}
      error={error}
      help={<Beside help={question.help} warnings={warnings} />}
      aria-required={question.required}
      {...placed(builder, field)}
    />
  )
}

const PRIORITIES = [
  { value: 'none', label: 'Not said' },
  { value: 'low', label: 'Low' },
  { value: 'normal', label: 'Normal' },
  { value: 'high', label: 'High' },
  { value: 'urgent', label: 'Urgent' },
] as const

function Priority({ question }: { question: Question }) {
  const { session } = useBuilder()
  const value = useWork(({ priority }) => priority)
  return (
    <Select
      label={nameOf(question)}
      value={value ?? 'none'}
      onChange={(next) => session.change((work) => ({ ...work, priority: next === 'none' ? null : next }))}
      options={PRIORITIES}
    />
  )
}

type TextField_ = 'request_id' | 'summary' | 'intent' | 'context' | 'agent_model' | 'sample_diff'
const CODE: ReadonlySet<string> = new Set(['request_id', 'agent_model', 'sample_diff'])

function Text({ question, step, more }: { question: Question; step: CastStep; more?: ReactNode }) {
  const builder = useBuilder()
  const field = question.field as TextField_
  const value = useWork((work: Work) => work[field])
  const { error, warnings } = useSays(field, step)
  const Control = question.as === 'text' ? TextArea : TextField
  return (
    <>
      <Control
        label={nameOf(question)}
        value={value}
        onChange={(text) => builder.session.change((work) => ({ ...work, [field]: text }))}
        error={error}
        help={<Beside help={question.help} warnings={warnings} />}
        code={CODE.has(field)}
        aria-required={question.required}
        {...placed(builder, field)}
      />
      {more}
    </>
  )
}

export function Questions({
  step,
  more = {},
}: {
  step: CastStep
  /** What stands behind the question of a field. */
  more?: Readonly<Record<string, ReactNode>>
}) {
  const { guide } = useBuilder()
  const questions = guide.steps.find(({ id }) => id === step)?.questions ?? []
  return questions.map((question) => {
    if (question.as === 'list') return <Lines key={question.field} question={question} step={step} />
    if (question.as === 'priority') return <Priority key={question.field} question={question} />
    if (question.as === 'complexity')
      return <Complexity key={question.field} question={question} step={step} />
    return <Text key={question.field} question={question} step={step} more={more[question.field]} />
  })
}
