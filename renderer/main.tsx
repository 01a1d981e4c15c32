/** Entry of the window: connects to the engine and draws. */
import './theme/theme.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connect, transportFor } from './client.ts'
import { outsideOf } from './notify/outside.ts'
import { navigate } from './router.ts'
import { Shell } from './shell/shell.tsx'
import { createApp } from './state/app.ts'
import { browserClock } from './state/clock.ts'
import { AppContext } from './state/hooks.ts'
import { recallLook } from './theme/apply-theme.ts'

recallLook()
// A link from outside, or the menu: the window that is there goes, nothing is loaded anew.
window.addEventListener('hyperion:go', (event) => {
  if (!(event instanceof CustomEvent) || typeof event.detail !== 'string') return
  event.preventDefault()
  navigate(event.detail)
})
const connection = connect(transportFor(window), browserClock, Math.random)
const app = createApp(connection, browserClock, outsideOf(window, navigate))
const root = document.querySelector('#root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <AppContext value={app}>
        <Shell />
      </AppContext>
    </StrictMode>,
  )
}
