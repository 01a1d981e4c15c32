/** Puts another plan in the place of one assignment: its document as it stands, to be written anew. */
import type { RequestTree } from '../../../schemas/view.ts'
import { PlanChanged } from '../../agents/plan-changed.tsx'
import { isAssignmentDraft, type AssignmentDraft } from '../../agents/plan-draft.ts'
import { useAct, useAway } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextArea } from '../../ui/fields.tsx'
import { InertText } from '../../ui/inert-text.tsx'
import { useKept } from '../inbox/kept.ts'
import { readPlan } from './plan.ts'

type AssignmentNode = RequestTree['assignments'][number]

export function PlanEditor({
  node,
  onClose,
  onDone,
}: {
  node: AssignmentNode
  onClose: () => void
  onDone: () => void
}) {
  const away = useAway()
  const before = JSON.stringify(node.document, null, 2)
  // What happens meanwhile, or a window that closes, overwrites nothing that is being written.
  const [draft, keepDraft] = useKept<AssignmentDraft>(`assignment.draft:${node.task_id}`, isAssignmentDraft)
  const { from, text } = draft ?? { from: before, text: before }
  const isChanged = from !== before
  const read = readPlan(text, node.task_id)
  const replan = useAct(
    (api, assignment: Parameters<typeof api.agents.replan>[0]['assignment']) =>
      api.agents.replan({ task_id: node.task_id, assignment, seen: node.document }),
    {
      done: () => {
        keepDraft(null)
        tellDone(`${node.task_id} is planned anew and drafted`)
        onDone()
        onClose()
      },
    },
  )
  const refused =
    replan.error === null
      ? null
      : `${replan.error.message}${replan.error.hint === null ? '' : `. ${replan.error.hint}`}`
  const cannot = away ?? (!read.ok ? read.error : null)
  const off =
    cannot ??
    (isChanged
      ? 'The plan changed meanwhile; take the new one or save yours over it'
      : draft === null
        ? 'Nothing was changed yet'
        : null)
  const save = (): void => {
    if (off === null && read.ok) void replan.run(read.assignment)
  }
  const saveOver = (): void => {
    if (cannot !== null || !read.ok) return
    keepDraft({ from: before, text })
    void replan.run(read.assignment)
  }
  const discard = (): void => {
    const kept = draft
    replan.clear()
    keepDraft(null)
    tellDone('What you wrote is discarded', { run: () => keepDraft(kept) })
  }
  const close = (): void => {
    // Another window that saved took the draft off the shelf that both write on.
    if (draft !== null) keepDraft(draft)
    onClose()
  }
  return (
    <Dialog
      open
      onClose={close}
      title={`Plan of ${node.task_id}`}
      description="The assignment as its Developer is given it. Another plan is drafted at once; everything else of the request stays as it is."
      wide
      actions={
        <>
          {draft !== null && !isChanged && (
            <Button kind="ghost" reason={replan.busy ? 'It is being saved' : null} onClick={discard}>
              Discard
            </Button>
          )}
          <Button onClick={close}>Back</Button>
          <Button kind="primary" reason={off} busy={replan.busy} onClick={save}>
            Plan it so
          </Button>
        </>
      }
    >
      {isChanged && (
        <PlanChanged onTake={discard} onOver={saveOver} reason={cannot} busy={replan.busy}>
          <InertText text={before} code />
        </PlanChanged>
      )}
      <TextArea
        label="Assignment"
        code
        rows={18}
        spellCheck={false}
        value={text}
        onChange={(next) => {
          replan.clear()
          keepDraft(next === before && !isChanged ? null : { from, text: next })
        }}
        error={read.ok ? refused : read.error}
        help="JSON. Its task and its request stay; files are exact paths, or folders ending in “/”."
      />
    </Dialog>
  )
}
