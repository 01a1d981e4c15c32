/** Approvals: recorded here for exactly this content, or void, or no more than a claim of a file. */
import { CircleCheck, CircleDashed, CircleSlash } from 'lucide-react'
import { useState } from 'react'
import type { ApprovalClaim } from '../../../schemas/metadata.ts'
import type { APPROVAL_STANDINGS } from '../../../schemas/cast-draft.ts'
import { useDecider } from '../../change/decider.ts'
import { useAct, useAway } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { inertLine } from '../../ui/inert.ts'
import { InertText } from '../../ui/inert-text.tsx'
import { absoluteTime } from '../../ui/time.tsx'
import { useKept } from '../inbox/kept.ts'
import { findingsAt, useBuilder, useExamination, useWork } from './builder.ts'
import styles from './cast-builder.module.css'

type Standing = (typeof APPROVAL_STANDINGS)[number]

const STANDING: Readonly<
  Record<Standing, { words: string; tone: 'ok' | 'danger' | 'muted'; icon: typeof CircleCheck }>
> = {
  recorded: { words: 'recorded for this content', tone: 'ok', icon: CircleCheck },
  void: { words: 'void: content changed', tone: 'danger', icon: CircleSlash },
  claim: { words: 'a claim of the file: not recorded here', tone: 'muted', icon: CircleDashed },
}

const isText = (value: unknown): value is string => typeof value === 'string'
const timeOf = ({ approved_at: at }: ApprovalClaim): string =>
  typeof at === 'number' ? absoluteTime(at) : absoluteTime(Math.floor(Date.parse(at) / 1000))

function Given({
  claim,
  standing,
  index,
}: {
  claim: ApprovalClaim
  standing: Standing | undefined
  index: number
}) {
  const { session } = useBuilder()
  const away = useAway()
  const withdraw = useAct(
    (api, at: number) => session.act((draft) => api.casts.withdraw({ ...draft, index: at })),
    {
      notice: 'Not withdrawn',
    },
  )
  const says = standing === undefined ? null : STANDING[standing]
  return (
    <li className={styles.approval} data-field={`approvals[${index}]`} tabIndex={-1}>
      <div className={styles.approvalHead}>
        {says !== null && <says.icon size={16} className={styles[says.tone]} aria-hidden />}
        <strong>{inertLine(claim.approver, 120)}</strong>
        {claim.role !== undefined && claim.role !== '' && (
          <span className={styles.quiet}>{inertLine(claim.role, 80)}</span>
        )}
        <span className={says === null ? styles.quiet : styles[says.tone]}>
          {says?.words ?? 'being examined…'}
        </span>
        <span className={styles.spring} />
        <Button size="small" reason={away} busy={withdraw.busy} onClick={() => void withdraw.run(index)}>
          Withdraw
        </Button>
      </div>
      {claim.note !== undefined && claim.note !== '' && <InertText text={claim.note} />}
      <p className={styles.quiet}>
        {timeOf(claim)}
        {claim.payload_hash !== undefined && (
          <>
            {' · of content '}
            <code>{claim.payload_hash.slice(0, 12)}</code>
          </>
        )}
      </p>
    </li>
  )
}

export function ApprovalsStep() {
  const { session } = useBuilder()
  const approvals = useWork((work) => work.approvals)
  const standings = useExamination((examination) => examination?.approvals)
  const hash = useExamination((examination) => examination?.content_hash)
  const asked = useExamination((examination) => findingsAt(examination, 'approvals'))
  const general = asked.filter(({ field }) => field === 'approvals')
  const away = useAway()
  const decider = useDecider()
  const [role, keepRole] = useKept('casts.role', isText)
  const [note, setNote] = useState('')
  const record = useAct(
    (api, by: string) =>
      session.act((at) =>
        api.casts.approve({ ...at, by, role: role?.trim() || null, note: note.trim() || null }),
      ),
    { done: () => setNote('') },
  )
  return (
    <>
      {general.map(({ message }) => (
        <p key={message} className={styles.warning} role="note" data-field="approvals" tabIndex={-1}>
          {message}
        </p>
      ))}
      {general.length === 0 && (
        <p className={styles.quiet} data-field="approvals" tabIndex={-1}>
          The policy asks for no further approval of this cast.
        </p>
      )}
      {approvals.length > 0 && (
        <ol className={styles.approvals} aria-label="Approvals">
          {approvals.map((claim, index) => (
            // One person may have approved several contents; the place is what tells them apart.
            <Given
              key={`${index} ${claim.approver}`}
              claim={claim}
              standing={standings?.[index]}
              index={index}
            />
          ))}
        </ol>
      )}
      <form
        className={styles.recordForm}
        aria-label="Record an approval"
        onSubmit={(event) => {
          event.preventDefault()
          if (decider.reason === null && away === null) void record.run(decider.settle())
        }}
      >
        <h3>Record an approval</h3>
        <div className={styles.pair}>
          <TextField label="Name" value={decider.by} onChange={decider.write} maxLength={200} />
          <TextField label="Role (optional)" value={role ?? ''} onChange={keepRole} maxLength={200} />
        </div>
        <TextField label="Note (optional)" value={note} onChange={setNote} maxLength={2000} />
        {record.error !== null && <ErrorBanner failure={record.error} title="Not recorded" />}
        <div className={styles.row}>
          <Button type="submit" kind="primary" busy={record.busy} reason={decider.reason ?? away}>
            Record
          </Button>
          <span className={styles.quiet}>
            It will be recorded for the content <code>{hash?.slice(0, 12)}</code>; any edit of it makes it
            void.
          </span>
        </div>
      </form>
    </>
  )
}
