/** The hard stop: every run of every agent ends and nothing lands, until a person resumes. */
import { OctagonX } from 'lucide-react'
import { useState } from 'react'
import type { Home } from '../../schemas/view.ts'
import { pauseSentence } from '../shell/pause.ts'
import { useSeconds } from '../state/clock.ts'
import { useAct, useApp, useAway, useKept, useStore } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { CommandLine } from '../ui/command-line.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { writtenReason } from '../ui/reason.ts'
import { ReasonField } from '../ui/reason-field.tsx'
import { useCosts, useReadCosts } from './use-agents.ts'
import styles from './agents.module.css'

/** Why nothing can be stopped now, or null. */
export function useWhyNotStop(): string | null {
  const away = useAway()
  const stopped = useCosts()?.stopped === true
  return away ?? (stopped ? 'All agents are stopped already' : null)
}

export function StopAgentsButton({ small = false }: { small?: boolean }) {
  const app = useApp()
  const off = useWhyNotStop()
  return (
    <Button
      kind={small ? 'ghost' : 'danger'}
      size={small ? 'small' : 'default'}
      icon={<OctagonX size={small ? 12 : 14} />}
      reason={off}
      onClick={() => app.store.setState({ overlay: 'stop-agents' })}
    >
      Stop all agents
    </Button>
  )
}

/** Over every view, wherever it is asked for. */
export function StopAgentsDialog() {
  const app = useApp()
  const open = useStore((state) => state.overlay === 'stop-agents')
  const [reason, setReason] = useState('')
  const close = (): void => app.store.setState({ overlay: 'none' })
  const stop = useAct((api, said: string | null) => api.agents.stop({ reason: said }), {
    done: () => {
      setReason('')
      close()
      tellDone('All agents are stopped, and nothing lands')
    },
  })
  return (
    <Confirm
      open={open}
      onClose={() => {
        stop.clear()
        close()
      }}
      onConfirm={() => void stop.run(writtenReason(reason))}
      title="Stop all agents?"
      verb="Stop all agents"
      busy={stop.busy}
    >
      <p>
        Every run of every agent ends at once, whichever program leads it, and none begins again. Landing is
        paused with them: no change is taken up. Whoever resumes the queue ends both.
      </p>
      {stop.error !== null && <ErrorBanner failure={stop.error} title="Not stopped" />}
      <ReasonField value={reason} onChange={setReason} />
      <p className={styles.cli}>
        From a terminal: <CommandLine line="hyperion pause --agents" />
      </p>
    </Confirm>
  )
}

/** That all agents are stopped, by whom, and the way to let them work again; nothing while they may. */
export function StoppedNote() {
  const away = useAway()
  const costs = useCosts()
  const pause = useKept<Home>('home')?.paused ?? null
  const now = useSeconds()
  const resume = useAct((api) => api.system.resume({ accept: null }), {
    notice: 'Not resumed',
    done: () => tellDone('Resumed: agents work again, and changes land'),
  })
  if (costs?.stopped !== true) return null
  return (
    <div className={styles.stopped} role="status">
      <strong>All agents are stopped.</strong>
      {pause !== null && <span>{pauseSentence(pause, now)}.</span>}
      <Button size="small" reason={away} busy={resume.busy} onClick={() => void resume.run(undefined)}>
        Resume
      </Button>
    </div>
  )
}

/** How many agents are at work, for the line at the bottom; nothing while none is. */
export function AgentsAtWork() {
  const app = useApp()
  const off = useWhyNotStop()
  const { value } = useReadCosts()
  if (value === undefined || (value.running === 0 && !value.stopped)) return null
  return (
    <span className={styles.atWork}>
      {value.stopped ? (
        <span className={styles.warn}>agents stopped</span>
      ) : (
        <>
          {value.running === 1 ? '1 agent at work' : `${value.running} agents at work`}
          <IconButton
            label="Stop all agents"
            icon={<OctagonX size={14} />}
            reason={off}
            onClick={() => app.store.setState({ overlay: 'stop-agents' })}
          />
        </>
      )}
    </span>
  )
}
