/** A stage whose agents are Copilot, asking a model on this machine that says what a test tells it to. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { afterEach } from 'vitest'
import { locateCopilot } from '../../main/engine/agents/adapters/copilot/locate.ts'
import { copilotEnv } from '../support/copilot-env.ts'
import { scriptedModel, type Asked, type Reply, type ScriptedModel } from '../support/scripted-model.ts'
import { stagesInOneBrowser } from './stages.ts'
import type { Host, Stage } from './support.ts'

const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
export const copilot = locateCopilot({ PATH: BIN })

export const fenced = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``

export const edit = (path: string, search: string, replace: string): string =>
  fenced({ summary: 'Done', files: [{ path, action: 'edit', edits: [{ search, replace }] }] })

/** A bound for what waits for processes, on a machine that has other things to do. */
export const PATIENCE = { timeout: 60_000 }

const price = { input: 1, output: 2 }
export const PRICES = { 'gpt-5-mini': price, 'gpt-4.1': price }
/** Plans are the stubs' own: what is looked at is what Developers do. */
export const DEVELOPERS = {
  harness: 'copilot',
  roles: { engineer: { harness: 'stub' }, orchestrator: { harness: 'stub' } },
}

type Say = (said: string, asked: Asked) => Reply

/** What is said to whom, by the last that was said to it. */
export interface Script {
  engineer?: Say
  orchestrator?: Say
  developer?: Say
  /** What is said to any of them after a refusal. */
  mended?: Say
}

export async function openModel(script: Script): Promise<ScriptedModel> {
  return scriptedModel((asked) => {
    const said = asked.messages.findLast(({ role }) => role === 'user')?.content ?? ''
    const by = said.includes('was refused (')
      ? script.mended
      : said.includes('You are the Engineer')
        ? script.engineer
        : said.includes('You are the Orchestrator')
          ? script.orchestrator
          : script.developer
    return by?.(said, asked) ?? { say: 'Nobody told me what to say.' }
  })
}

/** Serves the stage with Copilot asking `model`; without one, Copilot is not signed in. */
export function serveWith(stage: Stage, model: ScriptedModel | null): Promise<Host> {
  const cache = join(stage.home, '.cache')
  mkdirSync(cache, { recursive: true })
  Object.assign(stage.env, {
    HYPERION_COPILOT: stage.env['HYPERION_COPILOT'] ?? copilot ?? '',
    XDG_CACHE_HOME: cache,
    ...copilotEnv(stage.home, model),
  })
  return stage.serve(true)
}

export async function go(page: Page, url: string, path: string): Promise<void> {
  await page.goto(new URL(path, url).href)
  await page.getByText('Live', { exact: true }).waitFor()
}

export interface Started {
  on: Stage
  host: Host
  page: Page
  url: string
  /** Null where Copilot is not signed in. */
  model: ScriptedModel | null
}

export interface StartOptions {
  /** What the host is started with besides. */
  env?: NodeJS.ProcessEnv
  /** Settings beside those of agents. */
  config?: object
}

export type Start = (agents: object, script: Script | null, options?: StartOptions) => Promise<Started>

/** Starts a stage of two files for each test of a file, and ends it after the test. */
export function agentStages(): Start {
  const openStage = stagesInOneBrowser()
  const open: ScriptedModel[] = []
  let stage: Stage | null = null
  afterEach(async () => {
    await stage?.dispose()
    stage = null
    for (const model of open.splice(0)) await model.close()
  })
  return async (agents, script, { env = {}, config = {} } = {}) => {
    const text = JSON.stringify({
      agents: { prices: PRICES, ...agents },
      checks: { allow: { yes: 'true' } },
      ...config,
    })
    const on = await openStage({
      files: { 'a.js': 'one()\ntwo()\n', 'b.js': 'three()\n', 'hyperion.config.json': text },
    })
    stage = on
    Object.assign(on.env, env)
    const model = script === null ? null : await openModel(script)
    if (model !== null) open.push(model)
    const host = await serveWith(on, model)
    const page = await on.tab(host.url)
    return { on, host, url: host.url, page, model }
  }
}

export function requestFile(on: Stage, id: string, path: string): string {
  const file = join(on.home, `${id}.json`)
  writeFileSync(
    file,
    JSON.stringify({
      request_id: id,
      summary: `Use digits in ${path}`,
      requested_changes: [{ path, summary: 'Use digits' }],
      checks: ['yes'],
      metadata: { complexity: 2 },
    }),
  )
  return file
}

/** Hands a request in as a file dropped on the list. */
export async function submit({ on, page, url }: Started, id: string, path: string): Promise<void> {
  await go(page, url, '/requests')
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(requestFile(on, id, path))
  await page.getByRole('dialog').getByRole('button', { name: 'Submit request' }).click()
  await page.getByRole('heading', { name: id }).waitFor({ state: 'attached' })
}

export const runOf = (page: Page, who: string, nth = 0): Locator =>
  page.getByRole('listitem', { name: who, exact: true }).nth(nth)
