/** The field that a remark on an imported file begins with, as the answers name it; null where it is about none of them. */
const FIELDS =
  /^(?:metadata\.)?((?:request_id|summary|intent|context|priority|acceptance_criteria|checks|base_commit|complexity|agent_model|telemetry_anchors|sample_diff|approvals)|requested_changes(?:\[\d+\](?:\.(?:path|summary|change))?)?)\b/

export function remarkField(remark: string): string | null {
  const [whole, field] = FIELDS.exec(remark) ?? []
  if (whole === undefined || field === undefined || !/^[\s.[]/.test(remark.slice(whole.length))) return null
  return field.replace(/^requested_changes/, 'items')
}
