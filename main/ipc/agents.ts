/** The routes of agents. */
import { events, lasting, open, os } from './base.ts'

export const agents = {
  costs: os.agents.costs.handler(({ context }) => open(context).engine.agents.costs()),
  watch: os.agents.watch.handler(({ input, context, signal }) =>
    events(open(context).engine.agents.watch(input.request_id, lasting(signal), context.writable)),
  ),
  events: os.agents.events.handler(({ input, context }) =>
    open(context).engine.agents.runEvents(input.run_id, input.after, input.limit),
  ),
  answer: os.agents.answer.handler(({ input, context }) => {
    const { engine } = open(context)
    const { request_id: id } = input
    const said = input.answers.flatMap(({ question, text }) => (text === null ? [] : [{ question, text }]))
    const skipped = input.answers.filter(({ text }) => text === null)
    if (said.length > 0) engine.agents.answer(id, said)
    for (const { question } of skipped) engine.agents.skip(id, question)
    const left = engine.agents.openQuestions(id).length
    if (left === 0) engine.beginAgain(id)
    return { open: left }
  }),
  widen: os.agents.widen.handler(({ input, context }) => {
    const { engine } = open(context)
    engine.beginAgain(engine.agents.decideWidening(input.id, input.decision).request_id)
    return {}
  }),
  goOn: os.agents.goOn.handler(({ input, context }) => {
    const { engine } = open(context)
    engine.agents.requireGoingOn(input.request_id)
    engine.beginAgain(input.request_id)
    return {}
  }),
  editPlan: os.agents.editPlan.handler(({ input, context }) => {
    const { request_id: id, assignments, plan } = input
    return { plan: open(context).engine.agents.editPlan(id, assignments, plan).revision }
  }),
  runPlan: os.agents.runPlan.handler(({ input, context }) => {
    const { engine } = open(context)
    engine.agents.requireGoingOn(input.request_id)
    engine.agents.releasePlan(input.request_id, input.plan)
    engine.beginAgain(input.request_id)
    return {}
  }),
  withdraw: os.agents.withdraw.handler(({ input, context }) =>
    open(context).engine.agents.cancelRequest(input.request_id),
  ),
  cancelRun: os.agents.cancelRun.handler(({ input, context }) => {
    open(context).engine.agents.cancelRun(input.run_id)
    return {}
  }),
  replan: os.agents.replan.handler(({ input, context }) => {
    const { engine } = open(context)
    engine.beginAgain(engine.agents.replan(input.task_id, input.assignment, input.seen))
    return {}
  }),
  stop: os.agents.stop.handler(({ input, context }) => {
    open(context).engine.pause(input.reason, true)
    return {}
  }),
  ask: os.agents.ask.handler(async ({ input, context, signal }) => ({
    answer: await open(context).engine.agents.ask({ ...input, resumeId: null }, lasting(signal)),
  })),
  readiness: os.agents.readiness.handler(({ context, signal }) =>
    open(context).engine.agents.readiness(lasting(signal)),
  ),
}
