/** What a person does to agents' work: answers, lets an agent have more files or not, sends back, cancels, stops. */
import type { Assignment } from '../../../../schemas/assignment.ts'
import { nowSeconds } from '../../base/clock.ts'
import { standsOn } from '../../agents/orchestrator.ts'
import { requireRequest } from '../../agents/requests.ts'
import { userError } from '../../base/errors.ts'
import { canonicalJson } from '../../base/hash.ts'
import { inert } from '../../base/inert.ts'
import { isAlive } from '../../base/process.ts'
import type { Ground } from '../../compose.ts'
import { actAllowed } from '../../domain/states.ts'
import { planErrors } from '../../domain/validate-task.ts'
import type { QuestionRow, WideningRow } from '../../store/questions.ts'
import type { AssignmentRow } from '../../store/requests.ts'

export interface Answer {
  /** From 1. */
  question: number
  text: string
}

export interface AgentActs {
  /** Keeps answers; returns the questions that are still open. */
  answer(requestId: string, answers: readonly Answer[]): QuestionRow[]
  /** Takes the assumption of a question, or of all that are open; returns what is still open. */
  skip(requestId: string, question: number | null): QuestionRow[]
  openQuestions(requestId: string): QuestionRow[]
  /** Throws why a request cannot go on by being told to. */
  requireGoingOn(requestId: string): void
  /** Lets an agent have the files it asks for, or has it do without; returns the request that goes on. */
  decideWidening(id: number, decision: 'granted' | 'refused'): WideningRow
  openWidenings(): WideningRow[]
  /** Has an assignment drafted anew because a person sent its change back; null where no agent can. */
  sendBack(changeId: number, reason: string): string | null
  /**
   * Puts another plan in the place of one assignment, the rest untouched; returns its request. `seen` is the assignment it
   * was written over; null where whoever writes does not mind what became of it meanwhile.
   */
  replan(taskId: string, assignment: unknown, seen: object | null): string
  /** Ends what of a request is not queued yet, its runs included. */
  cancelRequest(requestId: string): { runs: number }
  cancelRun(id: number): void
}

const LONGEST_ANSWER = 20_000

export function openAgentActs(
  { store, clock }: Pick<Ground, 'store' | 'clock'>,
  actor: string,
  readAssignment: (value: unknown) => Assignment,
): AgentActs {
  const { requests, questions, runs, logs, db } = store

  const openOf = (requestId: string): QuestionRow[] =>
    questions.of(requestId).filter((one) => one.answer === null && !one.skipped)

  const blockingOf = (requestId: string): QuestionRow[] =>
    openOf(requestId).filter(({ blocking }) => blocking)

  /** What it waits for still; once that is nothing, it is led from here on: whoever said the last word goes on with it. */
  function stillAsked(requestId: string): QuestionRow[] {
    const open = blockingOf(requestId)
    if (open.length === 0 && requests.get(requestId)?.status === 'needs_answer') {
      requests.waitNoLonger(requestId)
      requests.lead(requestId, isAlive)
    }
    return open
  }

  /** Answers count until the work is split: afterwards they would change nothing. */
  function requireAsking(requestId: string): QuestionRow[] {
    requireRequest(requests, requestId)
    requireOpen(requestId)
    const asked = questions.of(requestId)
    if (asked.length === 0)
      throw userError(
        'not_asked',
        `request ${requestId} asked nothing`,
        `see \`hyperion requests ${requestId}\``,
      )
    if (requests.assignments(requestId).length > 0) {
      const remedy = 'submit a new request that says so'
      throw userError('answered_too_late', `request ${requestId} went on without waiting any longer`, remedy)
    }
    return asked
  }
  function requireQuestion(asked: readonly QuestionRow[], requestId: string, number: number): void {
    if (asked.some((one) => one.number === number)) return
    const range = asked.length === 1 ? '1' : `1 to ${asked.length}`
    throw userError(
      'no_such_question',
      `request ${requestId} has no question ${number}`,
      `name one of ${range}`,
    )
  }

  function requireAssignment(taskId: string): AssignmentRow {
    const owner = requests.ownerOf(taskId)
    const row = owner === null ? undefined : requests.assignments(owner).find((one) => one.task_id === taskId)
    if (row !== undefined) return row
    throw userError('no_such_assignment', `there is no assignment ${taskId}`, 'see `hyperion requests`')
  }

  /** What was withdrawn stays so. */
  function requireOpen(requestId: string): void {
    if (!requests.isCancelled(requestId)) return
    const remedy = 'submit it under a new request_id'
    throw userError('request_cancelled', `request ${requestId} was withdrawn`, remedy)
  }

  /** The same assignment, after every other of its request that it now shares files with. */
  function apart(changed: Assignment, all: readonly AssignmentRow[]): Assignment {
    const others = all
      .map(({ assignment }) => assignment)
      .filter(({ task_id }) => task_id !== changed.task_id)
    const shares = (other: Assignment): boolean =>
      planErrors(changed.parent_request_id, [other, changed]).some(({ code }) => code === 'targets_overlap')
    const before = others.filter(shares).map(({ task_id }) => task_id)
    const made =
      before.length === 0
        ? changed
        : { ...changed, depends_on: [...new Set([...(changed.depends_on ?? []), ...before])] }
    const [first] = planErrors(changed.parent_request_id, [...others, made])
    if (first !== undefined)
      throw userError(first.code, `the plan of ${changed.parent_request_id} would not hold: ${first.message}`)
    return made
  }

  function takeBack(changeId: number, reasonCode: string): void {
    store.changes.move(changeId, 'cancelled', { reasonCode })
    store.records.removeDeadLetters(changeId)
  }

  /** What stands on a draft that is made anew is made anew as well, but for what has landed or is landing. */
  function redoAbove({ request_id: requestId, task_id: below }: AssignmentRow, reason: string): void {
    const all = requests.assignments(requestId)
    const plan = all.map(({ assignment }) => assignment)
    for (const row of all) {
      if (!standsOn(row.assignment, plan).has(below) || row.status === 'cancelled') continue
      const change = row.change_id === null ? undefined : store.changes.get(row.change_id)
      if (change !== undefined && change.status !== 'cancelled') {
        if (!actAllowed('cancel', change.status)) continue
        takeBack(change.id, 'base_sent_back')
      }
      const told = `What it stood on, ${below}, was sent back and is made anew: ${reason}`
      requests.replan(row.task_id, row.assignment, told)
      logs.write({ message: 'sent back', taskId: row.task_id, details: { by: actor, request_id: requestId, with: below } }) // prettier-ignore
    }
  }

  return {
    answer: (requestId, answers) =>
      db.write(() => {
        const asked = requireAsking(requestId)
        for (const { question, text } of answers) {
          requireQuestion(asked, requestId, question)
          if (text.trim() === '')
            throw userError(
              'answer_empty',
              `the answer to question ${question} is empty`,
              'say something, or skip it',
            )
          if (text.length > LONGEST_ANSWER)
            throw userError('answer_too_long', `the answer to question ${question} has ${text.length} characters, at most ${LONGEST_ANSWER}`) // prettier-ignore
          questions.answer(requestId, question, text)
        }
        const numbers = answers.map(({ question }) => question)
        logs.write({ message: 'answered', details: { by: actor, request_id: requestId, questions: numbers } })
        return stillAsked(requestId)
      }),
    skip: (requestId, question) =>
      db.write(() => {
        const asked = requireAsking(requestId)
        if (question !== null) requireQuestion(asked, requestId, question)
        questions.skip(requestId, question)
        logs.write({ message: 'skipped', details: { by: actor, request_id: requestId, question } })
        return stillAsked(requestId)
      }),
    openQuestions: blockingOf,
    requireGoingOn(requestId) {
      const { status } = requireRequest(requests, requestId)
      if (status === 'cancelled')
        throw userError(
          'request_cancelled',
          `request ${requestId} was cancelled`,
          'submit it under a new request_id',
        )
      if (status === 'queued')
        throw userError(
          'nothing_left',
          `all of request ${requestId} is queued`,
          `see \`hyperion requests ${requestId}\``,
        )
    },
    openWidenings: () => questions.openWidenings(),
    decideWidening: (id, decision) =>
      db.write(() => {
        const row = questions.widening(id)
        if (row === undefined)
          throw userError(
            'no_such_widening',
            `no agent asked for files under ${id}`,
            'see `hyperion requests`',
          )
        if (row.decision !== null) {
          const said = `what ${row.task_id} asked for was ${row.decision} by ${row.decided_by ?? 'somebody'} already`
          throw userError('decided_already', said)
        }
        requireOpen(row.request_id)
        const { assignment } = requireAssignment(row.task_id)
        const all = requests.assignments(row.request_id)
        const paths = row.wanted.map(({ path }) => path)
        const file_targets = [...new Set([...assignment.file_targets, ...paths])]
        const now = decision === 'granted' ? apart({ ...assignment, file_targets }, all) : assignment
        const told =
          decision === 'granted'
            ? `You may change ${paths.join(', ')} as well now.`
            : `You may not change ${paths.join(', ')}. Do the assignment without, as far as it goes.`
        questions.decide(id, decision, actor)
        requests.replan(row.task_id, now, told)
        logs.write({
          message: 'widening decided',
          taskId: row.task_id,
          details: { by: actor, id, decision, paths, request_id: row.request_id },
        })
        return { ...row, decision, decided_by: actor, decided_at: nowSeconds(clock) }
      }),
    sendBack: (changeId, reason) =>
      db.write(() => {
        const change = store.changes.get(changeId)
        const owner = change === undefined ? null : requests.ownerOf(change.task_id)
        const row =
          owner === null ? undefined : requests.assignments(owner).find((one) => one.change_id === changeId)
        if (row === undefined || owner === null || requests.isCancelled(owner)) return null
        // A stub would make the same again.
        const last = runs.list({ taskId: row.task_id }).findLast(({ role }) => role === 'developer')
        if (last === undefined || last.harness === 'stub') return null
        requests.replan(row.task_id, row.assignment, reason)
        // Another one takes its place: nobody has to decide about this one any more.
        takeBack(changeId, 'sent_back')
        redoAbove(row, reason)
        const details = { by: actor, request_id: owner, reason: inert(reason, 500) }
        logs.write({ message: 'sent back', queueId: changeId, taskId: row.task_id, details })
        return owner
      }),
    replan: (taskId, value, seen) =>
      db.write(() => {
        const row = requireAssignment(taskId)
        requireOpen(row.request_id)
        const ended = row.change_id === null ? undefined : store.changes.get(row.change_id)?.status
        const isOver = ended === 'failed' || ended === 'cancelled'
        if ((row.status === 'queued' && !isOver) || row.status === 'cancelled') {
          const remedy =
            row.status === 'queued' ? 'reject or cancel its change first' : 'submit a new request'
          throw userError('planned_too_late', `assignment ${taskId} is ${row.status}`, remedy)
        }
        if (seen !== null && canonicalJson(seen) !== canonicalJson(row.assignment)) {
          const remedy = `look at it as it is now: \`hyperion plan ${row.request_id}\``
          throw userError('plan_changed', `assignment ${taskId} was planned anew meanwhile`, remedy)
        }
        const assignment = readAssignment(value)
        if (assignment.task_id !== taskId || assignment.parent_request_id !== row.request_id) {
          const said = `the assignment says ${assignment.task_id} of ${assignment.parent_request_id}, not ${taskId} of ${row.request_id}`
          throw userError('not_of_this_request', said, 'keep both as they are')
        }
        const others = requests.assignments(row.request_id).filter((one) => one.task_id !== taskId)
        const [first] = planErrors(row.request_id, [...others.map((one) => one.assignment), assignment])
        if (first !== undefined) throw userError(first.code, `the plan would not hold: ${first.message}`)
        requests.replan(taskId, assignment, null)
        logs.write({ message: 'replanned', taskId, details: { by: actor, request_id: row.request_id } })
        return row.request_id
      }),
    cancelRequest: (requestId) =>
      db.write(() => {
        const row = requireRequest(requests, requestId)
        if (row.status === 'queued' || row.status === 'cancelled') {
          const remedy = row.status === 'queued' ? 'cancel its changes' : undefined
          throw userError('cancelled_too_late', `request ${requestId} is ${row.status} already`, remedy)
        }
        runs.sweep(isAlive)
        const cancelled = runs.requestCancel({ requestId }, actor)
        requests.cancel(requestId, `cancelled by ${actor}`)
        const details = { by: actor, request_id: requestId, runs: cancelled }
        logs.write({ level: 'warn', message: 'request cancelled', details })
        return { runs: cancelled }
      }),
    cancelRun(id) {
      const row = runs.get(id)
      if (row === undefined) throw userError('no_such_run', `there is no run ${id}`)
      if (row.status !== 'running')
        throw userError('run_ended', `run ${id} has ended already (${row.status})`)
      runs.requestCancel({ id }, actor)
      logs.write({
        level: 'warn',
        message: 'run cancelled',
        taskId: row.task_id,
        details: { by: actor, run_id: id },
      })
    },
  }
}
