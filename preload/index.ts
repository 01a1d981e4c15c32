/** The page's only opening: passes one message port to main, and from main the name of a place to show. */
import { ipcRenderer } from 'electron'

type Port = NonNullable<Parameters<typeof ipcRenderer.postMessage>[2]>[number]

/** What is used of the window; types of the web are not loaded where main is checked. */
interface PageEvent extends Event {
  readonly data: unknown
  readonly origin: string
  readonly source: unknown
  readonly ports: readonly Port[]
}
declare const window: {
  readonly location: { readonly origin: string; assign(path: string): void }
  addEventListener(type: 'message', listener: (event: PageEvent) => void): void
  dispatchEvent(event: Event): boolean
}

/** Nothing is exposed to the page: it posts `{hyperion: 'port'}` with a port to itself, which is seen here too. */
window.addEventListener('message', ({ data, origin, source, ports }) => {
  if (source !== window || origin !== window.location.origin || ports.length !== 1) return
  if (typeof data !== 'object' || data === null || !('hyperion' in data) || data.hyperion !== 'port') return
  ipcRenderer.postMessage('hyperion:port', null, [...ports])
})

/** A page that takes the event goes there by itself; one that does not is loaded there. */
ipcRenderer.on('hyperion:go', (_event, path: unknown) => {
  if (typeof path !== 'string' || !/^\/[A-Za-z0-9._/-]*$/.test(path) || path.startsWith('//')) return
  const go = new CustomEvent('hyperion:go', { detail: path, cancelable: true })
  if (window.dispatchEvent(go)) window.location.assign(path)
})
