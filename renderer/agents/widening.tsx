/** Files that an agent asks for beyond its own, and the decision about them. */
import type { RequestTree } from '../../schemas/view.ts'
import { useAct, useAway, type Act } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button } from '../ui/button.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { InertLine, InertText } from '../ui/inert-text.tsx'
import { Kbd } from '../ui/kbd.tsx'
import styles from './agents.module.css'

type Widening = RequestTree['widenings'][number]
export type WideningDecision = 'granted' | 'refused'

export function useWiden(id: number, task: string, onDone: () => void): Act<WideningDecision> {
  return useAct((api, decision: WideningDecision) => api.agents.widen({ id, decision }), {
    done: (_, decision) => {
      tellDone(
        decision === 'granted' ? `${task} may change them now, and goes on` : `${task} goes on without them`,
      )
      onDone()
    },
  })
}

export function WideningButtons({
  act,
  keys = false,
}: {
  act: Act<WideningDecision>
  /** Whether the keys of the Inbox do the same. */
  keys?: boolean
}) {
  const away = useAway()
  return (
    <>
      {act.error !== null && <ErrorBanner failure={act.error} title="Not decided" />}
      <div className={styles.buttons}>
        <Button
          kind="primary"
          reason={away}
          busy={act.busy}
          keys={keys ? <Kbd keys="a" /> : undefined}
          onClick={() => void act.run('granted')}
        >
          Grant
        </Button>
        <Button
          reason={away}
          busy={act.busy}
          keys={keys ? <Kbd keys="d" /> : undefined}
          onClick={() => void act.run('refused')}
        >
          Do without
        </Button>
      </div>
    </>
  )
}

/** What is asked for, why, and beside it what the assignment may change already. */
export function WideningFacts({
  widening,
  targets,
  said,
}: {
  widening: Widening
  targets: readonly string[]
  /** The agent's last words; null where it said none. */
  said: string | null
}) {
  return (
    <>
      <div className={styles.beside}>
        <section>
          <h4>It asks for</h4>
          <dl className={styles.wanted}>
            {widening.wanted.map(({ path, reason }) => (
              <div key={path} className={styles.pair}>
                <dt>
                  <code>
                    <InertLine text={path} />
                  </code>
                </dt>
                <dd>
                  <InertText text={reason} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
        <section>
          <h4>It may change already</h4>
          <ul>
            {targets.slice(0, 20).map((path) => (
              <li key={path}>
                <code>
                  <InertLine text={path} />
                </code>
              </li>
            ))}
            {targets.length > 20 && <li>and {targets.length - 20} more</li>}
          </ul>
        </section>
      </div>
      {said !== null && (
        <details className={styles.fold} open>
          <summary>What the agent said last</summary>
          <div className={styles.last} tabIndex={0} role="group" aria-label="What the agent said last">
            <InertText code text={said} />
          </div>
        </details>
      )}
    </>
  )
}

/** All of it inside a request's tree. */
export function WideningForm({
  widening,
  targets,
  said,
  onDone,
}: {
  widening: Widening
  targets: readonly string[]
  said: string | null
  onDone: () => void
}) {
  const act = useWiden(widening.id, widening.task_id, onDone)
  return (
    <div className={styles.ask} role="group" aria-label={`Files that ${widening.task_id} asks for`}>
      <WideningFacts widening={widening} targets={targets} said={said} />
      <WideningButtons act={act} />
    </div>
  )
}
