/** Versions: where both sides set the same key to different ones, the higher; never across different keys. */
import { RANKS } from './ranks.ts'
import type { Move } from './types.ts'

/** `"name": "^1.2.3",`, `name>=1.2`, `name = "1.2"`: what stands before the number, the number, what closes it. */
const VERSION =
  /^(\s*(?:- )?["']?[\w@/.[\]-]*[A-Za-z_\]][\w@/.[\]-]*["']?\s*(?:[:=]=?|[<>~^!=]=|[<>])\s*["']?(?:workspace:)?[~^<>=v ]*)(\d+(?:\.(?:\d+|[x*]))*(?:[-+.][\w.+-]*)?)(["']?[,;]?\s*)$/
/** No line that sets a version is longer. */
const LONGEST = 400
const KEY = /[\w@/.[\]-]+/

export const versions: Move = ({ cur, inc }, { names }) => {
  if (cur.length !== inc.length) return []
  const lines: string[] = []
  const higher: string[] = []
  for (const [index, ours] of cur.entries()) {
    const theirs = inc[index] as string
    if (ours.trim() === theirs.trim()) {
      lines.push(ours)
      continue
    }
    if (ours.length > LONGEST || theirs.length > LONGEST) return []
    const [a, b] = [VERSION.exec(ours), VERSION.exec(theirs)]
    const key = KEY.exec(a?.[1] ?? '')?.[0]
    if (
      a === null ||
      b === null ||
      !isVersion(a) ||
      !isVersion(b) ||
      key === undefined ||
      key !== KEY.exec(b[1] ?? '')?.[0]
    )
      return []
    const isOurs = compared(a[2] as string, b[2] as string) >= 0
    lines.push(isOurs ? ours : theirs)
    higher.push(`${key} ${(isOurs ? a : b)[2] as string} (${isOurs ? names.cur : names.inc})`)
  }
  if (higher.length === 0) return []
  const told = higher.length > 3 ? [...higher.slice(0, 3), `${higher.length - 3} more`] : higher
  const why = `Both sides set the same versions; these are the higher ones: ${told.join(', ')}.`
  return [
    {
      id: 'higher',
      lines,
      label: higher.length > 1 ? 'The higher versions' : 'The higher version',
      why,
      rank: RANKS.higher,
    },
  ]
}

/** A number alone may be a time-out or a share: a version has two dots, a sign of a range, quotes or a name that says so. */
function isVersion([, before = '', version = '']: RegExpExecArray): boolean {
  const isRange = /[~^<>]|==/.test(before)
  if (!version.includes('.')) return isRange
  return isRange || /["']\s*v?$/.test(before) || /\..*\./.test(version) || /version/i.test(before)
}

/** As semver orders them: by number, a pre-release before its release. */
export function compared(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => {
    const [numbers = '', ...pre] = (version.split('+')[0] as string).split(/-(.*)/s)
    return {
      numbers: numbers.split('.'),
      pre: pre
        .join('')
        .split('.')
        .filter((part) => part !== ''),
    }
  }) as [Parsed, Parsed]
  const main = inTurn(x.numbers, y.numbers, '0')
  if (main !== 0) return main
  if (x.pre.length === 0 || y.pre.length === 0) return y.pre.length - x.pre.length
  return inTurn(x.pre, y.pre, null)
}

interface Parsed {
  numbers: string[]
  pre: string[]
}

/** What is missing counts as `missing`, or as lower than anything. */
function inTurn(a: readonly string[], b: readonly string[], missing: string | null): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [x, y] = [a[index] ?? missing, b[index] ?? missing]
    if (x === y) continue
    if (x === null || y === null) return x === null ? -1 : 1
    const [m, n] = [Number(x), Number(y)]
    if (Number.isNaN(m) || Number.isNaN(n)) {
      // A number is lower than a word.
      if (Number.isNaN(m) !== Number.isNaN(n)) return Number.isNaN(m) ? 1 : -1
      return x < y ? -1 : 1
    }
    if (m !== n) return m - n
  }
  return 0
}
