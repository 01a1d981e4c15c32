/** Why somebody holds work up: asked of them, never demanded. */
import { TextField } from './fields.tsx'

const LONGEST = 500

export function ReasonField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <TextField
      label="Reason (optional)"
      value={value}
      onChange={onChange}
      maxLength={LONGEST}
      help="Everybody sees it, in the app and in a terminal."
    />
  )
}
