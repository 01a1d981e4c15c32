/** The worktrees and branches of the repository, one of which is chosen. */
import { useState } from 'react'
import type { SubmitSources } from '../../../../schemas/intake.ts'
import type { Reading } from '../../../state/hooks.ts'
import { Button } from '../../../ui/button.tsx'
import { cx } from '../../../ui/cx.ts'
import { ErrorBanner } from '../../../ui/error-banner.tsx'
import { TextField } from '../../../ui/fields.tsx'
import { InertLine } from '../../../ui/inert-text.tsx'
import { Skeleton, StaleNote } from '../../../ui/pane.tsx'
import { branchChoice, matching, worktreeChoice, type Choice } from './model.ts'
import styles from './submit.module.css'

/** From so many on there is a field to find one in. */
const MANY = 8

function Choices({
  title,
  choices,
  chosen,
  onChoose,
  none,
}: {
  title: string
  choices: readonly Choice[]
  chosen: string | null
  onChoose: (from: string) => void
  none: string
}) {
  return (
    <fieldset className={styles.group}>
      <legend>{title}</legend>
      {choices.length === 0 && <p className={styles.quiet}>{none}</p>}
      {choices.map(({ from, name, place, facts, reason }) => (
        <label key={from} className={cx(styles.choice, reason !== null && styles.off)}>
          <input
            type="radio"
            name="source"
            checked={chosen === from}
            disabled={reason !== null}
            onChange={() => onChoose(from)}
          />
          <span className={styles.about}>
            <span className={styles.facts}>
              <span className={styles.name}>
                <InertLine text={name} />
              </span>
              {facts.map(({ text, tone }) => (
                <span key={text} className={styles[tone]}>
                  {text}
                </span>
              ))}
            </span>
            <InertLine text={place} muted />
            {reason !== null && <span className={styles.warn}>{reason}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

export function Sources({
  reading,
  chosen,
  onChoose,
}: {
  reading: Reading<SubmitSources>
  chosen: string | null
  onChoose: (from: string) => void
}) {
  const [find, setFind] = useState('')
  const [other, setOther] = useState('')
  const sources = reading.value
  const worktrees = (sources?.worktrees ?? []).map(worktreeChoice)
  const branches = (sources?.branches ?? []).map(branchChoice)
  const none = find.trim() === '' ? 'There is none.' : 'None is called that.'
  const named = other.trim()
  return (
    <section
      className={styles.sources}
      aria-label="What is submitted"
      aria-busy={reading.loading && sources === undefined}
    >
      <div className={styles.sourcesHead}>
        <h2>What is submitted</h2>
        {sources !== undefined && reading.stale !== null && <StaleNote since={reading.stale} />}
        <span className={styles.spring} />
        <Button size="small" busy={reading.loading} onClick={reading.reload}>
          Look again
        </Button>
      </div>
      {reading.error !== null && (sources === undefined || reading.error.code !== 'offline') && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {sources === undefined && reading.error === null && <Skeleton lines={6} />}
      {sources !== undefined && (
        <>
          {worktrees.length + branches.length >= MANY && (
            <TextField
              label="Find one"
              labelled={false}
              placeholder="Find one"
              value={find}
              onChange={setFind}
            />
          )}
          <Choices
            title="Worktrees, with what is uncommitted in them"
            choices={matching(worktrees, find)}
            chosen={chosen}
            onChoose={onChoose}
            none={none}
          />
          <Choices
            title={sources.more_branches ? 'Branches, the newest' : 'Branches'}
            choices={matching(branches, find)}
            chosen={chosen}
            onChoose={onChoose}
            none={none}
          />
          <form
            className={styles.other}
            onSubmit={(event) => {
              event.preventDefault()
              if (named !== '') onChoose(named)
            }}
          >
            <TextField
              label="Something else"
              help="A branch, tag or commit, or the folder of a worktree or clone."
              value={other}
              onChange={setOther}
              code
              maxLength={4096}
            />
            <Button type="submit" size="small" reason={named === '' ? 'Name it first' : null}>
              Look at it
            </Button>
          </form>
        </>
      )}
    </section>
  )
}
