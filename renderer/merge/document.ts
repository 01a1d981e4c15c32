/**
 * Files as the editor can hold them, and back byte for byte. An editor knows one kind of line break for a whole text and
 * no byte order mark, so both are taken off, kept aside and put back; what does not fit that is made visible instead.
 */

export type LineBreaks = 'lf' | 'crlf' | 'mixed'

export interface Shape {
  /** `mixed`: every carriage return stands in the text as `mark`. */
  breaks: LineBreaks
  mark: string
  /** Whether the result begins with a byte order mark. */
  bom: boolean
}

const BOM = '\ufeff'

/** What a carriage return is shown as: its own sign, or what no text uses for anything. */
const MARKS = ['\u240d', ...Array.from({ length: 64 }, (_, at) => String.fromCharCode(0xe00d + at))]

const withoutBom = (text: string): string => (text.startsWith(BOM) ? text.slice(1) : text)

const isCrlf = (text: string): boolean => !/(?:^|[^\r])\n|\r(?!\n)/.test(text)

/** What three texts have in common; null stands for a side that has no file. */
export function shapeOf(base: string | null, cur: string | null, inc: string | null): Shape {
  const texts = [base, cur, inc].filter((text) => text !== null)
  const hasReturn = texts.some((text) => text.includes('\r'))
  const breaks = !hasReturn ? 'lf' : texts.every(isCrlf) ? 'crlf' : 'mixed'
  const mark = MARKS.find((one) => texts.every((text) => !text.includes(one)))
  if (mark === undefined) throw new RangeError('no sign is left for a carriage return')
  return { breaks, mark, bom: bomOf(base, cur, inc) }
}

/** A mark is there or not, so that one side at most has changed it; without a base the target's counts. */
function bomOf(base: string | null, cur: string | null, inc: string | null): boolean {
  const has = (text: string | null): boolean => text?.startsWith(BOM) === true
  if (cur === null || inc === null) return has(cur ?? inc)
  return base !== null && has(cur) === has(base) ? has(inc) : has(cur)
}

/** The text as the editor holds it: line feeds only, no byte order mark. */
export function toDocument(text: string, { breaks, mark }: Shape): string {
  const bare = withoutBom(text)
  if (breaks === 'lf') return bare
  return breaks === 'crlf' ? bare.replaceAll('\r\n', '\n') : bare.replaceAll('\r', mark)
}

export function toFile(document: string, { breaks, mark, bom }: Shape): string {
  const bare =
    breaks === 'lf'
      ? document
      : breaks === 'crlf'
        ? document.replaceAll('\n', '\r\n')
        : document.replaceAll(mark, '\r')
  return bom ? BOM + bare : bare
}
