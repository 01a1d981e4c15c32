/** Answers to an Engineer's questions while they are written: what is open, and what would be sent. */
import type { RequestTree } from '../../schemas/view.ts'

export type Question = RequestTree['questions'][number]

/** Written answers, by the number of their question. */
export type Written = Readonly<Record<string, string>>

export const isWritten = (value: unknown): value is Written =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((text) => typeof text === 'string')

export const openOf = (questions: readonly Question[]): Question[] =>
  questions.filter(({ answer, skipped }) => answer === null && !skipped)

export const settledOf = (questions: readonly Question[]): Question[] =>
  questions.filter(({ answer, skipped }) => answer !== null || skipped)

/** Nothing is waited for where only questions are open that block nothing. */
export const isWaiting = (questions: readonly Question[]): boolean =>
  openOf(questions).some(({ blocking }) => blocking)

export interface Answer {
  question: number
  /** Null takes what is assumed. */
  text: string | null
}

export const writtenAnswers = (questions: readonly Question[], written: Written): Answer[] =>
  openOf(questions).flatMap(({ number }) => {
    const text = (written[String(number)] ?? '').trim()
    return text === '' ? [] : [{ question: number, text }]
  })

/** How many questions that block would stay open if these were sent. */
export const leftOpen = (questions: readonly Question[], answers: readonly Answer[]): number =>
  openOf(questions).filter(
    ({ number, blocking }) => blocking && !answers.some(({ question }) => question === number),
  ).length

export const assumedWords = ({ assumption }: Pick<Question, 'assumption'>): string =>
  assumption ?? 'what the Engineer thinks best'

/** What became of a question that nobody is asked any more. */
export function settledWords(question: Question): string {
  const { text, answer, skipped, overdue } = question
  if (answer !== null) return `${text} — ${answer}`
  const why = overdue ? 'nobody answered in time, ' : skipped ? '' : 'nobody answered, '
  return `${text} — ${why}taken as assumed: ${assumedWords(question)}`
}
