/** Whether the plan of a request waits for the operator: as the settings have it, until somebody says otherwise. */
import { useRead } from '../../state/hooks.ts'
import { Checkbox } from '../../ui/fields.tsx'

export function HoldPlan({
  checked,
  onChange,
}: {
  /** Undefined while nobody said. */
  checked: boolean | undefined
  onChange: (checked: boolean) => void
}) {
  const reading = useRead('system.settings', (api, signal) => api.system.settings({}, { signal }))
  const rule = reading.value?.values.find(({ key }) => key === 'agents.holdPlans')?.value === true
  return (
    <Checkbox
      label="Hold the plan for me"
      help="Nobody drafts before you have seen the assignments and run the plan; until then you can edit it."
      checked={checked ?? rule}
      onChange={onChange}
    />
  )
}
