/** A stage whose agents are Copilot, asking a model on this machine that says what a test tells it to. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { locateCopilot } from '../../main/engine/agents/adapters/copilot/locate.ts'
import { scriptedModel, type Reply, type ScriptedModel } from '../support/scripted-model.ts'
import type { Host, Stage } from './support.ts'

const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
export const copilot = locateCopilot({ PATH: BIN })

export const fenced = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``

export const edit = (path: string, search: string, replace: string): string =>
  fenced({ summary: 'Done', files: [{ path, action: 'edit', edits: [{ search, replace }] }] })

/** What is said to whom, by the beginning of its prompt; `first` is false for what is said after a refusal. */
export interface Script {
  engineer?: (said: string) => Reply
  orchestrator?: (said: string) => Reply
  developer?: (said: string) => Reply
  /** What is said to any of them after a refusal. */
  mended?: (said: string) => Reply
}

export async function openModel(script: Script): Promise<ScriptedModel> {
  return scriptedModel(({ messages }) => {
    const said = messages.findLast(({ role }) => role === 'user')?.content ?? ''
    const by = said.includes('was refused (')
      ? script.mended
      : said.includes('You are the Engineer')
        ? script.engineer
        : said.includes('You are the Orchestrator')
          ? script.orchestrator
          : script.developer
    return by?.(said) ?? { say: 'Nobody told me what to say.' }
  })
}

/** Serves the stage with Copilot asking `model`; without one, Copilot is not signed in. */
export function serveWith(stage: Stage, model: ScriptedModel | null): Promise<Host> {
  const cache = join(stage.home, '.cache')
  mkdirSync(cache, { recursive: true })
  const provider: NodeJS.ProcessEnv =
    model === null
      ? {}
      : {
          COPILOT_OFFLINE: 'true',
          COPILOT_PROVIDER_BASE_URL: model.url,
          // Copilot stars out its key wherever it stands in what it says.
          COPILOT_PROVIDER_API_KEY: 'scripted-key-of-this-test',
        }
  Object.assign(stage.env, {
    HYPERION_COPILOT: copilot ?? '',
    XDG_CACHE_HOME: cache,
    COPILOT_HOME: join(stage.home, 'copilot'),
    ...provider,
  })
  return stage.serve(true)
}

export async function go(page: Page, url: string, path: string): Promise<void> {
  await page.goto(new URL(path, url).href)
  await page.getByText('Live', { exact: true }).waitFor()
}
