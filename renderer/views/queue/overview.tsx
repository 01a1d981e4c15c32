/** A change at a glance: where its time went, and what it says of itself. */
import type { ReactNode } from 'react'
import type { ChangeDetail } from '../../../schemas/view.ts'
import { useSeconds } from '../../state/clock.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { cx } from '../../ui/cx.ts'
import { inertLine } from '../../ui/inert.ts'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { absoluteTime, spellMs, Time } from '../../ui/time.tsx'
import { waterfall, type AttemptView, type Step } from './waterfall.ts'
import styles from './inspector.module.css'

function Bar({ step }: { step: Step }) {
  return (
    <li className={styles.step}>
      <span className={styles.stepName}>
        <InertLine text={step.label} muted={step.kind === 'wait'} />
      </span>
      <span className={styles.track} aria-hidden>
        {step.bar !== null && (
          <span
            className={cx(styles.bar, styles[`tone-${step.tone}`], step.kind === 'lease' && styles.outline)}
            style={{ left: `${step.bar.from * 100}%`, width: `${step.bar.width * 100}%` }}
          />
        )}
      </span>
      <span className={styles.stepTime}>{spellMs(step.ms)}</span>
      <span className={styles.stepNote}>{step.note ?? ''}</span>
    </li>
  )
}

function Attempt({ attempt }: { attempt: AttemptView }) {
  return (
    <section className={styles.attempt} aria-label={`Attempt ${attempt.number}`}>
      <h3 className={styles.attemptHead}>
        <span>Attempt {attempt.number}</span>
        <span className={styles[`ink-${attempt.tone}`]}>{attempt.outcome}</span>
        <span className={styles.muted} title={absoluteTime(attempt.startedAtMs / 1000)}>
          <InertLine text={attempt.worker} muted />
        </span>
      </h3>
      <ol className={styles.steps}>
        {attempt.steps.map((step) => (
          <Bar key={step.key} step={step} />
        ))}
      </ol>
      {attempt.detail !== null && attempt.outcome !== 'applied' && (
        <div className={styles.detail}>
          <InertText text={attempt.detail} />
        </div>
      )}
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const Oid = ({ oid }: { oid: string }) => (
  <span className={styles.oid}>
    <code title={oid}>{oid.slice(0, 12)}</code>
    <CopyButton text={oid} label="Copy the whole id" />
  </span>
)

const shownValue = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '')

/** A field of the metadata as a name beside the others: "agent_model" is "Agent model". */
function nameOfField(key: string): string {
  const name = inertLine(key.replaceAll('_', ' '), 60)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

export function Overview({ detail }: { detail: ChangeDetail }) {
  const now = useSeconds()
  const attempts = waterfall(detail, now * 1000)
  const { metadata, base_commit, depends_on, checks } = detail.payload
  const {
    intent: _intent,
    summary: _summary,
    telemetry_anchors: _anchors,
    approvals: _approvals,
    ...more
  } = metadata ?? {}
  const stated = Object.entries(more).filter(([, value]) => value !== '' && value !== undefined)
  return (
    <div className={styles.panel}>
      <h3 className={styles.section}>Attempts</h3>
      {attempts.length === 0 ? (
        <p className={styles.muted}>No worker has taken it yet.</p>
      ) : (
        attempts.toReversed().map((attempt) => <Attempt key={attempt.fence} attempt={attempt} />)
      )}
      {attempts.length > 0 && (
        <p className={styles.small}>
          Leases, checks and landing are measured. Build is what is left of the lease.
        </p>
      )}
      <h3 className={styles.section}>Facts</h3>
      <dl className={styles.facts2}>
        {detail.intent !== null && detail.intent !== detail.title && (
          <Fact name="Intent">
            <InertText text={detail.intent} />
          </Fact>
        )}
        {detail.landed_commit !== null && (
          <Fact name="Commit">
            <Oid oid={detail.landed_commit} />
          </Fact>
        )}
        {base_commit !== undefined && (
          <Fact name="Base">
            <Oid oid={base_commit} />
          </Fact>
        )}
        <Fact name="Queued">
          <Time at={detail.created_at} />
        </Fact>
        <Fact name="Priority">{detail.priority}</Fact>
        <Fact name="Attempts spent">{detail.attempts}</Fact>
        <Fact name="Checks asked for">
          <InertLine text={checks.map((one) => (typeof one === 'string' ? one : one.run)).join(', ')} />
        </Fact>
        {depends_on !== undefined && depends_on.length > 0 && (
          <Fact name="Depends on">
            <InertLine text={depends_on.join(', ')} />
          </Fact>
        )}
        {detail.anchors.length > 0 && (
          <Fact name="Anchors">
            {detail.anchors.map((anchor) => (
              <Link
                key={anchor}
                to={`/logs?q=${encodeURIComponent(`anchor:${JSON.stringify(anchor)}`)}`}
                className={styles.anchor}
              >
                <InertLine text={anchor} />
              </Link>
            ))}
          </Fact>
        )}
        <Fact name="Payload hash">
          <Oid oid={detail.payload_hash} />
        </Fact>
        <Fact name="Fence">{detail.fence}</Fact>
        {stated.map(([key, value]) => (
          <Fact key={key} name={nameOfField(key)}>
            <InertText text={shownValue(value)} />
          </Fact>
        ))}
      </dl>
    </div>
  )
}
