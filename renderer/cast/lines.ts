/** Lists as they are typed, one entry a line. A check that is more than a command is typed as its JSON. */
import type { CheckEntry } from '../../schemas/check.ts'

export const shownLines = (list: readonly CheckEntry[]): string =>
  list.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')

function checkOf(line: string): CheckEntry {
  if (!line.startsWith('{')) return line
  try {
    const value: unknown = JSON.parse(line)
    // Only what is a check; anything else is a command that begins like one.
    if (typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'string')
      return value as CheckEntry
  } catch {
    // Not finished yet.
  }
  return line
}

export function linesIn(text: string, field: string): CheckEntry[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return field === 'checks' ? lines.map(checkOf) : lines
}
