/** A session over a real repository, reached through both transports by the client that the window uses. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { RPCHandler as PortHandler } from '@orpc/server/message-port'
import { RPCHandler as SocketHandler } from '@orpc/server/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../../main/engine/base/clock.ts'
import { connectionTo, type Connection } from '../../main/ipc/base.ts'
import { router } from '../../main/ipc/router.ts'
import { openSession, type Session } from '../../main/ipc/session.ts'
import type { Contract } from '../../schemas/ipc.ts'
import { tempRepo, type TempRepo, type TempRepoOptions } from '../support/temp-repo.ts'

export type Client = ContractRouterClient<Contract>

export interface Wire {
  client: Client
  close(): Promise<void>
}

export const TRANSPORTS = ['message port', 'websocket'] as const
export type Transport = (typeof TRANSPORTS)[number]

function overPort(connection: Connection): Wire {
  const { port1, port2 } = new MessageChannel()
  new PortHandler(router).upgrade(port1, { context: connection })
  port1.start()
  port2.start()
  return {
    client: createORPCClient(new PortLink({ port: port2 })),
    async close() {
      port2.close()
      port1.close()
    },
  }
}

async function overSocket(connection: Connection): Promise<Wire> {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  const handler = new SocketHandler(router)
  sockets.on('connection', (socket) => void handler.upgrade(socket, { context: connection }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(socket, 'open')
  return {
    client: createORPCClient(new SocketLink({ websocket: socket as unknown as globalThis.WebSocket })),
    async close() {
      socket.terminate()
      for (const one of sockets.clients) one.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface Bench {
  repo: TempRepo
  session: Session
  notes: string[]
  connect(transport: Transport): Promise<Wire>
  dispose(): Promise<void>
}

export interface BenchOptions extends TempRepoOptions {
  runWorkers?: boolean
}

export function openBench(options: BenchOptions = {}): Bench {
  const repo = tempRepo(options)
  const dataFolder = mkdtempSync(join(tmpdir(), 'session-'))
  const notes: string[] = []
  const session = openSession({
    clock: systemClock(),
    env: process.env,
    home: dataFolder,
    dataFolder,
    version: '0.0.0-test',
    actor: 'tester@window',
    runWorkers: options.runWorkers ?? false,
    note: (line) => void notes.push(line),
  })
  const wires: Wire[] = []
  return {
    repo,
    session,
    notes,
    async connect(transport) {
      const connection = connectionTo(session, async () => undefined)
      const wire = transport === 'websocket' ? await overSocket(connection) : overPort(connection)
      wires.push(wire)
      return wire
    },
    async dispose() {
      for (const wire of wires) await wire.close()
      await session.close()
      repo.dispose()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}
