/** A host on a repository of its own with a queue of a given size, a tab on it, and a writer beside the engine. */
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import type { Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { openDatabase, type Database } from '../../../main/engine/store/database.ts'
import type { Contract } from '../../../schemas/ipc.ts'
import { openStage, type Host, type Stage } from '../../e2e/support.ts'
import { probed } from '../../e2e/probe.ts'
import { fillQueue, type Filling } from '../../support/many-changes.ts'

export type Client = ContractRouterClient<Contract>

export interface Ground {
  stage: Stage
  host: Host
  /** Another process's connection to the same database. */
  db: Database
  /** Highest id of a change. */
  last: number
  /** Opens a tab with the probe in it, which is let in. */
  tab(): Promise<Page>
  at(path: string): string
  /** The contract without a page, over the host's own socket: what is asked through it is done by the engine. */
  client(): Promise<{ api: Client; close(): void }>
  dispose(): Promise<void>
}

export async function openGround(filling: Filling): Promise<Ground> {
  const stage = await openStage({ files: { 'a.txt': 'one\n' } })
  try {
    const first = await stage.serve(true)
    await first.stop()
    const db = openDatabase(join(stage.repo.dir, '.hyperion/hyperion.db'))
    if (filling.count > 0) fillQueue(db, filling)
    const host = await stage.serve(true)
    return {
      stage,
      host,
      db,
      last: filling.count,
      async tab() {
        const page = await probed(await stage.tab('about:blank'))
        await page.goto(host.url)
        await page.getByText('Live', { exact: true }).waitFor()
        return page
      },
      at: (path) => new URL(path, host.url).href,
      async client() {
        const { port, searchParams, host: address } = new URL(host.url)
        const socket = new WebSocket(`ws://${address}/rpc`, {
          headers: {
            cookie: `hyperion_${port}=${searchParams.get('token') ?? ''}`,
            origin: `http://${address}`,
          },
        })
        await new Promise((resolve, reject) => {
          socket.once('open', resolve)
          socket.once('error', reject)
        })
        const link = new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })
        return { api: createORPCClient<Client>(link), close: () => socket.terminate() }
      },
      async dispose() {
        db.close()
        await stage.dispose()
      },
    }
  } catch (error) {
    await stage.dispose()
    throw error
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds since 1970, as fine as the page's. */
export const wallMs = (): number => performance.timeOrigin + performance.now()

/** Does something so many times a second for a while, and returns how often it was done. */
export async function atRate(perSecond: number, seconds: number, act: (n: number) => void): Promise<number> {
  const begun = performance.now()
  const all = Math.round(perSecond * seconds)
  for (let n = 1; n <= all; n += 1) {
    const due = begun + (n * 1000) / perSecond
    await pause(Math.max(0, due - performance.now()))
    act(n)
  }
  return all
}
