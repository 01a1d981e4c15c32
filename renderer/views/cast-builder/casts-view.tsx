/** The cast builder's first page: drafts to go on with, casts that were written, and how to begin one. */
import { FileJson2, Hammer, Plus } from 'lucide-react'
import { useState } from 'react'
import type { CastDraftStanding, CastRecord } from '../../../schemas/cast-draft.ts'
import type { Failure } from '../../failure.ts'
import { useCommands } from '../../state/commands.ts'
import { useAct, useAway, useRead, type Reading } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { useBegin } from './begin.ts'
import { DraftRows } from './drafts.tsx'
import { DropFile } from './drop-file.tsx'
import { HistoryRows } from './history.tsx'
import styles from './cast-builder.module.css'

function Nothing({ begin, choose, away }: { begin: () => void; choose: () => void; away: string | null }) {
  return (
    <EmptyState
      title="No cast yet"
      icon={<Hammer size={24} />}
      actions={
        <>
          <Button kind="primary" icon={<Plus size={14} />} reason={away} onClick={begin}>
            New cast
          </Button>
          <Button icon={<FileJson2 size={14} />} reason={away} onClick={choose}>
            Import a file…
          </Button>
        </>
      }
    >
      <p>
        A cast is work that was thought through before any agent begins: what is wanted and why, in which
        files, how hard it is, who approved it, with finished edits where you made them. It is one JSON file
        that explains itself, made without a network. Drop one anywhere here, or compose it in a terminal:
      </p>
      <p className={styles.cli}>
        <CommandLine line="hyperion cast" />
      </p>
    </EmptyState>
  )
}

const failed = ({ value, error }: Pick<Reading<unknown>, 'value' | 'error'>): Failure | null =>
  error !== null && (value === undefined || error.code !== 'offline') ? error : null

export function CastsView() {
  const drafts = useRead<CastDraftStanding[]>(
    'casts.drafts',
    (api, signal) => api.casts.drafts({}, { signal }),
    {
      everyMs: 5_000,
    },
  )
  const history = useRead<CastRecord[]>('casts.history', (api, signal) => api.casts.history({}, { signal }), {
    on: (turn) => turn.requests.length > 0 || turn.changes.length > 0,
    everyMs: 5_000,
  })
  const away = useAway()
  const begin = useBegin()
  const [refused, setRefused] = useState<Failure | null>(null)
  const discard = useAct(
    (api, draft: CastDraftStanding) => api.casts.discard({ id: draft.id, discarded: true }),
    {
      notice: 'Not put away',
      done: () => drafts.reload(),
    },
  )
  const blank = (): void => void begin.run({ kind: 'blank' })
  const both = drafts.value !== undefined && history.value !== undefined
  const none = both && drafts.value?.length === 0 && history.value?.length === 0
  const failure = failed(drafts) ?? failed(history)
  return (
    <DropFile
      label="Choose a cast"
      accept="application/json,.json"
      className={styles.casts}
      onFailure={setRefused}
      onFile={(file) => {
        setRefused(null)
        void begin.run({ kind: 'file', ...file })
      }}
    >
      {(choose) => (
        <>
          <Head begin={blank} choose={choose} away={away} busy={begin.busy} stale={drafts.stale} />
          <div className={styles.castsBody}>
            {refused !== null && <ErrorBanner failure={refused} title="Not imported" />}
            {begin.error !== null && <ErrorBanner failure={begin.error} title="Not begun" />}
            {failure !== null && (
              <ErrorBanner
                failure={failure}
                retry={() => {
                  drafts.reload()
                  history.reload()
                }}
                busy={drafts.loading || history.loading}
              />
            )}
            {!both && failure === null && <Skeleton lines={6} />}
            {none && <Nothing begin={blank} choose={choose} away={away} />}
            {drafts.value !== undefined && drafts.value.length > 0 && (
              <DraftRows
                drafts={drafts.value}
                away={away}
                onDuplicate={({ id }) => void begin.run({ kind: 'draft', id })}
                onDiscard={(draft) => discard.run(draft)}
                reload={drafts.reload}
              />
            )}
            {history.value !== undefined && history.value.length > 0 && (
              <HistoryRows
                casts={history.value}
                away={away}
                onDuplicate={({ id }) => void begin.run({ kind: 'written', id })}
              />
            )}
          </div>
        </>
      )}
    </DropFile>
  )
}

function Head({
  begin,
  choose,
  away,
  busy,
  stale,
}: {
  begin: () => void
  choose: () => void
  away: string | null
  busy: boolean
  stale: number | null
}) {
  useCommands([
    { id: 'casts-new', label: 'New cast', group: 'Cast builder', keys: 'n', reason: away, run: begin },
    {
      id: 'casts-import',
      label: 'Import a cast',
      group: 'Cast builder',
      keys: 'i',
      reason: away,
      run: choose,
    },
  ])
  return (
    <header className={styles.head}>
      {/* The bar above names the place. */}
      <h1 className="unseen">Cast builder</h1>
      {stale !== null && <StaleNote since={stale} />}
      <span className={styles.spring} />
      <Button icon={<FileJson2 size={14} />} keys={<Kbd keys="i" />} reason={away} onClick={choose}>
        Import…
      </Button>
      <Button
        kind="primary"
        icon={<Plus size={14} />}
        keys={<Kbd keys="n" />}
        busy={busy}
        reason={away}
        onClick={begin}
      >
        New cast
      </Button>
    </header>
  )
}
