/** Which model an agent gets: the one place that decides it. */
import type { Config } from '../../../schemas/config.ts'

export interface ModelQuestion {
  /** 1 to 10; null where nobody rated it, which counts as not simple. */
  complexity: number | null
  /** Models somebody named, the most binding first: `--model`, then what the cast says. */
  explicit: readonly (string | null | undefined)[]
  config: Pick<Config['agents'], 'model' | 'smallModel' | 'smallModelMaxComplexity'>
}

/** Returns the model somebody named; null where nobody did. */
export const namedModel = (explicit: ModelQuestion['explicit']): string | null =>
  explicit.find((model) => model !== null && model !== undefined && model !== '') ?? null

/** Returns the model somebody named, else the small one for simple work, else the usual one. */
export function chooseModel({ complexity, explicit, config }: ModelQuestion): string {
  const named = namedModel(explicit)
  if (named !== null) return named
  const simple = complexity !== null && complexity <= config.smallModelMaxComplexity
  return simple ? config.smallModel : config.model
}
