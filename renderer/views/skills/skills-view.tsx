/** The catalogue of skills, as SKILL.md tells it, and its way to others: an export, or a bundle. */
import { Archive, CircleCheck, FolderOutput } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { BundleResult, ExportResult, Skill } from '../../../schemas/skills.ts'
import { useCommands } from '../../state/commands.ts'
import { useAway, useRead } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { Prose } from '../../ui/prose.tsx'
import { BundleDialog } from './bundle-dialog.tsx'
import { ExportDialog } from './export-dialog.tsx'
import styles from './skills.module.css'

const bytes = (count: number): string => `${count.toLocaleString('en')} bytes`

function Done({
  title,
  path,
  facts,
  sha256,
}: {
  title: string
  path: string
  facts: string
  sha256: string
}) {
  return (
    <section className={styles.done} role="status" aria-label={title}>
      <CircleCheck size={16} aria-hidden className={styles.ok} />
      <div className={styles.doneText}>
        <p className={styles.doneTitle}>{title}</p>
        <p>
          <code>{inertLine(path)}</code> <CopyButton text={path} label="Copy the path" />
        </p>
        <p className={styles.quiet}>{facts}</p>
        <p className={styles.quiet}>
          SHA-256 <code>{sha256}</code>
        </p>
      </div>
    </section>
  )
}

const exported = ({
  dest,
  files,
  written,
  bytes: size,
  sha256,
  recorded,
  notes,
}: ExportResult): ReactNode => (
  <>
    <Done
      title="Exported, and read back"
      path={dest}
      facts={`${files.length} files, ${written} of them written; ${bytes(size)}${recorded ? '' : '; no workspace is open to remember it'}`}
      sha256={sha256}
    />
    {notes.map((note) => (
      <p key={note} className={styles.note} role="note">
        {inertLine(note, 500)}
      </p>
    ))}
  </>
)

const bundled = ({ file, entries, bytes: size, sha256, written }: BundleResult): ReactNode => (
  <Done
    title={written ? 'The bundle is made' : 'Exactly this bundle was there already'}
    path={file}
    facts={`${entries} entries; ${bytes(size)}; its checksum is beside it`}
    sha256={sha256}
  />
)

function One({ skill }: { skill: Skill }) {
  return (
    <article className={styles.skill}>
      <h2>{inertLine(skill.name)}</h2>
      <p>{inertLine(skill.description, 1024)}</p>
      <ul className={styles.files} aria-label="Its files">
        {skill.files.map(({ path, bytes: size }) => (
          <li key={path}>
            <code>{inertLine(path)}</code>
            <span className={styles.quiet}>{bytes(size)}</span>
          </li>
        ))}
      </ul>
      <div className={styles.text}>
        <Prose text={skill.text} top={2} />
      </div>
    </article>
  )
}

export function SkillsView() {
  const skills = useRead<Skill[]>('skills.list', (api, signal) => api.skills.list({}, { signal }))
  const away = useAway()
  const [asking, setAsking] = useState<'export' | 'bundle' | null>(null)
  const [done, setDone] = useState<ReactNode>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  const ask = (what: 'export' | 'bundle') => (): void => setAsking(what)
  useCommands([
    { id: 'skills-export', label: 'Export the skills', group: 'Skills', keys: 'x', reason: away, run: ask('export') },
    { id: 'skills-bundle', label: 'Make the bundle', group: 'Skills', keys: 'b', reason: away, run: ask('bundle') },
  ]) // prettier-ignore
  const list = skills.value ?? []
  const shown = list.find(({ name }) => name === chosen) ?? list[0]
  return (
    <div className={styles.view}>
      <header className={styles.head}>
        {/* The bar above names the place. */}
        <h1 className="unseen">Skills</h1>
        <p className={styles.lead}>What teaches an agent to work with Hyperion, to be taken along.</p>
        <Button icon={<Archive size={14} />} keys={<Kbd keys="b" />} reason={away} onClick={ask('bundle')}>
          Bundle…
        </Button>
        <Button
          kind="primary"
          icon={<FolderOutput size={14} />}
          keys={<Kbd keys="x" />}
          reason={away}
          onClick={ask('export')}
        >
          Export…
        </Button>
      </header>
      {done}
      {skills.error !== null && skills.value === undefined && (
        <ErrorBanner failure={skills.error} retry={skills.reload} busy={skills.loading} />
      )}
      {skills.value === undefined && skills.error === null && <Skeleton lines={6} />}
      {shown !== undefined && (
        <div className={styles.body}>
          <nav className={styles.list} aria-label="Skills">
            {list.map(({ name, description }) => (
              <button
                key={name}
                type="button"
                className={styles.entry}
                aria-current={name === shown.name}
                onClick={() => setChosen(name)}
              >
                <span className={styles.name}>{inertLine(name)}</span>
                <span className={styles.quiet}>{inertLine(description.split('. ')[0] ?? '', 200)}</span>
              </button>
            ))}
          </nav>
          <div className={styles.page} tabIndex={0} role="region" aria-label={`The skill ${shown.name}`}>
            <One key={shown.name} skill={shown} />
          </div>
        </div>
      )}
      {asking === 'export' && (
        <ExportDialog onClose={() => setAsking(null)} onDone={(result) => setDone(exported(result))} />
      )}
      {asking === 'bundle' && (
        <BundleDialog onClose={() => setAsking(null)} onDone={(result) => setDone(bundled(result))} />
      )}
    </div>
  )
}
