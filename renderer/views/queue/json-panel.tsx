/** Everything of a change as the engine gave it. */
import { useMemo } from 'react'
import type { ChangeDetail } from '../../../schemas/view.ts'
import { CodeView } from '../../editor/code-view.tsx'

export function JsonPanel({ detail }: { detail: ChangeDetail }) {
  const text = useMemo(() => JSON.stringify(detail, null, 2), [detail])
  return <CodeView text={text} language="json" label={`JSON of change ${detail.id}`} />
}
