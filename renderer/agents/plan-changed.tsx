/** Told where a plan changed under what is being written over it: nothing is lost until a person says which one counts. */
import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'

export function PlanChanged({
  onTake,
  onOver,
  reason,
  busy,
  children,
}: {
  onTake: () => void
  onOver: () => void
  /** Why nothing can be saved now; null where it can. */
  reason: string | null
  busy: boolean
  /** The plan as it is now. */
  children: ReactNode
}) {
  return (
    <>
      <ErrorBanner
        failure={{
          kind: 'user',
          code: 'plan_changed',
          message: 'The plan changed while you wrote. What you wrote is kept and not saved.',
          hint: 'Take the plan as it is now, or save what you wrote in its place.',
        }}
        actions={
          <>
            <Button size="small" onClick={onTake}>
              Take the new plan
            </Button>
            <Button size="small" kind="danger" reason={reason} busy={busy} onClick={onOver}>
              Save mine over it
            </Button>
          </>
        }
      />
      <details>
        <summary>The plan as it is now</summary>
        {children}
      </details>
    </>
  )
}
