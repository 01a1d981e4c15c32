/** The checks a person edits before a repository is opened. */
export interface CheckRow {
  id: number
  name: string
  command: string
}

const isBlank = ({ name, command }: CheckRow): boolean => name.trim() === '' && command.trim() === ''

/** What keeps the rows from being written, or null; rows left blank do not count. */
export function wrongWith(rows: readonly CheckRow[]): string | null {
  const filled = rows.filter((row) => !isBlank(row))
  const seen = new Set<string>()
  for (const { name, command } of filled) {
    if (name.trim() === '') return `Give the check “${command.trim()}” a name`
    if (command.trim() === '') return `Say what the check “${name.trim()}” runs`
    if (seen.has(name.trim())) return `Two checks are called “${name.trim()}”`
    seen.add(name.trim())
  }
  return filled.length === 0 ? 'Add a check, or leave the box above empty' : null
}

export const checksOf = (rows: readonly CheckRow[]): Record<string, string> =>
  Object.fromEntries(
    rows.filter((row) => !isBlank(row)).map(({ name, command }) => [name.trim(), command.trim()]),
  )
