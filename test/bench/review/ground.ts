/** A host with a change in conflict about a text of a given length, made by real landings, and a tab with the probe. */
import type { Page } from 'playwright-core'
import { probed } from '../../e2e/probe.ts'
import { filesOf, makeConflict, type Conflicted, type Texts } from '../../e2e/review-stage.ts'
import { openStage, type Host, type Stage } from '../../e2e/support.ts'

export interface Ground {
  stage: Stage
  host: Host
  /** Opens a tab with the probe in it, which is let in. */
  tab(): Promise<Page>
  at(path: string): string
  dispose(): Promise<void>
}

/** The change that came too late; the one before it landed. */
export const LATE = '/review/2'

/** Lines as a program has them, about as long. */
const line = (at: number): string => `export const entry${at} = { at: ${at}, of: 'table ${at % 17}' }`

export interface Long {
  lines: number
  conflicts: number
}

/** A text of so many lines in which both sides changed the same ones, and each some others alone. */
export function longConflict({ lines, conflicts }: Long, path = 'table.ts'): Conflicted {
  const step = Math.floor(lines / (conflicts + 1))
  const made = (name: string | null, alone: number): string =>
    Array.from({ length: lines }, (_, index) => {
      const at = index + 1
      const isBoth = at % step === 0 && at / step <= conflicts
      const isAlone = at % 200 === alone
      return `${line(at)}${name !== null && (isBoth || isAlone) ? ` // ${name}` : ''}\n`
    }).join('')
  const one = (text: string): Texts => ({ [path]: text })
  return { before: one(made(null, 0)), landed: one(made('landed', 40)), wanted: one(made('wanted', 140)) }
}

export async function openGround(conflict: Conflicted): Promise<Ground> {
  const stage = await openStage({ files: filesOf(conflict.before) })
  try {
    makeConflict(stage, conflict)
    const host = await stage.serve(true)
    return {
      stage,
      host,
      async tab() {
        const page = await probed(await stage.tab('about:blank'))
        await page.goto(host.url)
        await page.getByText('Live', { exact: true }).waitFor()
        return page
      },
      at: (path) => new URL(path, host.url).href,
      dispose: () => stage.dispose(),
    }
  } catch (error) {
    await stage.dispose()
    throw error
  }
}
