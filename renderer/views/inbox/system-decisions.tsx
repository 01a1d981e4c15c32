/** What waits beside changes: landed commits for the own branch, and an engine that lands nothing. */
import type { Diagnosis, InboxItem, Inspection } from '../../../schemas/view.ts'
import { explain } from '../../change/reasons.ts'
import { useCommands } from '../../state/commands.ts'
import { useAct, useAway, useRead, useStore, type Reading } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertText } from '../../ui/inert-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import styles from './inbox.module.css'

interface Props {
  item: InboxItem
  onDone: () => void
}

export function CheckoutDecision({ item, onDone }: Props) {
  const sync = useAct((api) => api.system.sync({}), {
    done: ({ sentence }) => {
      tellDone(sentence)
      onDone()
    },
  })
  const said = explain(item)
  const off = useAway()
  const run = (): void => {
    if (off === null) void sync.run(undefined)
  }
  useCommands([
    {
      id: 'inbox-sync',
      label: 'Bring landed commits to my branch',
      group: 'Decision',
      keys: 'b',
      reason: off,
      run,
    },
  ])
  return (
    <article className={styles.decision} aria-label="Decision: bring landed commits over">
      <header className={styles.title}>
        <h2>
          <InertText text={item.title} />
        </h2>
      </header>
      <section className={styles.why}>
        <h3>Why it waits</h3>
        <p>{said.why}</p>
        <p className={styles.helps}>{said.helps}</p>
        {sync.error !== null && <ErrorBanner failure={sync.error} title="Nothing was changed" />}
        <div className={styles.buttons}>
          <Button kind="primary" reason={off} busy={sync.busy} onClick={run} keys={<Kbd keys="b" />}>
            Bring them to my branch
          </Button>
        </div>
      </section>
    </article>
  )
}

/** Shared with Settings and Home, so that all show the same examination. */
export const useDoctor = (enabled = true): Reading<Diagnosis[]> =>
  useRead('system.doctor', (api, signal) => api.system.doctor({}, { signal }), { enabled })

export function EngineDecision({ item, onDone }: Props) {
  const reading = useDoctor()
  const broken = (reading.value ?? []).filter(({ state }) => state === 'broken')
  const said = explain(item)
  const folder = useStore(({ workspace }) => (workspace?.state === 'open' ? workspace.folder : null))
  const away = useAway()
  // Opening makes a target that is gone again, which no looking does.
  const again = useAct((api, of: string) => api.workspace.open({ folder: of, checks: null }), {
    done: (state) => {
      if (state.state === 'open') tellDone(`${state.name} is open again`)
      reading.reload()
      onDone()
    },
  })
  const seen = useRead<Inspection>(
    `inspect:${folder}`,
    (api, signal) => api.workspace.inspect({ folder: folder ?? '' }, { signal }),
    { enabled: folder !== null && broken.some(({ name }) => name === 'target') },
  )
  const targetGone = seen.value?.target_exists === false && broken.some(({ name }) => name === 'target')
  return (
    <article className={styles.decision} aria-label="Decision: make landing possible again">
      <header className={styles.title}>
        <h2>{item.title}</h2>
      </header>
      <section className={styles.why}>
        <h3>Why it waits</h3>
        <p>{said.why}</p>
        <div className={styles.said}>
          <InertText text={item.reason} />
        </div>
        <p className={styles.helps}>{said.helps}</p>
        {again.error !== null && <ErrorBanner failure={again.error} title="It was not opened again" />}
        <div className={styles.buttons}>
          {targetGone && (
            <Button
              kind="primary"
              reason={away}
              busy={again.busy}
              onClick={() => {
                if (folder !== null) void again.run(folder)
              }}
            >
              Make the branch again
            </Button>
          )}
          <Button
            kind={targetGone ? 'default' : 'primary'}
            busy={reading.loading}
            onClick={() => {
              reading.reload()
              onDone()
            }}
          >
            Look again
          </Button>
          <Link to="/settings?section=doctor">All of doctor’s findings</Link>
        </div>
      </section>
      <section className={styles.section}>
        <h3>What doctor found broken</h3>
        {reading.value === undefined && reading.error !== null && (
          <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
        )}
        {reading.value === undefined && reading.error === null && <Skeleton />}
        {reading.value !== undefined && broken.length === 0 && (
          <p className={styles.quiet}>
            Nothing of what the workspace stands on. The reason above is the only thing in the way.
          </p>
        )}
        {broken.map((finding) => (
          <dl key={finding.name} className={styles.finding}>
            <dt>{finding.name}</dt>
            <dd>
              <InertText text={finding.detail} />
              {finding.remedy !== null && (
                <div className={styles.remedy}>
                  <InertText text={finding.remedy} />
                </div>
              )}
            </dd>
          </dl>
        ))}
      </section>
    </article>
  )
}
