/** The reports under execution/ read back, as other programs read them: what the dashboard shows of them. */
import { join } from 'node:path'
import { castSchema, type Cast } from '../../../schemas/cast.ts'
import { nextTaskContextSchema, verificationReportSchema } from '../../../schemas/reports.ts'
import type { Home } from '../../../schemas/view.ts'
import { canonicalJson } from '../base/hash.ts'
import { castContentHash } from '../casts/answers.ts'
import type { Ground } from '../compose.ts'
import { validateCast } from '../domain/validate-task.ts'
import type { Found } from '../reports/files.ts'
import { NEXT_TASK_CONTEXT, REPORTS_FOLDER, VERIFICATION_REPORT } from '../reports/reporter.ts'
import { lookAt } from '../reports/seals.ts'
import type { z } from 'zod'

function found<T>({ repository, store }: Ground, name: string, schema: z.ZodType<T>): Found<T> {
  const file = join(repository.workspace, REPORTS_FOLDER, name)
  return lookAt(store, file, name, schema).found
}

const NOTHING = {
  request_id: null,
  intent: null,
  complexity: null,
  approvals: 0,
  recorded: 0,
  generated_at: null,
}

/** Why the orchestrator would not take the work that a context names; null where it would. */
function refusalOf(
  { store }: Ground,
  requestId: string | null,
  cast: Cast | null,
  intent: string | null,
): string | null {
  if (requestId === null) return 'it names no request'
  if (intent === null) return 'it says no intent'
  if (cast === null) return null
  const verdict = validateCast(cast)
  if (!verdict.ok) return verdict.errors[0]?.message ?? 'it is not valid'
  const row = store.requests.get(requestId)
  return row === undefined || row.payload === canonicalJson(cast)
    ? null
    : `${requestId} stands for another request already`
}

/** What the files say; one that somebody else wrote or edited is told of and not trusted. */
export function readReports(ground: Ground): Pick<Home, 'cast' | 'report'> {
  const verification = found(ground, VERIFICATION_REPORT, verificationReportSchema)
  const report: Home['report'] =
    verification.kind === 'none'
      ? null
      : verification.kind === 'foreign'
        ? { generated_at: null, problem: `${REPORTS_FOLDER}/${VERIFICATION_REPORT} ${verification.why}` }
        : { generated_at: verification.value.generated_at, problem: null }
  const context = found(ground, NEXT_TASK_CONTEXT, nextTaskContextSchema)
  if (context.kind === 'none') return { report, cast: null }
  if (context.kind === 'foreign') {
    const why = `${REPORTS_FOLDER}/${NEXT_TASK_CONTEXT} ${context.why}; it is not trusted`
    return { report, cast: { ...NOTHING, accepted: false, why } }
  }
  const { request_id, intent, complexity, approvals, generated_at } = context.value
  const written = request_id === null ? null : ground.store.casts.newest(request_id)
  const parsed = written === null ? null : castSchema.safeParse(JSON.parse(written.cast_json))
  const cast = parsed?.success === true ? parsed.data : null
  const why = refusalOf(ground, request_id, cast, intent)
  const recorded = cast === null ? 0 : ground.store.casts.approvals(castContentHash(cast)).length
  return {
    report,
    cast: {
      request_id,
      intent,
      complexity,
      approvals: approvals.length,
      recorded,
      generated_at,
      accepted: why === null,
      why,
    },
  }
}
