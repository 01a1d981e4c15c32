/** The frame around every view: rail, breadcrumb, status line, and what lies over them. */
import { useEffect } from 'react'
import { Toaster } from 'sonner'
import { StopAgentsDialog, useWhyNotStop } from '../agents/stop.tsx'
import { useOutside } from '../notify/use-notify.ts'
import { navigate, useRoute, pathOf } from '../router.ts'
import { useCommands } from '../state/commands.ts'
import { useApp, useStore } from '../state/hooks.ts'
import { folderOf } from '../state/store.ts'
import { forgetNotices } from '../state/toasts.ts'
import { applyLook, rememberLook } from '../theme/apply-theme.ts'
import { InboxProvider } from '../views/inbox/use-inbox.tsx'
import { Onboarding } from '../views/onboarding/onboarding.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { KeySheet } from './key-sheet.tsx'
import { useKeys } from './keys.ts'
import { OfflineNotice } from './offline-notice.tsx'
import { Palette } from './palette.tsx'
import { PLACES } from './places.tsx'
import { Rail } from './rail.tsx'
import styles from './shell.module.css'
import { StatusBar } from './status-bar.tsx'
import { TopBar } from './top-bar.tsx'
import { Tour } from './tour.tsx'
import { fetchViews, viewOf } from './views.tsx'

/** What leads to a part of a view rather than to a place of the rail. */
const OPERATIONS = [
  { id: 'submit-worktree', label: 'Submit a worktree or branch', to: '/requests?submit=1' },
  { id: 'doctor', label: 'Doctor: what the workspace stands on', to: '/settings?section=doctor' },
  { id: 'audit', label: 'Audit: verify and export', to: '/settings?section=audit' },
] as const

function useLook(): void {
  const theme = useStore((state) => state.preferences.theme)
  const density = useStore((state) => state.preferences.density)
  const read = useStore((state) => state.preferencesRead)
  useEffect(() => {
    if (!read) return
    applyLook({ theme, density })
    rememberLook({ theme, density })
  }, [theme, density, read])
}

function useShellCommands(): void {
  const app = useApp()
  const workspace = useStore((state) => state.workspace)
  const theme = useStore((state) => state.preferences.theme)
  const density = useStore((state) => state.preferences.density)
  const closed = workspace?.state === 'open' ? null : 'No workspace is open'
  const unstoppable = useWhyNotStop()
  useCommands(
    [
      ...PLACES.map(({ view, label, key }) => ({
        id: `go-${view}`,
        label,
        group: 'Go to',
        keys: `g ${key}`,
        reason: closed,
        run: () => navigate(`/${view}`),
      })),
      ...OPERATIONS.map(({ id, label, to }) => ({
        id,
        label,
        group: 'Operations',
        reason: closed,
        run: () => navigate(to),
      })),
      {
        id: 'stop-agents',
        label: 'Stop all agents',
        group: 'Operations',
        reason: closed ?? unstoppable,
        run: () => app.store.setState({ overlay: 'stop-agents' }),
      },
      {
        id: 'palette',
        label: 'Search or act',
        group: 'Window',
        keys: 'mod+K',
        inText: true,
        palette: false,
        run: () =>
          app.store.setState(({ overlay }) => ({ overlay: overlay === 'palette' ? 'none' : 'palette' })),
      },
      {
        id: 'keys',
        label: 'Show the keys',
        group: 'Window',
        keys: '?',
        run: () => app.store.setState({ overlay: 'keys' }),
      },
      {
        id: 'theme',
        label: theme === 'dark' ? 'Use the light theme' : 'Use the dark theme',
        group: 'Window',
        run: () => app.prefer({ theme: theme === 'dark' ? 'light' : 'dark' }),
      },
      {
        id: 'theme-system',
        label: 'Follow the theme of the system',
        group: 'Window',
        reason: theme === 'system' ? 'It does already' : null,
        run: () => app.prefer({ theme: 'system' }),
      },
      {
        id: 'density',
        label: density === 'compact' ? 'Use roomier rows' : 'Use compact rows',
        group: 'Window',
        run: () => app.prefer({ density: density === 'compact' ? 'comfortable' : 'compact' }),
      },
      {
        id: 'tour',
        label: 'Take the tour',
        group: 'Window',
        reason: closed,
        run: () => app.store.setState({ overlay: 'tour' }),
      },
      {
        id: 'other-workspace',
        label: 'Open another repository',
        group: 'Window',
        reason: closed,
        run: () => app.store.setState({ overlay: 'open' }),
      },
    ],
    'window',
  )
}

export function Shell() {
  return (
    <InboxProvider>
      <Frame />
    </InboxProvider>
  )
}

function Frame() {
  useLook()
  useKeys()
  useShellCommands()
  useOutside()
  const route = useRoute()
  const isOpen = useStore((state) => state.workspace?.state === 'open')
  const folder = useStore((state) => folderOf(state.workspace))
  const choosing = useStore((state) => state.overlay === 'open')
  // What was begun in one workspace (a dialog, a choice, an undo) is not for another.
  useEffect(() => forgetNotices, [folder])
  useEffect(() => {
    const quiet = window.requestIdleCallback(() => void fetchViews())
    return () => window.cancelIdleCallback(quiet)
  }, [])
  return (
    <div className={styles.window}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      {isOpen && !choosing ? (
        <div className={styles.frame}>
          <Rail />
          <div className={styles.right}>
            <TopBar />
            <OfflineNotice />
            <main id="main" className={styles.main} tabIndex={-1}>
              <ErrorBoundary key={folder} place={pathOf(route)}>
                {viewOf(route)}
              </ErrorBoundary>
            </main>
          </div>
        </div>
      ) : (
        <main id="main" className={styles.main} tabIndex={-1}>
          <OfflineNotice />
          <ErrorBoundary place="onboarding">
            <Onboarding />
          </ErrorBoundary>
        </main>
      )}
      <StatusBar />
      <Palette />
      <KeySheet />
      <Tour />
      {isOpen && <StopAgentsDialog />}
      <Toaster position="bottom-right" offset={40} gap={8} theme="system" className={styles.toasts ?? ''} />
    </div>
  )
}
