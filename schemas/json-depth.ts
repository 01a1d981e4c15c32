/** How deep a JSON value is nested, found out without recursion: a value that is too deep must not end the stack. */

/** A list of requests, each nested as deep as a request may be. */
export const DOCUMENT_DEPTH = 65

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether nothing lies inside more than `levels` lists and objects. */
export function isNestedWithin(value: unknown, levels: number): boolean {
  let level = [value].filter(isNested)
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === levels) return false
    const next: object[] = []
    for (const outer of level) for (const inner of Object.values(outer)) if (isNested(inner)) next.push(inner)
    level = next
  }
  return true
}
