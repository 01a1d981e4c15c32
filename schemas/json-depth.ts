/** How deep a JSON value is nested, found out without recursion: a value that is too deep must not end the stack. */
import { FORBIDDEN_KEY } from './json-scan.ts'

/** A list of requests, each nested as deep as a request may be. */
export const DOCUMENT_DEPTH = 65

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether no object has the member that cannot be kept; to be asked of what is not nested too deep. */
export function isWithoutForbiddenKey(value: unknown): boolean {
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (!isNested(next)) continue
    if (Object.hasOwn(next, FORBIDDEN_KEY)) return false
    // Spread into a call, a long list would be too many arguments.
    for (const inner of Object.values(next)) left.push(inner)
  }
  return true
}

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
