/** The cast builder's routes. */
import { events, lasting, open, os } from './base.ts'
import { queued } from './queued.ts'

export const casts = {
  guide: os.casts.guide.handler(({ context }) => open(context).engine.casts.guide()),
  drafts: os.casts.drafts.handler(({ context }) => open(context).engine.casts.standings()),
  begin: os.casts.begin.handler(({ input, context }) =>
    open(context).engine.casts.begin(input.beginning, input.tab),
  ),
  open: os.casts.open.handler(({ input, context }) => open(context).engine.casts.open(input.id)),
  store: os.casts.store.handler(({ input, context }) => open(context).engine.casts.store(input)),
  discard: os.casts.discard.handler(({ input, context }) => {
    open(context).engine.casts.setDiscarded(input.id, input.discarded)
    return {}
  }),
  watch: os.casts.watch.handler(({ input, context, signal }) =>
    events(open(context).engine.casts.watch(input.id, lasting(signal), context.writable)),
  ),
  paths: os.casts.paths.handler(({ input, context }) =>
    open(context).engine.casts.paths(input.query, input.limit),
  ),
  base: os.casts.base.handler(({ input, context }) =>
    open(context).engine.casts.base(input.base_commit, input.path, input.change),
  ),
  author: os.casts.author.handler(({ input, context }) =>
    open(context).engine.casts.author(input.path, input.base_commit, input.edit),
  ),
  approve: os.casts.approve.handler(({ input: { by, role, note, ...at }, context }) =>
    open(context).engine.casts.approve(at, { by, role, note }),
  ),
  withdraw: os.casts.withdraw.handler(({ input: { index, ...at }, context }) =>
    open(context).engine.casts.withdraw(at, index),
  ),
  write: os.casts.write.handler(({ input, context }) =>
    open(context).engine.casts.write(input, input.overwrite),
  ),
  queue: os.casts.queue.handler(({ input, context, signal }) => {
    const { engine } = open(context)
    const { source, value } = engine.casts.readWritten(input.request_id)
    return queued(engine, value, { source, model: null, agents: input.agents }, lasting(signal))
  }),
  history: os.casts.history.handler(({ context }) => open(context).engine.casts.history()),
}
