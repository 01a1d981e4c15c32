/** Where the answer to a field stands in the file, as lines; in whatever layout the file is. */

export interface Lines {
  first: number
  last: number
}

const METADATA = /^(?:intent|complexity|agent_model|telemetry_anchors|sample_diff|approvals)(?=$|[.[])/

/** Keys and indexes that lead to a field of the answers in the file. */
export function fileKeys(field: string): string[] {
  const keys = (METADATA.test(field) ? `metadata.${field}` : field).replace(
    /^items(?=$|[.[])/,
    'requested_changes',
  )
  return keys.split(/[.[\]]+/).filter((key) => key !== '')
}

/** Lines of a field's value, 1-based, both included; null where the file does not have it. The text is valid JSON. */
export function linesOfField(text: string, field: string): Lines | null {
  const keys = fileKeys(field)
  let at = 0
  const blank = (): void => {
    while (/[\s,:]/.test(text.charAt(at))) at += 1
  }
  const string = (): string => {
    const from = at
    at += 1
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    at += 1
    return text.slice(from, at)
  }
  const skip = (): void => {
    let depth = 0
    do {
      blank()
      const sign = text.charAt(at)
      if (sign === '"') string()
      else if (sign === '{' || sign === '[') {
        depth += 1
        at += 1
      } else if (sign === '}' || sign === ']') {
        depth -= 1
        at += 1
      } else while (at < text.length && !/[\s,\]}]/.test(text.charAt(at))) at += 1
    } while (depth > 0 && at < text.length)
  }
  let begin = 0
  for (const key of keys) {
    blank()
    const open = text.charAt(at)
    if (open !== '{' && open !== '[') return null
    at += 1
    let found = false
    for (let index = 0; at < text.length && !found; index += 1) {
      blank()
      if (/[}\]]/.test(text.charAt(at))) return null
      begin = at
      let name = String(index)
      if (open === '{') {
        name = JSON.parse(string()) as string
        blank()
      }
      found = name === key
      if (!found) skip()
    }
    if (!found) return null
  }
  skip()
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length
  const first = lineAt(begin)
  return { first, last: first + text.slice(begin, at).split('\n').length - 1 }
}
