/** The dashboard: one sentence, what waits for a person, and panes that can be resized, folded and reset. */
import { RotateCcw } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { CHAIN_OWNER } from '../../chain/model.ts'
import { useCommands } from '../../state/commands.ts'
import type { Home } from '../../../schemas/view.ts'
import { useApp, useRead, useStore } from '../../state/hooks.ts'
import { IconButton } from '../../ui/button.tsx'
import { AgentsLine } from './agents-line.tsx'
import { CastPane } from './cast-pane.tsx'
import { ChainPane } from './chain-pane.tsx'
import { Counts } from './counts.tsx'
import { FileEventsPane } from './file-events.tsx'
import { Guidance } from './guidance.tsx'
import styles from './home.module.css'
import { InboxTop } from './inbox-top.tsx'
import {
  columnHeight,
  defaultLayout,
  HEAD,
  layoutFrom,
  LEFT,
  PANE_MIN,
  RIGHT,
  sizesOf,
  type HomeLayout,
  type PaneId,
} from './layout.ts'
import { Metrics } from './metrics.tsx'
import { RecentRequests } from './recent-requests.tsx'
import { Runtime } from './runtime.tsx'
import { Sentence } from './sentence.tsx'
import { Upstream } from './upstream.tsx'
import { WorkerLogs } from './worker-logs.tsx'

const READ_EVERY_MS = 2_000

/** How the right column begins: the log has most to show. */
const SHARES: Readonly<Partial<Record<PaneId, string>>> = {
  guidance: '16%',
  upstream: '20%',
  chain: '18%',
  runtime: '20%',
  logs: '26%',
}

export interface PaneSlot {
  collapsed: boolean
  onCollapse: (collapsed: boolean) => void
}

function Column({
  panes,
  layout,
  side,
  draw,
  onSizes,
}: {
  panes: readonly PaneId[]
  layout: HomeLayout
  side: 'left' | 'right'
  draw: (id: PaneId) => ReactNode
  onSizes: (sizes: Record<string, number>) => void
}) {
  const { collapsed } = layout
  const folded = (id: PaneId): boolean => collapsed.includes(id)
  const allFolded = panes.every(folded)
  const sizes = sizesOf(layout[side], panes)
  return (
    <Group
      orientation="vertical"
      className={styles.column ?? ''}
      style={{ minHeight: columnHeight(panes, collapsed) }}
      {...(sizes === undefined ? {} : { defaultLayout: sizes })}
      onLayoutChanged={(next, { isUserInteraction }) => isUserInteraction && onSizes(next)}
    >
      {panes.map((id, index) => (
        <Slot key={id} first={index === 0} id={id} folded={folded(id)}>
          {draw(id)}
        </Slot>
      ))}
      {allFolded && <Panel id="rest" minSize={0} />}
    </Group>
  )
}

function Slot({
  first,
  id,
  folded,
  children,
}: {
  first: boolean
  id: PaneId
  folded: boolean
  children: ReactNode
}) {
  const share = SHARES[id]
  const start = share === undefined ? {} : { defaultSize: share }
  const bounds = folded ? { minSize: HEAD, maxSize: HEAD } : { minSize: PANE_MIN }
  return (
    <>
      {!first && <Separator className={styles.across ?? ''} aria-label="Height of the panes" />}
      <Panel id={id} {...start} {...bounds}>
        {children}
      </Panel>
    </>
  )
}

export function HomeView() {
  const app = useApp()
  const home = useRead('home', (api, signal) => api.home.read({}, { signal }), {
    everyMs: READ_EVERY_MS,
    // Somebody new at work is shown at once: a worker that was started in a terminal has nothing else to show itself by.
    on: ({ changes }) => {
      const { value } = app.reads.snapshot<Home>('home')
      const known = new Set([CHAIN_OWNER, ...(value?.runtime.workers ?? []).map(({ id }) => id)])
      return changes.some(({ lease_owner }) => lease_owner !== null && !known.has(lease_owner))
    },
  })
  const stored = useStore((state) => state.preferences.layout['home'])
  const layout = layoutFrom(stored)
  // Sizes are taken up when a group is made; a reset makes them anew.
  const [life, setLife] = useState(0)
  const sizes = JSON.stringify([layout.columns, layout.left, layout.right])
  const drawn = useRef(sizes)
  const keep = (change: Partial<HomeLayout>): void => {
    const next = { ...layoutFrom(app.store.getState().preferences.layout['home']), ...change }
    drawn.current = JSON.stringify([next.columns, next.left, next.right])
    app.prefer({ layout: { home: next as never } })
  }
  // Set in another tab.
  useEffect(() => {
    if (drawn.current === sizes) return
    drawn.current = sizes
    setLife((n) => n + 1)
  }, [sizes])
  const reset = (): void => {
    keep(defaultLayout)
    setLife((n) => n + 1)
  }
  useCommands([{ id: 'home-reset', label: 'Reset the panes of Home', group: 'Home', run: reset }])

  const slot = (id: PaneId): PaneSlot => ({
    collapsed: layout.collapsed.includes(id),
    onCollapse: (fold) =>
      keep({
        collapsed: fold ? [...layout.collapsed, id] : layout.collapsed.filter((other) => other !== id),
      }),
  })
  const draw = (id: PaneId): ReactNode => {
    const at = slot(id)
    switch (id) {
      case 'queue':
        return <Counts home={home} slot={at} />
      case 'metrics':
        return <Metrics home={home} slot={at} />
      case 'requests':
        return <RecentRequests slot={at} />
      case 'chain':
        return <ChainPane slot={at} />
      case 'runtime':
        return <Runtime home={home} slot={at} />
      case 'logs':
        return <WorkerLogs slot={at} />
      case 'files':
        return <FileEventsPane slot={at} />
      case 'cast':
        return <CastPane home={home} slot={at} />
      case 'upstream':
        return <Upstream slot={at} />
      case 'guidance':
        return <Guidance home={home} slot={at} />
    }
  }
  const columns = sizesOf(layout.columns, ['left', 'right'])
  return (
    <div className={styles.home}>
      <div className={styles.upper}>
        <Sentence home={home}>
          <IconButton label="Reset the panes" icon={<RotateCcw size={14} />} onClick={reset} />
        </Sentence>
        <AgentsLine />
        <InboxTop />
      </div>
      <Group
        key={life}
        orientation="horizontal"
        className={styles.columns ?? ''}
        style={{
          minHeight: Math.max(columnHeight(LEFT, layout.collapsed), columnHeight(RIGHT, layout.collapsed)),
        }}
        {...(columns === undefined ? {} : { defaultLayout: columns })}
        onLayoutChanged={(next, { isUserInteraction }) => isUserInteraction && keep({ columns: next })}
      >
        <Panel id="left" minSize={PANE_MIN}>
          <Column panes={LEFT} side="left" layout={layout} draw={draw} onSizes={(left) => keep({ left })} />
        </Panel>
        <Separator className={styles.along ?? ''} aria-label="Width of the columns" />
        <Panel id="right" minSize={PANE_MIN}>
          <Column
            panes={RIGHT}
            side="right"
            layout={layout}
            draw={draw}
            onSizes={(right) => keep({ right })}
          />
        </Panel>
      </Group>
    </div>
  )
}
