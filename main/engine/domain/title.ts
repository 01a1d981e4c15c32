/** What a change is called in a line: what was to be done rather than what all of its request is for. */

interface Titled {
  intent?: unknown
  summary?: unknown
}

const said = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

/** Returns the summary of its assignment, or its intent where it has none; null where it says neither. */
export function titleOf(metadata: Titled | undefined): string | null {
  const { summary, intent } = metadata ?? {}
  return said(summary) ? summary.trim() : said(intent) ? intent : null
}

/** The same in SQL, over a row whose column `payload` is a change request. What an agent made up may be anything. */
export const titleSql = (payload: string): string => `coalesce(
  CASE WHEN json_type(${payload}, '$.metadata.summary') = 'text' THEN nullif(trim(${payload} ->> '$.metadata.summary', ' ' || char(9, 10, 13)), '') END,
  CASE json_type(${payload}, '$.metadata.intent') WHEN 'text' THEN ${payload} ->> '$.metadata.intent' END)`
