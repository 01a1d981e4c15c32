/** What was written into a plan that was let run or withdrawn before it was saved: still to be read, to be copied, to be dropped. */
import type { RequestTree } from '../../schemas/view.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { useKept } from '../views/inbox/kept.ts'
import { isPlanDraft, planDraftOf, type PlanDraft } from './plan-draft.ts'
import { documentOf } from './plan-form.ts'

/** For a plan that does not wait, or no more. */
export function LeftPlan({ tree }: { tree: RequestTree }) {
  const [draft, keep] = useKept<PlanDraft>(planDraftOf(tree.request.request_id), isPlanDraft)
  if (draft === null) return null
  const written = (): string => JSON.stringify(draft.parts.map(documentOf), null, 2)
  const became = tree.request.status === 'cancelled' ? 'withdrawn' : 'let run'
  return (
    <ErrorBanner
      title="Not saved"
      failure={{
        kind: 'user',
        code: 'planned_too_late',
        message: `The plan was ${became} while you wrote. What you wrote is kept and not saved.`,
        hint: 'Copy it as JSON where you still want it.',
      }}
      actions={
        <>
          <CopyButton text={written} label="Copy what you wrote" />
          <Button size="small" onClick={() => keep(null)}>
            Drop it
          </Button>
        </>
      }
    />
  )
}
