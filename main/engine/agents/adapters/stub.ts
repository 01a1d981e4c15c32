/** The deterministic harness: works offline and leaves one comment line in each of its targets. */
import { commentLine } from '../../domain/comment-syntax.ts'
import { baseRefusal } from '../../domain/patch/apply.ts'
import { lineEndings } from '../../domain/patch/lines.ts'
import type { AgentHarness, AgentRun, AgentTask, Failure, FileEdit, Outcome, RunEvent } from '../harness.ts'
import { failed as failure, NO_USAGE } from './converse.ts'

const failed = (code: Failure['code'], reason: string, detail: string): Failure =>
  failure({ code, reason, detail }, NO_USAGE)

/** The text of the comment the stub leaves. */
export const stubText = (taskId: string, agent: string): string =>
  `Orchestrated update for ${taskId} by ${agent}`

/** Appends a line in the file's own line ending; a file without final newline stays without. */
export function appendLine(content: string, added: string): string {
  if (content === '') return `${added}\n`
  const endings = lineEndings(Buffer.from(content))
  const lastBreak = content.lastIndexOf('\n')
  const crlf = endings === 'crlf' || (endings === 'mixed' && content[lastBreak - 1] === '\r')
  const newline = crlf ? '\r\n' : '\n'
  return content.endsWith('\n') ? `${content}${added}${newline}` : `${content}${newline}${added}`
}

type Given = NonNullable<AgentTask['given']>

async function editOne(
  file: string,
  agent: string,
  { assignment, read }: Given,
): Promise<FileEdit | Failure> {
  if (file.endsWith('/')) {
    return failed('invalid', 'folder_target', `the stub edits files; ${file} is a folder`)
  }
  const text = commentLine(file, stubText(assignment.task_id, agent))
  if (text === null)
    return failed('invalid', 'no_comment_syntax', `no comment is known for files like ${file}`)
  const base = await read(file)
  if (base === null) return { path: file, action: 'create', content: appendLine('', text) }
  const refusal = baseRefusal(base)
  if (refusal !== null) return failed('invalid', refusal.code, `${file}: ${refusal.message}`)
  return { path: file, action: 'replace', content: appendLine(base.toString('utf8'), text) }
}

async function work(task: AgentTask, signal: AbortSignal, events: RunEvent[]): Promise<Outcome> {
  const { given, handIn } = task
  if (given === null || handIn === null) {
    const text = `[stub] ${task.prompt}`
    return { kind: 'answered', text, usage: NO_USAGE, sessionId: null }
  }
  const files: FileEdit[] = []
  for (const file of given.assignment.file_targets) {
    if (signal.aborted) return failed('cancelled', 'cancelled', 'the stub was cancelled')
    const edit = await editOne(file, task.agent, given)
    if ('kind' in edit) return edit
    files.push(edit)
  }
  const value = { summary: given.assignment.summary, files }
  const review = await handIn.review(value)
  events.push({ kind: 'submission', value, review })
  // The same input gives the same draft, so there is nothing to repair.
  if (!review.accepted) return failed('invalid', review.code, review.message)
  return { kind: 'submitted', value, via: 'tool', repairs: 0, usage: NO_USAGE, sessionId: null }
}

async function* after(outcome: Promise<Outcome>, events: readonly RunEvent[]): AsyncGenerator<RunEvent> {
  await outcome
  yield* events
}

export function stubHarness(): AgentHarness {
  return {
    id: 'stub',
    probe: () => Promise.resolve({ ready: true, version: 'stub' }),
    start(task, signal): AgentRun {
      const events: RunEvent[] = []
      const stop = new AbortController()
      const outcome = work(task, AbortSignal.any([signal, stop.signal]), events).catch((error: unknown) =>
        failed('unavailable', 'stub_failed', error instanceof Error ? error.message : String(error)),
      )
      return {
        events: after(outcome, events),
        outcome,
        async cancel() {
          stop.abort()
          await outcome
        },
      }
    },
    dispose: () => Promise.resolve(),
  }
}
