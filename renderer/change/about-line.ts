/** The line a rejection is about, as it is told with the reason. */
import type { Side } from '../editor/diff-model.ts'

export interface AboutLine {
  /** `PATH:LINE`, as `reject --at` takes it. */
  place: string
  /** What the number alone does not say: that of a line that is gone is its number in the older text. */
  note: string
}

export const aboutLine = (path: string, side: Side, line: number): AboutLine => ({
  place: `${path}:${line}`,
  note: side === 'before' ? ' (the line as it was before the change)' : '',
})

/** A reason with that behind it, where the place is still the one that was picked. */
export const reasonAbout = (reason: string, at: string | null, about: AboutLine | null): string =>
  about !== null && at === about.place ? reason + about.note : reason
