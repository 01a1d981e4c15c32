/** One draft of a cast: steps on the left, the form, the file as it would be written beside it. */
import { ArrowLeft, ArrowRight, Braces } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { CastGuide, CastStep } from '../../../schemas/cast-draft.ts'
import type { CastSession } from '../../cast/session.ts'
import { useCast, useCastState } from '../../cast/use-cast.ts'
import { navigate, pathOf, useQuery } from '../../router.ts'
import { useCommands, type Command } from '../../state/commands.ts'
import { useAct, useApp, useAway, useRead } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { focusQuietly } from '../../ui/focus.ts'
import { inertLine } from '../../ui/inert.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { useWide } from '../queue/use-wide.ts'
import { ApprovalsStep } from './approvals-step.tsx'
import {
  BuilderContext,
  createUi,
  focusField,
  STEP_IDS,
  tryStep,
  useBuilder,
  useUi,
  useWork,
  watchPress,
  type Builder,
} from './builder.ts'
import { FilesStep } from './files-step.tsx'
import { JsonPane } from './json-pane.tsx'
import { Imported, Remarks, SavedNote } from './notices.tsx'
import { Questions } from './questions.tsx'
import { ReviewStep } from './review-step.tsx'
import { SampleNote } from './sample-note.tsx'
import { Stepper } from './stepper.tsx'
import styles from './cast-builder.module.css'

/** From here on, a window of 1,200 pixels, the file stands beside the form, and is there unless it was closed. */
const WIDE = 1000

const isStep = (value: string | null): value is CastStep => STEP_IDS.some((step) => step === value)
const addressOf = (id: string, step: CastStep): string => `${pathOf({ view: 'cast', id })}?step=${step}`

function StepBody({ step }: { step: CastStep }) {
  switch (step) {
    case 'files':
      return <FilesStep />
    case 'anchors':
      return <Questions step="anchors" more={{ sample_diff: <SampleNote /> }} />
    case 'approvals':
      return <ApprovalsStep />
    case 'review':
      return <ReviewStep />
    case 'intent':
      return <Questions step="intent" />
  }
}

/** The finding behind the one that has the keyboard, or before it; round and round. */
function useFindingKeys(builder: Builder): Command[] {
  const at = useRef(-1)
  const go = (by: 1 | -1) => (): void => {
    const { examination } = builder.session.store.getState()
    const findings = examination?.findings ?? []
    if (findings.length === 0) return
    const { here } = builder.ui.getState()
    const placed = findings.findIndex(({ field }) => field === here)
    const from = findings[at.current]?.field === here || placed < 0 ? at.current : placed
    at.current = (from + by + findings.length) % findings.length
    const finding = findings[at.current]
    if (finding === undefined) return
    tryStep(builder, finding.step)
    builder.jump(finding.field)
    // A field that cannot take the keyboard itself says nothing of where one is.
    builder.ui.setState({ here: finding.field })
  }
  const group = 'Cast builder'
  return [
    { id: 'cast-next-finding', label: 'Next error or warning', group, keys: 'F8', inText: true, run: go(1) },
    { id: 'cast-previous-finding', label: 'Previous error or warning', group, keys: 'shift+F8', inText: true, run: go(-1) }, // prettier-ignore
  ]
}

function Foot({ step }: { step: CastStep }) {
  const builder = useBuilder()
  const { guide, session, go, jump } = builder
  const at = STEP_IDS.indexOf(step)
  const [before, next] = [STEP_IDS[at - 1], STEP_IDS[at + 1]]
  const titleOf = (id: CastStep): string => guide.steps.find((one) => one.id === id)?.title ?? id
  const forward = async (): Promise<void> => {
    if (next === undefined) return
    const wasTried = builder.ui.getState().tried.has(step)
    tryStep(builder, step)
    // What is wrong is told once; whoever goes on then wants to go on.
    if (!wasTried && (await session.settle())) {
      const wrong = session.store
        .getState()
        .examination?.findings.find((one) => one.step === step && one.level === 'error')
      if (wrong !== undefined) return jump(wrong.field)
    }
    go(next)
  }
  useCommands(
    next === undefined
      ? []
      : [
          { id: 'cast-next', label: `Next: ${titleOf(next)}`, group: 'Cast builder', keys: 'mod+Enter', inText: true, run: () => void forward() }, // prettier-ignore
        ],
  )
  return (
    <footer className={styles.foot}>
      {before !== undefined && (
        <Button icon={<ArrowLeft size={14} />} onClick={() => go(before)}>
          {titleOf(before)}
        </Button>
      )}
      <span className={styles.spring} />
      {next !== undefined && (
        <Button
          kind="primary"
          icon={<ArrowRight size={14} />}
          keys={<Kbd keys="mod+enter" />}
          onClick={() => void forward()}
        >
          Next: {titleOf(next)}
        </Button>
      )}
    </footer>
  )
}

function Head({ json, onJson }: { json: boolean; onJson: () => void }) {
  const { session } = useBuilder()
  const app = useApp()
  const away = useAway()
  const id = useWork(({ request_id }) => request_id)
  const summary = useWork((work) => work.summary)
  const discard = useAct(
    async (api) => {
      await session.settle()
      await api.casts.discard({ id: session.id, discarded: true })
    },
    {
      notice: 'Not put away',
      done() {
        navigate('/cast-builder')
        tellDone(`The draft of ${id === '' ? 'a cast' : id} is put away`, {
          run: () =>
            void app.api.casts
              .discard({ id: session.id, discarded: false })
              .then(() => navigate(addressOf(session.id, 'intent'))),
        })
      },
    },
  )
  return (
    <header className={styles.head}>
      <h1>
        <span className={styles.id}>{id === '' ? 'A cast' : inertLine(id, 60)}</span>
        <span className={styles.title}>{inertLine(summary, 200)}</span>
      </h1>
      <SavedNote />
      <span className={styles.spring} />
      <Button size="small" busy={discard.busy} reason={away} onClick={() => void discard.run(undefined)}>
        Put away
      </Button>
      <Button
        size="small"
        icon={<Braces size={14} />}
        aria-pressed={json}
        onClick={onJson}
        keys={<Kbd keys="alt+j" />}
      >
        JSON
      </Button>
    </header>
  )
}

function Wizard({ session, guide }: { session: CastSession; guide: CastGuide }) {
  const [asked] = useQuery('step')
  const kept = useCastState(session, (state) => state.step)
  const step: CastStep = isStep(asked) ? asked : kept
  const frame = useRef<HTMLDivElement>(null)
  const form = useRef<HTMLElement>(null)
  const wide = useWide(frame, WIDE)
  const [shown, setShown] = useState<boolean | null>(null)
  // Where the whole file is shown anyway it does not stand there twice.
  const json = shown ?? (wide && step !== 'review')

  const builder = useMemo((): Builder => {
    const { source, step: at } = session.store.getState()
    // Of a file that came from elsewhere all is said at once, of a draft what was gone through before.
    const ui = createUi(source === null ? STEP_IDS.slice(0, STEP_IDS.indexOf(at)) : STEP_IDS)
    const go = (next: CastStep): void => {
      const now = new URLSearchParams(window.location.search).get('step') ?? session.store.getState().step
      if (isStep(now) && now !== next) tryStep({ ui }, now)
      session.step(next)
      ui.setState({ here: null })
      navigate(addressOf(session.id, next))
    }
    return {
      session,
      guide,
      ui,
      press: watchPress(),
      go(next) {
        go(next)
        ui.setState(({ focus }) => ({ focus: { field: '', turn: (focus?.turn ?? 0) + 1 } }))
      },
      jump(field) {
        const { examination, work } = session.store.getState()
        const item = /^items\[(\d+)\]/.exec(field)?.[1]
        const wanted = new URLSearchParams(window.location.search).get('step')
        const here = isStep(wanted) ? wanted : session.store.getState().step
        const found = examination?.findings.find((one) => one.field === field)?.step
        const root = /^\w+/.exec(field)?.[0] ?? ''
        const named = guide.steps.find(({ questions }) => questions.some((one) => one.field === root))?.id
        const of: CastStep =
          found ??
          named ??
          (/^(?:items|base_commit)$/.test(root) ? 'files' : root === 'approvals' ? 'approvals' : here)
        if (item !== undefined) {
          ui.setState({ open: work?.items[Number(item)]?.key ?? null })
        }
        if (of !== here) go(of)
        ui.setState(({ focus }) => ({ focus: { field, turn: (focus?.turn ?? 0) + 1 } }))
      },
    }
  }, [session, guide])

  useEffect(() => () => builder.press.dispose(), [builder])
  // The step that is shown is a part of the address, so that it survives whatever happens to the window.
  useEffect(() => {
    if (!isStep(asked)) navigate(addressOf(session.id, step), 'replace')
    session.step(step)
  }, [asked, session, step])

  useCommands([
    ...guide.steps.map(({ id, title }, index): Command => ({
      id: `cast-step-${id}`,
      label: title,
      group: 'Cast builder',
      keys: `alt+${index + 1}`,
      inText: true,
      run: () => builder.go(id),
    })),
    { id: 'cast-json', label: json ? 'Hide the JSON' : 'Show the JSON', group: 'Cast builder', keys: 'alt+j', inText: true, run: () => setShown(!json) }, // prettier-ignore
    ...useFindingKeys(builder),
  ])
  const title = guide.steps.find(({ id }) => id === step)?.title ?? ''
  return (
    <BuilderContext value={builder}>
      <div ref={frame} className={cx(styles.builder, wide && styles.wide, json && styles.withJson)}>
        <Head json={json} onJson={() => setShown(!json)} />
        <Stepper step={step} to={(id) => addressOf(session.id, id)} />
        <section
          className={styles.form}
          ref={form}
          aria-label={`Step ${STEP_IDS.indexOf(step) + 1}: ${title}`}
        >
          <Focus root={form} />
          <div className={styles.fields}>
            <h2 tabIndex={-1}>{title}</h2>
            <Imported />
            <Remarks />
            <StepBody key={step} step={step} />
          </div>
          <Foot step={step} />
        </section>
        {json && (
          <aside className={styles.aside} aria-label="The cast as JSON">
            <JsonPane />
          </aside>
        )}
      </div>
    </BuilderContext>
  )
}

/** Puts the keyboard where it was wished for, once that is drawn. */
function Focus({ root }: { root: React.RefObject<HTMLElement | null> }) {
  const focus = useUi((ui) => ui.focus)
  useEffect(() => {
    if (focus === null || root.current === null) return
    if (focus.field === '') focusQuietly(root.current.querySelector('h2'))
    else focusField(root.current, focus.field)
  }, [focus, root])
  return null
}

export function CastView({ id }: { id: string }) {
  const session = useCast(id)
  const guide = useRead('casts.guide', (api, signal) => api.casts.guide({}, { signal }))
  if (session === null) return <Skeleton lines={8} />
  return <Opened session={session} guide={guide.value} failure={guide.error} reload={guide.reload} />
}

function Opened({
  session,
  guide,
  failure: unguided,
  reload,
}: {
  session: CastSession
  guide: CastGuide | undefined
  failure: ReturnType<typeof useRead>['error']
  reload: () => void
}) {
  const isRead = useCastState(session, ({ work }) => work !== null)
  const unread = useCastState(session, (state) => state.failure)
  const failure = isRead ? unguided : (unread ?? unguided)
  if (isRead && guide !== undefined) return <Wizard session={session} guide={guide} />
  if (failure === null) return <Skeleton lines={8} />
  return (
    <div className={styles.failed}>
      <ErrorBanner
        failure={failure}
        title="This draft cannot be shown"
        retry={() => {
          reload()
          void session.look()
        }}
      />
      <Link to="/cast-builder">All drafts and casts</Link>
    </div>
  )
}
