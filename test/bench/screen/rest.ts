/** What the page loads, and what page and host cost while nothing happens. */
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { probed } from '../../e2e/probe.ts'
import type { Figure } from './figure.ts'
import { pause, type Ground } from './ground.ts'

/** Every script and style that Home and Queue load, as a server that compresses would send them. */
export async function bundle(ground: Ground): Promise<Figure> {
  const page = await probed(await ground.stage.tab('about:blank'))
  const sizes = new Map<string, Promise<number>>()
  page.on('response', (response) => {
    const type = response.request().resourceType()
    if (type === 'script' || type === 'stylesheet')
      sizes.set(
        new URL(response.url()).pathname,
        response.body().then((body) => gzipSync(body).length),
      )
  })
  // The first address lets the page in and shows Home.
  for (const address of [ground.host.url, ground.at('/queue')]) {
    await page.goto(address)
    await page.getByText('Live', { exact: true }).waitFor()
  }
  const all = await Promise.all(sizes.values())
  await page.close()
  const bytes = all.reduce((sum, size) => sum + size, 0)
  return {
    name: 'scripts and styles of Home and Queue, gzip',
    unit: 'KB',
    target: 350,
    measured: bytes === 0 ? null : bytes / 1024,
    detail: `${all.length} files; fonts are not in it`,
  }
}

interface Usage {
  /** Kilobytes in memory; of what processes share, each has its part. */
  resident: number
  /** Hundredths of a second of a processor. */
  ticks: number
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  )
}

/** A process with everything it started; null where the system does not tell. */
function usageOf(pid: number): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const resident = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]
    const own = { resident: Number(resident ?? 0), ticks: Number(fields[11]) + Number(fields[12]) }
    return childrenOf(pid)
      .map(usageOf)
      .reduce<Usage>(
        (sum, one) => ({
          resident: sum.resident + (one?.resident ?? 0),
          ticks: sum.ticks + (one?.ticks ?? 0),
        }),
        own,
      )
  } catch {
    return null
  }
}

const share = (before: Usage | null, after: Usage | null, seconds: number): number | null =>
  before === null || after === null ? null : (after.ticks - before.ticks) / seconds

const SETTLED_MS = 75_000

/** The host with its workers, without a page and with one; and the page itself. */
export async function idle(ground: Ground, seconds: number): Promise<Figure[]> {
  const pid = ground.host.process.pid ?? 0
  // The figures look back a minute; until that is over, what happened at the start is still being told.
  await pause(SETTLED_MS)
  const alone = usageOf(pid)
  await pause(seconds * 1000)
  const aloneAfter = usageOf(pid)

  const page = await ground.tab()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const metric = async (name: string): Promise<number | null> => {
    const { metrics } = (await cdp.send('Performance.getMetrics')) as {
      metrics: { name: string; value: number }[]
    }
    return metrics.find((one) => one.name === name)?.value ?? null
  }
  await pause(5_000)
  const [watched, busy] = [usageOf(pid), await metric('TaskDuration')]
  await pause(seconds * 1000)
  const [watchedAfter, busyAfter, heap] = [
    usageOf(pid),
    await metric('TaskDuration'),
    await metric('JSHeapUsedSize'),
  ]
  await page.close()

  const over = `over ${seconds} s`
  return [
    {
      name: 'idle host with its workers: memory',
      unit: 'MB',
      target: 150,
      measured: aloneAfter === null ? null : aloneAfter.resident / 1024,
      detail: 'resident, all its processes together',
    },
    { name: 'idle host with its workers: processor', unit: '%', target: 0.5, measured: share(alone, aloneAfter, seconds), detail: over }, // prettier-ignore
    { name: 'the same with Home open', unit: '%', target: null, measured: share(watched, watchedAfter, seconds), detail: over }, // prettier-ignore
    {
      name: 'idle page (Home): processor',
      unit: '%',
      target: null,
      measured: busy === null || busyAfter === null ? null : ((busyAfter - busy) / seconds) * 100,
      detail: `its main thread, ${over}`,
    },
    {
      name: 'idle page (Home): heap',
      unit: 'MB',
      target: null,
      measured: heap === null ? null : heap / 1024 ** 2,
      detail: 'JavaScript in use',
    },
  ]
}
