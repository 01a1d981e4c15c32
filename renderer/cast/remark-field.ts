/** The field that a remark on an imported file begins with, as the answers name it; null where it is about none of them. */
const FIELDS =
  /^(?:metadata\.)?(request_id|summary|intent|context|priority|acceptance_criteria|checks|base_commit|complexity|agent_model|telemetry_anchors|sample_diff|approvals|requested_changes(?:\[\d+\](?:\.(?:path|summary|change)(?!\w))?)?)(?=[\s.[])/

export const remarkField = (remark: string): string | null =>
  FIELDS.exec(remark)?.[1]?.replace(/^requested_changes/, 'items') ?? null
