/** `app://hyperion/…`: the built page as a secure origin of its own, with no server and no `file:`. */
import { protocol, type Session } from 'electron'
import { SECURITY_HEADERS } from '../ipc/transports/page-headers.ts'
import { findPage, parseTarget } from '../ipc/transports/static-files.ts'

export const ORIGIN = 'app://hyperion'

/** Whether an address is a page of the app. Origins of schemes that are not the web's compare as `null`. */
export function isOurs(address: string): boolean {
  const url = URL.parse(address)
  if (url === null) return false
  return url.protocol === 'app:' && url.host === 'hyperion' && url.username === '' && url.password === ''
}

/** Must be called before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

const plain = (status: number, text: string, more: Record<string, string> = {}): Response =>
  new Response(text, {
    status,
    headers: {
      ...SECURITY_HEADERS,
      ...more,
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    },
  })

/** Returns the answer to one request of the page. */
export async function answer(root: string, request: Request): Promise<Response> {
  if (!isOurs(request.url)) return plain(403, 'Refused.')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plain(405, 'Refused.', { Allow: 'GET, HEAD' })
  const { pathname, search } = new URL(request.url)
  const target = parseTarget(pathname + search)
  if (target === null) return plain(400, 'Refused.')
  const page = await findPage(root, target.segments)
  if (page === null) return plain(404, 'Not here.')
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(page.bytes), {
    status: 200,
    headers: {
      ...SECURITY_HEADERS,
      'Content-Type': page.type,
      'Content-Length': String(page.bytes.length),
      'Cache-Control': page.cache,
    },
  })
}

export function servePage(session: Session, root: string): void {
  session.protocol.handle('app', (request) => answer(root, request))
}
