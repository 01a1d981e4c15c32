/** Lines of code in colour outside the editor: the same inks, drawn by whoever shows the lines. */
import type { ColorName } from '../theme/tokens.ts'
import { PLAIN } from './languages.ts'

/** From here on, up to the next one. */
export interface Mark {
  offset: number
  ink: ColorName
}

export interface Span {
  text: string
  ink: ColorName
}

/** Cuts a line where its ink changes, never through a surrogate pair. */
export function spansOf(line: string, marks: readonly Mark[]): Span[] {
  const spans: Span[] = []
  let from = 0
  let ink: ColorName = 'text'
  const cut = (to: number): void => {
    const text = line.slice(from, to)
    const last = spans.at(-1)
    if (text !== '' && last?.ink === ink) last.text += text
    else if (text !== '') spans.push({ text, ink })
    from = to
  }
  for (const mark of marks) {
    const inPair =
      /[\ud800-\udbff]/.test(line.charAt(mark.offset - 1)) && /[\udc00-\udfff]/.test(line.charAt(mark.offset))
    cut(Math.max(from, mark.offset + (inPair ? 1 : 0)))
    ink = mark.ink
  }
  cut(line.length)
  return spans
}

/** Lines that follow each other in one language. */
export interface Passage {
  language: string
  lines: readonly string[]
}

/** The lines of each passage in colour; those of a language that has no grammar are null. */
export async function colourPassages(passages: readonly Passage[]): Promise<(Span[][] | null)[]> {
  const languages = new Set(passages.map(({ language }) => language))
  languages.delete(PLAIN)
  if (languages.size === 0) return passages.map(() => null)
  const { tokenizerOf } = await import('./monaco.ts')
  const tokenizers = new Map(
    await Promise.all(
      [...languages].map(async (language) => [language, await tokenizerOf(language)] as const),
    ),
  )
  return passages.map(({ language, lines }) => {
    const tokenize = tokenizers.get(language)
    if (tokenize === undefined) return null
    const marks = tokenize(lines.join('\n'))
    return lines.map((line, index) => spansOf(line, marks[index] ?? []))
  })
}
