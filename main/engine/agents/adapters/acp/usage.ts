/** Tokens as an agent tells them with the end of a turn, made into those of the run. */
import { fieldsOf } from '../../fields.ts'
import type { Usage } from '../../harness.ts'
import { NO_USAGE } from '../converse.ts'
import type { Counts } from './presets.ts'

interface Tokens {
  inputTokens: number
  outputTokens: number
}

const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null

/** What is kept of a cache, and what was only thought, is charged like the rest: the total has it all. */
function tokensOf(answer: unknown): Tokens | null {
  const { usage, _meta } = fieldsOf(answer)
  const said = fieldsOf(usage)
  const [input, output] = [countOf(said['inputTokens']), countOf(said['outputTokens'])]
  if (input !== null && output !== null) {
    const outputTokens = output + (countOf(said['thoughtTokens']) ?? 0)
    return { inputTokens: Math.max(input, (countOf(said['totalTokens']) ?? 0) - outputTokens), outputTokens }
  }
  // Gemini CLI's own place for them.
  const quota = fieldsOf(fieldsOf(fieldsOf(_meta)['quota'])['token_count'])
  const [asked, answered] = [countOf(quota['input_tokens']), countOf(quota['output_tokens'])]
  return asked === null || answered === null ? null : { inputTokens: asked, outputTokens: answered }
}

/** Hears the answers to prompts, one a turn; returns what the run has used up so far. */
export function usageCounter(counts: Counts, before: Usage | null): (answer: unknown) => Usage {
  let sum: Tokens = { inputTokens: 0, outputTokens: 0 }
  let last: Tokens | null = null
  let turns = 0
  let isWhole = true

  /** A session that is gone on with told of what was before as well. */
  const start =
    before === null || before.source === 'unavailable' ? { inputTokens: 0, outputTokens: 0 } : before
  const since = (now: Tokens, then: Tokens): Tokens => ({
    inputTokens: Math.max(0, now.inputTokens - then.inputTokens),
    outputTokens: Math.max(0, now.outputTokens - then.outputTokens),
  })
  return (answer) => {
    const told = tokensOf(answer)
    turns += 1
    if (told === null) isWhole = false
    else {
      const grew =
        last !== null && told.inputTokens >= last.inputTokens && told.outputTokens >= last.outputTokens
      const isTotal = counts === 'session' || (counts === 'unknown' && grew)
      sum = isTotal
        ? since(told, counts === 'session' ? start : { inputTokens: 0, outputTokens: 0 })
        : {
            inputTokens: sum.inputTokens + told.inputTokens,
            outputTokens: sum.outputTokens + told.outputTokens,
          }
      last = told
    }
    if (last === null) return NO_USAGE
    // Of one turn it is the same; after that it is told by how the numbers grew.
    const isKnown = counts !== 'unknown' || (turns === 1 && before === null)
    return { source: isWhole && isKnown ? 'reported' : 'estimated', ...sum }
  }
}
