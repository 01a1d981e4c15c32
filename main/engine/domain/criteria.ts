/**
 * Acceptance criteria that carry their proof: "two is a digit (probe: `grep -q 2 a.js`)".
 *
 * The probe stands in the criterion's own text, so that whatever takes criteria (a file, a form, an agent) takes probes.
 */

export interface Criterion {
  text: string
  /** A command that fails where the criterion is not met and passes where it is; null where there is none. */
  probe: string | null
}

const MARK = '(probe:'

export function readCriterion(criterion: string): Criterion {
  const whole = criterion.trim()
  const at = whole.lastIndexOf(MARK)
  const none: Criterion = { text: criterion, probe: null }
  if (at < 0 || !whole.endsWith(')')) return none
  const inside = whole.slice(at + MARK.length, -1).trim()
  const quoted = inside.length > 2 && inside.startsWith('`') && inside.endsWith('`')
  const probe = (quoted ? inside.slice(1, -1) : inside).trim()
  // What has a quote of its own is not set in quotes as a whole.
  if (probe === '' || /[`\n]/.test(probe)) return none
  return { text: whole.slice(0, at).trim() || probe, probe }
}

/** The criteria that carry a probe, each once. */
export function probesOf(criteria: readonly string[]): { criterion: string; probe: string }[] {
  const found = new Map<string, string>()
  for (const criterion of criteria) {
    const { probe } = readCriterion(criterion)
    if (probe !== null) found.set(criterion, probe)
  }
  return [...found].map(([criterion, probe]) => ({ criterion, probe }))
}
