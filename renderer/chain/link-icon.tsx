/** One set of signs for what is in the chain and for what left it; the word always stands beside it. */
import { Ban, CircleAlert, CircleCheck, CircleDashed, CircleDot, CornerDownRight, GitMerge, Shuffle } from 'lucide-react' // prettier-ignore
import type { LucideIcon } from 'lucide-react'
import type { Left, LinkState } from './model.ts'

const SIGNS: Readonly<Record<LinkState | Left['how'], LucideIcon>> = {
  built: CircleDashed,
  checking: CircleDot,
  passed: CircleCheck,
  failed: CircleAlert,
  unfit: CornerDownRight,
  landed: GitMerge,
  ejected: CircleAlert,
  conflict: Shuffle,
  cancelled: Ban,
}

export function LinkIcon({ of }: { of: LinkState | Left['how'] }) {
  const Sign = SIGNS[of]
  return <Sign size={14} aria-hidden />
}
