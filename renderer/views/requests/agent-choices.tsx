/** How agents go about a request: as the settings have it, until somebody says otherwise. */
import { useRead } from '../../state/hooks.ts'
import { Checkbox } from '../../ui/fields.tsx'

/** Left out while nobody said. */
export interface Choices {
  /** Whether the plan waits for the operator. */
  hold?: boolean
  /** Whether Developers work in a work tree with a shell. */
  work?: boolean
}

export const choicesOf = ({ hold, work }: Choices) => ({ hold_plan: hold ?? null, work_tree: work ?? null })

export function AgentChoices({
  choices: { hold, work },
  onChange,
}: {
  choices: Choices
  onChange: (chosen: Choices) => void
}) {
  const reading = useRead('system.settings', (api, signal) => api.system.settings({}, { signal }))
  const setting = (key: string): unknown => reading.value?.values.find((one) => one.key === key)?.value
  return (
    <>
      <Checkbox
        label="Hold the plan for me"
        help="Nobody drafts before you have seen the assignments and run the plan; until then you can edit it."
        checked={hold ?? setting('agents.holdPlans') === true}
        onChange={(checked) => onChange({ hold: checked })}
      />
      <Checkbox
        label="Let Developers build and test"
        help="Each gets a work tree of its own with a shell in the sandbox, and hands in what differs in it. Stubs need none."
        checked={work ?? (setting('agents.workTree') ?? 'off') !== 'off'}
        onChange={(checked) => onChange({ work: checked })}
      />
    </>
  )
}
