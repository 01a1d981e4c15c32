/** Entry of the browser host: the app on this machine's own address, for machines without a desktop. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { userError } from './engine/engine.ts'
import { keptToken } from './ipc/transports/access.ts'
import { openHttpHost } from './ipc/transports/http.ts'
import { acceptSockets, overRouter, writable, type SocketPeer } from './ipc/transports/websocket.ts'
import { dataFolder } from './ipc/data-folder.ts'
import { connectionTo, type Connection } from './ipc/base.ts'
import { router } from './ipc/router.ts'
import { openSession, type Session, type SessionOptions } from './ipc/session.ts'

export { dataFolder }

/** What the host stands on: a session, and what answers for it. */
export interface ServedParts {
  session: Pick<Session, 'state' | 'open' | 'close'>
  peer: SocketPeer
}

export interface ServeOptions extends SessionOptions {
  /** The repository to open; null opens none, and the page offers to. */
  folder: string | null
  /** Null takes the usual port, or the next that is free. */
  port: number | null
  /** The folder of the built renderer; default: the one built with this program. */
  assets?: string
  openParts?: (options: SessionOptions) => ServedParts
}

export interface BrowserHost {
  port: number
  /** Lets a browser in; for the operator's eyes. */
  url: string
  /** The same for once, for a link that is handed to another program. */
  urlForOnce(): string
  /** Ends every connection, lets the landing step finish, then resolves. */
  close(): Promise<void>
}

/** Finds the built pages beside the program that runs. */
function builtAssets(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (let up = 0; up < 4; up += 1) {
    for (const place of ['renderer', 'out/renderer']) {
      const found = join(folder, place)
      // Beside the sources lies a page that is not built.
      if (existsSync(join(found, 'index.html')) && !existsSync(join(found, 'main.tsx'))) return found
    }
    folder = dirname(folder)
  }
  throw userError('not_built', 'the pages of the app are not built', 'run `npm run build` in its folder')
}

/** The token of a workspace lies with its queue, that of a host without one with the user's things. */
function tokenFolder(session: Pick<Session, 'state'>, options: ServeOptions): string {
  const state = session.state()
  const own = state.state === 'open' ? join(state.folder, '.hyperion') : null
  return own !== null && existsSync(own) ? own : options.dataFolder
}

/** Opens the engine's session and its router. */
function engineParts(options: SessionOptions): ServedParts {
  const session = openSession(options)
  const peer = overRouter<Connection>(router, (socket) => connectionTo(session, () => writable(socket)))
  return { session, peer }
}

/** Starts the browser host; its caller closes it. */
export async function serve(options: ServeOptions): Promise<BrowserHost> {
  const assets = options.assets ?? builtAssets()
  const { session, peer } = (options.openParts ?? engineParts)(options)
  try {
    if (options.folder !== null) {
      const state = await session.open(options.folder)
      if (state.state === 'failed') options.note(sentenceOf(state.error))
    }
    const token = keptToken(tokenFolder(session, options))
    const http = await openHttpHost({ assets, token, port: options.port })
    const sockets = acceptSockets(http.server, http.access, peer)
    const link = (admitted: string): string => `http://127.0.0.1:${http.port}/?token=${admitted}`
    return {
      port: http.port,
      url: link(token),
      urlForOnce: () => link(http.access.ticket()),
      async close() {
        // First nobody can ask for more, then what runs comes to its end.
        await sockets.close()
        await http.close()
        await session.close()
      },
    }
  } catch (error) {
    await session.close()
    throw error
  }
}

const sentenceOf = ({ message, hint }: { message: string; hint: string | null }): string =>
  hint === null ? message : `${message}; ${hint}`
