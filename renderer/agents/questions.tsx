/** An Engineer's questions, each with the field for its answer and what is taken to be so without one. */
import { useRef, useState, type KeyboardEvent } from 'react'
import type { RequestTree } from '../../schemas/view.ts'
import { useCommands } from '../state/commands.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button } from '../ui/button.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { TextArea } from '../ui/fields.tsx'
import { InertText } from '../ui/inert-text.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { absoluteTime } from '../ui/time.tsx'
import { useKept } from '../views/inbox/kept.ts'
import shared from '../views/requests/requests.module.css'
import { assumedWords, isWritten, leftOpen, openOf, writtenAnswers, type Answer, type Written } from './answers.ts' // prettier-ignore
import styles from './agents.module.css'

const LONGEST = 20_000

export function QuestionsForm({
  tree,
  onDone,
  keys = false,
}: {
  tree: Pick<RequestTree, 'request' | 'questions' | 'answer_by'>
  onDone: () => void
  /** Whether keys of the window lead here, as they do in the Inbox. */
  keys?: boolean
}) {
  const { request, questions, answer_by: answerBy } = tree
  const id = request.request_id
  const away = useAway()
  const [kept, keep] = useKept<Written>(`answers.${id}`, isWritten)
  const [sending, setSending] = useState<number | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const written = kept ?? {}
  const open = openOf(questions)
  const answers = writtenAnswers(questions, written)
  const left = leftOpen(questions, answers)
  const send = useAct((api, wanted: Answer[]) => api.agents.answer({ request_id: id, answers: wanted }), {
    done: ({ open: rest }, wanted) => {
      const sent = new Set(wanted.map(({ question }) => String(question)))
      const unsent = Object.entries(written).filter(([number]) => !sent.has(number))
      keep(unsent.length === 0 ? null : Object.fromEntries(unsent))
      tellDone(rest === 0 ? `${id} goes on` : rest === 1 ? 'One question is still open' : `${rest} questions are still open`) // prettier-ignore
      onDone()
    },
  })
  const go = (wanted: Answer[], of: number | null): void => {
    if (away !== null || wanted.length === 0) return
    setSending(of)
    void send.run(wanted)
  }
  const off = away ?? (answers.length === 0 ? 'Write an answer first' : null)
  const takeAll = (): void =>
    go(
      open.map(({ number }) => ({ question: number, text: null })),
      -1,
    )
  useCommands(
    keys
      ? [
          {
            id: 'inbox-answer',
            label: 'Write the answer',
            group: 'Decision',
            keys: 'a',
            run: () => form.current?.querySelector('textarea')?.focus(),
          },
          {
            id: 'inbox-assume',
            label: 'Take all assumptions',
            group: 'Decision',
            keys: 't',
            reason: away,
            run: takeAll,
          },
        ]
      : [],
  )
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    go(answers, null)
  }
  return (
    <form
      ref={form}
      className={styles.form}
      aria-label={`Questions about ${id}`}
      onKeyDown={onKey}
      onSubmit={(event) => {
        event.preventDefault()
        go(answers, null)
      }}
    >
      {open.map((question) => (
        <div key={question.number} className={styles.question}>
          <div className={styles.asked}>
            <InertText text={question.text} />
          </div>
          {!question.blocking && <p className={shared.quiet}>The work does not wait for this one.</p>}
          <TextArea
            label={`Answer to question ${question.number}`}
            labelled={false}
            rows={2}
            maxLength={LONGEST}
            value={written[String(question.number)] ?? ''}
            onChange={(text) => keep({ ...written, [String(question.number)]: text })}
            placeholder="Your answer"
          />
          <div className={styles.assumed}>
            <span>Assumed otherwise:</span>
            <InertText text={assumedWords(question)} />
            <Button
              size="small"
              reason={away}
              busy={send.busy && sending === question.number}
              aria-label={`Take the assumption of question ${question.number}`}
              onClick={() => go([{ question: question.number, text: null }], question.number)}
            >
              Take the assumption
            </Button>
          </div>
        </div>
      ))}
      {send.error !== null && <ErrorBanner failure={send.error} title="Not answered" />}
      <div className={styles.buttons}>
        <Button
          type="submit"
          kind="primary"
          reason={off}
          busy={send.busy && sending === null}
          keys={<Kbd keys="mod+enter" />}
          onClick={(event) => {
            event.preventDefault()
            go(answers, null)
          }}
        >
          {answers.length > 1 ? `Answer ${answers.length}` : 'Answer'}
        </Button>
        {open.length > 1 && (
          <Button
            reason={away}
            busy={send.busy && sending === -1}
            keys={keys ? <Kbd keys="t" /> : undefined}
            onClick={takeAll}
          >
            Take all assumptions
          </Button>
        )}
        <span className={shared.quiet}>
          {answers.length > 0 && left > 0 && `${left} would stay open. `}
          {answerBy !== null && `Goes on as assumed at ${absoluteTime(answerBy)}.`}
        </span>
      </div>
    </form>
  )
}
