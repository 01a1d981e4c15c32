/** Settings: personal ones at once, those of the workspace as ordinary changes, doctor, audit, cleaning up. */
import { useEffect, useRef, type ReactNode } from 'react'
import type { Api } from '../../client.ts'
import { pathOf, useQuery } from '../../router.ts'
import { useRead, useStore } from '../../state/hooks.ts'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { Audit } from './audit.tsx'
import { SECTIONS, sectionOf } from './controls.ts'
import { Doctor } from './doctor.tsx'
import { Personal } from './personal.tsx'
import { unreadIn } from './proposal.ts'
import { AgentsReadiness } from './readiness.tsx'
import { SettingRow } from './setting-row.tsx'
import { Cleanup } from './upkeep.tsx'
import styles from './settings.module.css'

const PLACES = [
  { key: 'personal', label: 'Personal' },
  ...SECTIONS.map(({ key, label }) => ({ key, label })),
  { key: 'doctor', label: 'Doctor' },
  { key: 'audit', label: 'Audit' },
  { key: 'cleanup', label: 'Cleanup' },
]

function Section({
  id,
  title,
  note,
  children,
}: {
  id: string
  title: string
  note?: string
  children: ReactNode
}) {
  return (
    <section id={`section-${id}`} className={styles.section} aria-labelledby={`title-${id}`}>
      <header className={styles.sectionHead}>
        <h2 id={`title-${id}`} tabIndex={-1}>
          {title}
        </h2>
        {note !== undefined && <p className={styles.quiet}>{note}</p>}
      </header>
      {children}
    </section>
  )
}

const readSettings = (api: Api, signal: AbortSignal) => api.system.settings({}, { signal })

const POLICY = 'Policy: read from the target, in force for every change once landed there.'
const OWN = 'Read from your checkout: in force once landed and brought to your branch.'

function WorkspaceSettings({ offline }: { offline: boolean }) {
  const reading = useRead('system.settings', readSettings, {
    on: (turn) => turn.changes.length > 0 || turn.gone.length > 0,
  })
  const read = reading.value
  if (read === undefined) {
    return reading.error === null ? (
      <Skeleton lines={8} />
    ) : (
      <ErrorBanner
        failure={reading.error}
        title="The settings of the workspace cannot be read"
        retry={reading.reload}
        busy={reading.loading}
      />
    )
  }
  const others = unreadIn(read)
  const known: readonly string[] = SECTIONS.map(({ key }) => key)
  const unknown = [...new Set(read.values.map(({ key }) => sectionOf(key)))].filter(
    (key) => !known.includes(key),
  )
  return (
    <div className={cx(reading.stale !== null && styles.grey)}>
      {reading.stale !== null && (
        <p className={styles.bar}>
          <StaleNote since={reading.stale} />
        </p>
      )}
      {reading.error !== null && reading.error.code !== 'offline' && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {others.length > 0 && (
        <p className={styles.others}>
          Other open changes to the config file:{' '}
          {others.slice(0, 5).map((change) => (
            <Link key={change.id} to={pathOf({ view: 'change', id: change.id })}>
              <InertLine text={change.intent ?? `change ${change.id}`} />
            </Link>
          ))}
          {others.length > 5 && ` and ${others.length - 5} more`}
        </p>
      )}
      {[...SECTIONS, ...unknown.map((key) => ({ key, label: key, policy: false }))].map(
        ({ key: section, label, policy }) => (
          <Section key={section} id={section} title={label} note={policy ? POLICY : OWN}>
            {section === 'agents' && <AgentsReadiness />}
            {read.values
              .filter(({ key }) => sectionOf(key) === section)
              .map((setting) => (
                <SettingRow
                  key={setting.key}
                  setting={setting}
                  file={read.file}
                  pending={read}
                  offline={offline}
                  onProposed={reading.reload}
                />
              ))}
          </Section>
        ),
      )}
    </div>
  )
}

export function SettingsView() {
  const offline = useStore(({ connection }) => connection.state !== 'online')
  const open = useStore(({ workspace }) => workspace?.state === 'open')
  const [place, setPlace] = useQuery('section')
  // The sections have their places once the settings are read.
  const ready = useRead('system.settings', readSettings, { enabled: open }).value !== undefined
  const page = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (place === null) return
    page.current?.querySelector(`#section-${CSS.escape(place)}`)?.scrollIntoView({ block: 'start' })
  }, [place, open, ready])
  return (
    <div className={styles.view}>
      <nav className={styles.places} aria-label="Sections of the settings">
        <h1 className="unseen">Settings</h1>
        <ul>
          {PLACES.filter(({ key }) => open || key === 'personal').map(({ key, label }) => (
            <li key={key}>
              <Link
                to={`/settings?section=${key}`}
                aria-current={(place ?? 'personal') === key ? 'true' : undefined}
                className={styles.place}
                onClick={(event) => {
                  event.preventDefault()
                  // Asked for again after scrolling away, it leads there again.
                  page.current
                    ?.querySelector(`#section-${CSS.escape(key)}`)
                    ?.scrollIntoView({ block: 'start' })
                  setPlace(key)
                }}
              >
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div ref={page} className={styles.page}>
        <Section id="personal" title="Personal" note="On this machine only, in force at once.">
          <Personal />
        </Section>
        {open && (
          <>
            <WorkspaceSettings offline={offline} />
            <Section id="doctor" title="Doctor" note="Everything the workspace stands on, looked at now.">
              <Doctor />
            </Section>
            <Section
              id="audit"
              title="Audit"
              note="Whether log, queue and branch still say the same, and signed statements of what landed."
            >
              <Audit />
            </Section>
            <Section id="cleanup" title="Cleanup">
              <Cleanup offline={offline} />
            </Section>
          </>
        )}
      </div>
    </div>
  )
}
