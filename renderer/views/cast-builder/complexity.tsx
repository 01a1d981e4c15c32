/** How hard it is, as a scale with words, and which model that chooses. */
import { useId } from 'react'
import type { CastStep } from '../../../schemas/cast-draft.ts'
import { placed, useBuilder, useExamination, useSays, useWork } from './builder.ts'
import type { Question } from './questions.tsx'
import styles from './cast-builder.module.css'

export function ModelNote() {
  const model = useExamination((examination) => examination?.model)
  if (model === undefined) return null
  return (
    <p className={styles.model} role="status">
      Model: <code>{model.name}</code> <span className={styles.quiet}>{model.why}</span>
    </p>
  )
}

export function Complexity({ question, step }: { question: Question; step: CastStep }) {
  const builder = useBuilder()
  const id = useId()
  const value = useWork(({ complexity }) => complexity)
  const { error, warnings } = useSays('complexity', step)
  const says = [error, ...warnings].filter((one) => one !== undefined)
  return (
    <fieldset
      className={styles.scale}
      aria-describedby={`${id}-help`}
      aria-invalid={error === undefined ? undefined : true}
    >
      <legend>{question.label}</legend>
      <div role="radiogroup" aria-label={question.label} aria-required className={styles.rungs}>
        {builder.guide.complexity.map((words, at) => {
          const rating = at + 1
          return (
            <label key={rating} className={styles.rung}>
              <input
                type="radio"
                name={id}
                checked={value === rating}
                onChange={() => builder.session.change((work) => ({ ...work, complexity: rating }))}
                {...(rating === (value ?? 1) ? placed(builder, 'complexity') : {})}
              />
              <span className={styles.rating}>{rating}</span>
              <span>{words}</span>
            </label>
          )
        })}
      </div>
      <p id={`${id}-help`} className={error === undefined ? styles.quiet : styles.error}>
        {says.length === 0 ? question.help : says.join('; ')}
      </p>
      <ModelNote />
    </fieldset>
  )
}
