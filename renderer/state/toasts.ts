/** Short notices at the window's edge: done (with undo where there is one) and what went wrong. */
import { toast } from 'sonner'
import type { Failure } from '../failure.ts'

const UNDO_MS = 10_000
const FAILURE_MS = 12_000

export interface Undo {
  label?: string
  run(): void
}

/** Takes all notices away: an undo among them is of the workspace that was open. */
export const forgetNotices = (): void => void toast.dismiss()

export function tellDone(text: string, undo?: Undo): void {
  if (undo === undefined) toast(text)
  else toast(text, { duration: UNDO_MS, action: { label: undo.label ?? 'Undo', onClick: () => undo.run() } })
}

/** What was written and not sent stays until somebody has read it. */
export function tellLeft(what: string, written: string): void {
  toast(what, {
    description: `Not sent: ${written}`,
    duration: Number.POSITIVE_INFINITY,
    action: { label: 'Copy', onClick: () => void navigator.clipboard.writeText(written) },
    cancel: { label: 'Close', onClick: () => undefined },
  })
}

export function tellFailure(what: string, failure: Failure): void {
  const description = failure.hint === null ? failure.message : `${failure.message}. ${failure.hint}`
  toast.error(what, { description, duration: FAILURE_MS })
}
