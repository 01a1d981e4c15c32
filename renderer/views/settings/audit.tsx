/** The audit: how it stands, verifying it now, and writing signed statements of what landed. */
import { CircleAlert, CircleCheck, Info } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type {
  AuditDifference,
  AuditExport,
  AuditKey,
  AuditReport,
  AuditState,
} from '../../../schemas/audit.ts'
import { pathOf } from '../../router.ts'
import { useAct, useAway, useRead, useStore, type Reading } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Checkbox, TextField } from '../../ui/fields.tsx'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { Time } from '../../ui/time.tsx'
import { cleanSentence, keySentence } from './audit-words.ts'
import styles from './settings.module.css'

const READ_EVERY_MS = 30_000
const SHOWN = 20

/** Shared with the status line. */
export const useAudit = (enabled = true): Reading<AuditState> =>
  useRead('system.audit', (api, signal) => api.system.audit({}, { signal }), {
    enabled,
    everyMs: READ_EVERY_MS,
  })

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Key({ value }: { value: AuditKey }) {
  const sound = value.state === 'ok'
  return (
    <>
      <span className={styles.marked}>
        {sound ? (
          <CircleCheck size={14} aria-hidden className={styles.ok} />
        ) : (
          <CircleAlert size={14} aria-hidden className={styles.danger} />
        )}
        {keySentence(value)}
        {value.keyid !== null && (
          <>
            <code>{value.keyid.slice(0, 16)}</code>
            <CopyButton text={value.keyid} label="Copy the id of the key" />
          </>
        )}
      </span>
      {value.problem !== null && <InertText text={value.problem} />}
      {value.remedy !== null && (
        <div className={styles.remedy}>
          <InertText text={value.remedy} />
        </div>
      )}
      <div className={styles.quiet}>
        <InertLine text={value.file} muted />
      </div>
    </>
  )
}

function Difference({ one }: { one: AuditDifference }) {
  const { message, hint, code, change_id, row_id, commit } = one
  return (
    <>
      <InertText text={message} />
      <div className={styles.remedy}>
        <InertText text={hint} />
      </div>
      <p className={styles.where}>
        <code>{code}</code>
        {row_id !== null && <span>row {row_id} of the log</span>}
        {change_id !== null && <Link to={pathOf({ view: 'change', id: change_id })}>change {change_id}</Link>}
        {commit !== null && <span>commit {commit.slice(0, 12)}</span>}
      </p>
    </>
  )
}

function Report({ report }: { report: AuditReport }) {
  const { clean, difference } = report
  return (
    <div className={styles.result} data-tone={clean ? 'ok' : 'danger'} role={clean ? 'status' : 'alert'}>
      {clean ? <CircleCheck size={16} aria-hidden /> : <CircleAlert size={16} aria-hidden />}
      <div>
        <p className={styles.resultHead}>
          {clean ? 'Clean: nothing differs' : 'The first thing that does not agree'}
        </p>
        {difference === null ? <p>{cleanSentence(report)}</p> : <Difference one={difference} />}
      </div>
    </div>
  )
}

function Exported({ done }: { done: AuditExport }) {
  const { file, exported, left_out, keyid } = done
  return (
    <div className={styles.result} data-tone={left_out.length === 0 ? 'ok' : 'warn'} role="status">
      <Info size={16} aria-hidden />
      <div>
        <p className={styles.resultHead}>
          {exported === 1 ? '1 statement' : `${exported.toLocaleString('en')} statements`} written, signed
          with key <code>{keyid.slice(0, 16)}</code>
        </p>
        <p className={styles.marked}>
          <InertLine text={file} />
          <CopyButton text={file} label="Copy the path of the file" />
        </p>
        {left_out.length > 0 && (
          <>
            <p>
              Left out because they differ: {left_out.length.toLocaleString('en')}
              {left_out.length > SHOWN && `; the first ${SHOWN}`}
            </p>
            <ul className={styles.leftOut}>
              {left_out.slice(0, SHOWN).map((one, index) => (
                <li key={`${one.code}-${index}`}>
                  <Difference one={one} />
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  )
}

function ExportDialog({ onClose, onDone }: { onClose: () => void; onDone: (done: AuditExport) => void }) {
  const folder = useStore(({ workspace }) => (workspace?.state === 'open' ? workspace.folder : ''))
  const [file, setFile] = useState(`${folder}/.hyperion/statements.jsonl`)
  const [overwrite, setOverwrite] = useState(false)
  const away = useAway()
  const write = useAct((api) => api.system.exportAudit({ file: file.trim(), overwrite }), {
    done(output) {
      onDone(output)
      onClose()
    },
  })
  const reason = away ?? (file.trim() === '' ? 'Name the file first' : null)
  // What the command line would be told to give is a tick here.
  const failure =
    write.error?.code === 'file_exists'
      ? { ...write.error, hint: 'Name another file, or tick “Replace a file that is there”.' }
      : write.error
  return (
    <Dialog
      open
      onClose={onClose}
      title="Export signed statements"
      description="One in-toto statement for each landed change, a line each, signed with the key of this workspace. Everything is verified first."
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" busy={write.busy} reason={reason} onClick={() => void write.run(undefined)}>
            Export
          </Button>
        </>
      }
    >
      <form
        className={styles.edit}
        onSubmit={(event) => {
          event.preventDefault()
          if (reason === null) void write.run(undefined)
        }}
      >
        <TextField
          label="File"
          help="A path on the machine the engine runs on."
          value={file}
          onChange={(next) => {
            write.clear()
            setFile(next)
          }}
          code
          maxLength={4096}
        />
        <Checkbox label="Replace a file that is there" checked={overwrite} onChange={setOverwrite} />
        {failure !== null && <ErrorBanner failure={failure} title="Nothing was written" />}
      </form>
    </Dialog>
  )
}

export function Audit() {
  const reading = useAudit()
  const away = useAway()
  const [report, setReport] = useState<AuditReport | null>(null)
  const [exported, setExported] = useState<AuditExport | null>(null)
  const [asking, setAsking] = useState(false)
  const verify = useAct((api) => api.system.verifyAudit({}), {
    done(output) {
      setReport(output)
      reading.reload()
    },
  })
  const state = reading.value
  return (
    <>
      <div className={styles.bar}>
        <span className={styles.quiet} role="status">
          {verify.busy && 'Walking log, queue and branch against each other…'}
        </span>
        <span className={styles.buttons}>
          <Button size="small" reason={away} onClick={() => setAsking(true)}>
            Export signed statements…
          </Button>
          <Button
            size="small"
            kind="primary"
            busy={verify.busy}
            reason={away}
            onClick={() => void verify.run(undefined)}
          >
            {verify.busy ? 'Verifying…' : 'Verify now'}
          </Button>
        </span>
      </div>
      {verify.error !== null && (
        <ErrorBanner
          failure={verify.error}
          title="It could not be verified; nothing is known of it"
          retry={() => void verify.run(undefined)}
        />
      )}
      {report !== null && !verify.busy && verify.error === null && <Report report={report} />}
      {exported !== null && <Exported done={exported} />}
      {state === undefined && reading.error === null && <Skeleton lines={4} />}
      {reading.error !== null && reading.error.code !== 'offline' && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {state !== undefined && (
        <dl className={styles.facts}>
          <Fact name="Head of the log">
            {state.head.sequence === 0 ? (
              'no row yet'
            ) : (
              <span className={styles.marked}>
                row {state.head.sequence} <code>{state.head.hash.slice(0, 16)}</code>
                <CopyButton text={state.head.hash} label="Copy the head of the log" />
              </span>
            )}
          </Fact>
          <Fact name="Rows">{state.log_rows.toLocaleString('en')}</Fact>
          <Fact name="Key">
            <Key value={state.key} />
          </Fact>
          <Fact name="Last verified">
            {state.last === null ? (
              'never: whether anything differs is not known'
            ) : (
              <>
                <span className={styles.marked}>
                  {state.last.clean ? (
                    <CircleCheck size={14} aria-hidden className={styles.ok} />
                  ) : (
                    <CircleAlert size={14} aria-hidden className={styles.danger} />
                  )}
                  {state.last.clean ? 'clean' : 'differs'} <Time at={state.last.verified_at} />
                </span>
                <InertText text={state.last.message} />
              </>
            )}
          </Fact>
        </dl>
      )}
      {asking && <ExportDialog onClose={() => setAsking(false)} onDone={setExported} />}
    </>
  )
}
