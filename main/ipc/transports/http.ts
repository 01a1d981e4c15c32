/** The browser host's HTTP side: the app's files for whoever has the token, on this machine's own address only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HyperionError } from '../../engine/engine.ts'
import { userError } from '../../engine/engine.ts'
import { openAccess, type Access } from './access.ts'
import { SECURITY_HEADERS } from './page-headers.ts'
import { findPage, parseTarget } from './static-files.ts'

const ADDRESS = '127.0.0.1'
export const USUAL_PORT = 7411
/** Ports looked at when nobody asked for one by name; after them the system chooses. */
const PORTS_TRIED = 20
const CONNECTIONS = 256

const HOW_TO_GET_IN =
  'Hyperion runs here, but this browser has not been let in.\n\n' +
  'Open the link that `hyperion serve` printed in the terminal: it ends in ?token=… and lets this browser in once.\n' +
  'If the terminal is gone, end Hyperion and start it again; it prints the link again.\n'

export interface HttpHost {
  server: Server
  port: number
  access: Access
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

export interface HttpHostOptions {
  /** The folder of the built renderer. */
  assets: string
  token: string
  /** The port that was asked for; null takes the usual one or the next that is free. */
  port: number | null
}

function plain(response: ServerResponse, status: number, text: string, headers: object = {}): void {
  // What was refused may still be sending; nobody reads it.
  response.writeHead(status, {
    ...headers,
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
  })
  response.end(response.req.method === 'HEAD' ? undefined : text)
}

/** Answers one request. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  assets: string,
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
  const refusal = access.foreign(request, false)
  if (refusal !== null) return plain(response, refusal.status, `${refusal.why}\n`)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return plain(response, 405, 'Only GET and HEAD are answered here.\n', { Allow: 'GET, HEAD' })
  }
  const target = parseTarget(request.url ?? '')
  if (target === null) return plain(response, 400, 'No page of Hyperion has such a path.\n')
  const token = target.query.get('token')
  if (token !== null) {
    if (!access.admits(token)) return plain(response, 401, HOW_TO_GET_IN)
    target.query.delete('token')
    const rest = target.query.toString()
    const headers = {
      'Set-Cookie': access.cookie(),
      Location: `${target.path}${rest === '' ? '' : `?${rest}`}`,
    }
    return plain(response, 303, '', headers)
  }
  if (!access.isKnown(request)) return plain(response, 401, HOW_TO_GET_IN)
  const page = await findPage(assets, target.segments)
  if (page === null) return plain(response, 404, 'There is nothing here.\n')
  response.writeHead(200, {
    'Content-Type': page.type,
    'Content-Length': page.bytes.length,
    'Cache-Control': page.cache,
  })
  response.end(request.method === 'HEAD' ? undefined : page.bytes)
}

/** Listens on a port; resolves to whether it was free. */
function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening)
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(cannotListen(port, error.code))
    }
    const onListening = (): void => {
      server.off('error', onError)
      resolve(true)
    }
    server.once('error', onError)
    server.once('listening', onListening)
    server.listen({ host: ADDRESS, port, exclusive: true })
  })
}

const ANOTHER = 'name another one with --port, or leave --port out'

function cannotListen(port: number, code: string | undefined): HyperionError {
  const why = code === 'EACCES' ? 'is not for programs without special rights' : `cannot be used (${code})`
  return userError('port_unusable', `port ${port} ${why}`, ANOTHER)
}

async function listenSomewhere(server: Server, asked: number | null): Promise<void> {
  if (asked !== null) {
    if (await listen(server, asked)) return
    throw userError('port_in_use', `port ${asked} is in use by another program`, ANOTHER)
  }
  for (let port = USUAL_PORT; port < USUAL_PORT + PORTS_TRIED; port += 1) {
    if (await listen(server, port)) return
  }
  await listen(server, 0)
}

/** Starts the HTTP side. */
export async function openHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  let access: Access | null = null
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
    if (access === null) return void response.destroy()
    answer(request, response, access, options.assets).catch(() => response.destroy())
  })
  server.maxConnections = CONNECTIONS
  await listenSomewhere(server, options.port)
  // Listening itself can still fail later, for want of file descriptors; who is connected stays so.
  server.on('error', () => undefined)
  const { port } = server.address() as AddressInfo
  access = openAccess(options.token, port)
  return {
    server,
    port,
    access,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
