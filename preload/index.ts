/** The page's only opening: one message port and notices to main, and from main the name of a place to show. */
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

/**
 * Nothing is exposed to the page: it posts `{hyperion: 'port'}` with a port to itself, which is seen here too, and
 * `{hyperion: 'outside', said}` with what is to be said outside the window, which main judges.
 */
window.addEventListener('message', ({ data, origin, source, ports }) => {
  if (source !== window || origin !== window.location.origin) return
  if (typeof data !== 'object' || data === null || !('hyperion' in data)) return
  if (data.hyperion === 'port' && ports.length === 1)
    ipcRenderer.postMessage('hyperion:port', null, [...ports])
  if (data.hyperion === 'outside' && ports.length === 0 && 'said' in data)
    ipcRenderer.send('hyperion:outside', data.said)
})

/** As main takes it too: a path, at most with the item of the Inbox it shows. */
const PLACE = /^\/(?!\/)[A-Za-z0-9._/-]*(?:\?item=[A-Za-z0-9-]{1,100})?$/

/** A page that takes the event goes there by itself; one that does not is loaded there. */
ipcRenderer.on('hyperion:go', (_event, path: unknown) => {
  if (typeof path !== 'string' || !PLACE.test(path)) return
  const go = new CustomEvent('hyperion:go', { detail: path, cancelable: true })
  if (window.dispatchEvent(go)) window.location.assign(path)
})
