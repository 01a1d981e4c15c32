/** The built program as an operator starts it, a real repository, and a real browser that may not complain. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { tempRepo, type TempRepo, type TempRepoOptions } from '../support/temp-repo.ts'

export const PROGRAM = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const browserPath = BROWSERS.find((path) => existsSync(path)) ?? null
export const NO_BROWSER = 'no Chromium is installed here'

export interface Host {
  url: string
  process: ChildProcess
  /** Ends it as a crash would. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface Stage {
  repo: TempRepo
  /** The operator's home: preferences and samples go there. */
  home: string
  port: number
  /** What programs are started with. */
  env: NodeJS.ProcessEnv
  /** Starts the browser host on the repository, or on nothing; the same port each time. */
  serve(workspace: boolean): Promise<Host>
  cli(...args: string[]): { code: number | null; stdout: string; stderr: string }
  /** Opens a tab; whatever it complains about is in `complaints`. */
  tab(url: string, options?: TabOptions): Promise<Page>
  complaints: string[]
  dispose(): Promise<void>
}

export interface TabOptions {
  theme?: 'light' | 'dark'
  width?: number
  height?: number
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Everything the console, the page or the network has against the page. */
function watch(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => void complaints.push(`page error: ${error.message}`))
  page.on('console', (message) => {
    // What fails while the engine is away is expected, and said so by the test that takes it away.
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
  page.on('requestfailed', (request) => {
    // What the test itself leaves by going elsewhere.
    if (request.failure()?.errorText === 'net::ERR_ABORTED') return
    complaints.push(`request failed: ${new URL(request.url()).pathname} ${request.failure()?.errorText}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400)
      complaints.push(`${response.status()} for ${new URL(response.url()).pathname}`)
  })
}

export interface StageOptions extends TempRepoOptions {
  /** A browser that others use as well; without one the stage starts its own, and ends it. */
  browser?: () => Promise<Browser>
  /** The command line that serves; default: the one that was built. */
  program?: string
}

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath ?? '',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })

export async function openStage({
  browser: shared,
  program = PROGRAM,
  ...options
}: StageOptions = {}): Promise<Stage> {
  const repo = tempRepo(options)
  const home = mkdtempSync(join(tmpdir(), 'operator-'))
  mkdirSync(join(home, '.config'))
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.data'),
    XDG_STATE_HOME: join(home, '.state'),
    CI: 'true',
  }
  const port = await freePort()
  const complaints: string[] = []
  const hosts: Host[] = []
  let browser: Browser | null = null
  let context: BrowserContext | null = null

  return {
    repo,
    home,
    port,
    env,
    complaints,
    async serve(workspace) {
      const args = [...(workspace ? ['--workspace', repo.dir] : []), 'serve', '--port', String(port)]
      const child = spawn(process.execPath, [program, ...args], {
        cwd: home,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      let ended = false
      const end = once(child, 'close').then(() => void (ended = true))
      const url = await new Promise<string>((resolve, reject) => {
        const hear = (chunk: Buffer): void => {
          said += chunk.toString()
          const found = /http:\/\/\S+/.exec(said)
          if (found !== null) resolve(found[0])
        }
        child.stdout.on('data', hear)
        child.stderr.on('data', hear)
        child.once('close', (code) => reject(new Error(`serve ended with ${code}: ${said}`)))
      })
      const halt = async (signal: NodeJS.Signals): Promise<void> => {
        if (!ended) child.kill(signal)
        await end
      }
      const host: Host = { url, process: child, kill: () => halt('SIGKILL'), stop: () => halt('SIGINT') }
      hosts.push(host)
      return host
    },
    cli(...args) {
      const ran = spawnSync(process.execPath, [program, '--workspace', repo.dir, ...args], {
        env,
        encoding: 'utf8',
      })
      return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr }
    },
    async tab(url, { theme = 'light', width = 1280, height = 800 } = {}) {
      if (context === null) {
        const from = shared === undefined ? (browser = await launchBrowser()) : await shared()
        context = await from.newContext({ viewport: { width, height }, colorScheme: theme })
      }
      const page = await context.newPage()
      watch(page, complaints)
      await page.goto(url)
      return page
    },
    async dispose() {
      await context?.close()
      await browser?.close()
      for (const host of hosts) await host.stop()
      repo.dispose()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
