/** Five steps through the sample: each says what to look at and leads there; never in the way, and remembered. */
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { navigate, pathOf, useRoute } from '../router.ts'
import { useApp, useStore } from '../state/hooks.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Kbd } from '../ui/kbd.tsx'
import styles from './tour.module.css'

interface Step {
  title: string
  text: string
  to: string
  keys: string
  go: string
}

export const STEPS: readonly Step[] = [
  {
    title: 'Everything at a glance',
    text: 'Home says in one sentence whether the queue is healthy. Changes of the sample are landing now: watch the counts move.',
    to: '/home',
    keys: 'g h',
    go: 'Go to Home',
  },
  {
    title: 'A request becomes changes',
    text: 'Each task request is split into assignments, one agent each. Open one to see its tree, live.',
    to: '/requests',
    keys: 'g r',
    go: 'Go to Requests',
  },
  {
    title: 'Changes wait, are checked, land',
    text: 'The queue shows every change. Open one that is applied: its attempts, its checks with their output, its commit.',
    to: '/queue',
    keys: 'g q',
    go: 'Go to Queue',
  },
  {
    title: 'What needs you is in one place',
    text: 'Some of the sample does not land by itself. The Inbox says why and offers what can be done.',
    to: '/inbox',
    keys: 'g i',
    go: 'Go to Inbox',
  },
  {
    title: 'Now your own repository',
    text: 'Nothing lands on your branch until you bring it there. Opening a repository first shows what would happen to it.',
    to: '',
    keys: 'mod+K',
    go: 'Open a repository',
  },
]

export function Tour() {
  const app = useApp()
  const asked = useStore((state) => state.overlay === 'tour')
  const choosing = useStore((state) => state.overlay === 'open')
  const sample = useStore((state) => state.workspace?.state === 'open' && state.workspace.sample)
  const isNew = useStore((state) => state.preferencesRead && state.preferences.tour === 'new')
  const [at, setAt] = useState(0)
  const here = pathOf(useRoute())
  const step = STEPS[at]
  const shown = step !== undefined && !choosing && (asked || (sample && isNew))
  // It lies over the page and comes after it: whoever uses the keyboard is put there once, and may go away from it.
  const region = useRef<HTMLElement>(null)
  useEffect(() => {
    if (shown) region.current?.focus()
  }, [shown])
  if (!shown) return null
  const end = (): void => {
    setAt(0)
    app.store.setState({ overlay: 'none' })
    if (isNew) app.prefer({ tour: 'done' })
  }
  const go = (): void => {
    if (step.to !== '') navigate(step.to)
    else {
      end()
      app.store.setState({ overlay: 'open' })
    }
  }
  return (
    <aside ref={region} className={styles.tour} aria-label="Tour" tabIndex={-1}>
      <header className={styles.head}>
        <span className={styles.count}>
          {at + 1} of {STEPS.length}
        </span>
        <IconButton label="End the tour" tip={false} icon={<X size={14} />} onClick={end} />
      </header>
      <div aria-live="polite">
        <h2 className={styles.title}>{step.title}</h2>
        <p className={styles.text}>{step.text}</p>
      </div>
      <footer className={styles.foot}>
        {here !== step.to && (
          <Button size="small" onClick={go} keys={<Kbd keys={step.keys} />}>
            {step.go}
          </Button>
        )}
        <span className={styles.spring} />
        {at > 0 && (
          <Button size="small" kind="ghost" onClick={() => setAt(at - 1)}>
            Back
          </Button>
        )}
        <Button size="small" kind="primary" onClick={() => (at === STEPS.length - 1 ? end() : setAt(at + 1))}>
          {at === STEPS.length - 1 ? 'Done' : 'Next'}
        </Button>
      </footer>
    </aside>
  )
}
