/** Buttons for what may be done to a selection, with the dialogs that some of it needs first. */
import { Check, RotateCcw, Slash, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { useAway } from '../state/hooks.ts'
import { Button } from '../ui/button.tsx'
import { ACT_WORDS, planAct, skippedSentence, type Act, type Plan, type Selection } from './acts.ts'
import { ConfirmDiscard } from './confirm-discard.tsx'
import { Decide } from './decide.tsx'
import { PriorityMenu } from './priority-menu.tsx'
import type { Acts } from './use-acts.tsx'

const ORDER = [
  { act: 'approve', icon: <Check size={14} /> },
  { act: 'reject', icon: <X size={14} /> },
  { act: 'retry', icon: <RotateCcw size={14} /> },
  { act: 'cancel', icon: <Slash size={14} /> },
  { act: 'discard', icon: <Trash2 size={14} /> },
] as const satisfies readonly { act: Exclude<Act, 'prioritize'>; icon: unknown }[]

/** " 3", or " 3 of 5" where two would be skipped. */
const countOf = ({ go }: Plan, selection: Selection): string =>
  selection.size < 2 || go.size === 0
    ? ''
    : go.size === selection.size
      ? ` ${go.size.toLocaleString('en')}`
      : ` ${go.size.toLocaleString('en')} of ${selection.size.toLocaleString('en')}`

export function ActButtons({ selection, acts }: { selection: Selection; acts: Acts }) {
  const away = useAway()
  const [asking, setAsking] = useState<Plan | null>(null)
  const { progress } = acts
  const busy = progress === null ? null : `${ACT_WORDS[progress.act].busy} goes on`
  const close = (): void => setAsking(null)
  return (
    <>
      {ORDER.map(({ act, icon }) => {
        const plan = planAct(act, selection)
        const skipped = skippedSentence(plan)
        return (
          <Button
            key={act}
            size="small"
            kind={act === 'discard' || act === 'reject' ? 'danger' : 'default'}
            icon={icon}
            reason={away ?? busy ?? plan.reason}
            {...(skipped === null || plan.reason !== null ? {} : { title: skipped })}
            onClick={() => (act === 'retry' || act === 'cancel' ? void acts.run(plan) : setAsking(plan))}
          >
            {ACT_WORDS[act].verb}
            {countOf(plan, selection)}
          </Button>
        )
      })}
      <PriorityMenu selection={selection} acts={acts} reason={away ?? busy} />
      {asking?.act === 'discard' && <ConfirmDiscard plan={asking} acts={acts} onClose={close} />}
      {asking !== null && asking.act !== 'discard' && <Decide plan={asking} acts={acts} onClose={close} />}
    </>
  )
}
