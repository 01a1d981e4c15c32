/** Puts another plan in the place of one assignment: its document as it stands, to be written anew. */
import { useState } from 'react'
import type { RequestTree } from '../../../schemas/view.ts'
import { useAct, useAway } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextArea } from '../../ui/fields.tsx'
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
  // As it stood when it was opened: what happens meanwhile overwrites nothing that is being written.
  const [start] = useState(before)
  const [text, setText] = useState(start)
  const read = readPlan(text, node.task_id)
  const replan = useAct(
    (api, assignment: Parameters<typeof api.agents.replan>[0]['assignment']) =>
      api.agents.replan({ task_id: node.task_id, assignment }),
    {
      done: () => {
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
  const off =
    away ??
    (!read.ok ? read.error : null) ??
    (text === start ? 'Nothing was changed yet' : null) ??
    (before !== start ? 'The plan changed meanwhile; close this and open it again' : null)
  const save = (): void => {
    if (off === null && read.ok) void replan.run(read.assignment)
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Plan of ${node.task_id}`}
      description="The assignment as its Developer is given it. Another plan is drafted at once; everything else of the request stays as it is."
      wide
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" reason={off} busy={replan.busy} onClick={save}>
            Plan it so
          </Button>
        </>
      }
    >
      <TextArea
        label="Assignment"
        code
        rows={18}
        spellCheck={false}
        value={text}
        onChange={(next) => {
          replan.clear()
          setText(next)
        }}
        error={read.ok ? refused : read.error}
        help="JSON. Its task and its request stay; files are exact paths, or folders ending in “/”."
      />
    </Dialog>
  )
}
