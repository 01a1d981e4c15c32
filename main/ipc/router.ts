/** Answers the contract over a session; the same router serves every transport. */
import { isAbsolute } from 'node:path'
import type { Router } from '@orpc/server'
import type { contract } from '../../schemas/ipc.ts'
import { foldersLike, requireValid, userError, validateChangeRequest } from '../engine/engine.ts'
import { events, lasting, open, os, told, type Connection } from './base.ts'
import { agents } from './agents.ts'
import { queued } from './queued.ts'
import { casts } from './casts.ts'
import { bulk, changeDetail, decisionsOf, queueDocument, rejectAll } from './changes.ts'
import { fileEvents, wishOf } from './intake.ts'
import { exportSkills, skillsOf, whole } from './skills.ts'
import { inspectWorkspace, type OpenWorkspace } from './workspace.ts'

export type AppRouter = Router<typeof contract, Connection>

export const router = os.router({
  workspace: {
    state: os.workspace.state.handler(({ context }) => told(context, context.session.state())),
    inspect: os.workspace.inspect.handler(({ input, context: { session } }) =>
      inspectWorkspace(input.folder, session.optionsFor(input.folder)),
    ),
    open: os.workspace.open.handler(async ({ input, context }) => {
      const { session } = context
      if (session.options.openElsewhere?.(input.folder) === true)
        throw userError(
          'open_elsewhere',
          `${input.folder} is open in another window`,
          'that window was brought to the front',
        )
      const state = await session.open(input.folder)
      if (state.state === 'open' && input.checks !== null) {
        // The person who opens the repository said so just now.
        const approval = { by: session.options.actor, note: 'checks chosen when the repository was opened' }
        await session.workspace().engine.propose({ key: 'checks.allow', value: input.checks }, approval)
      }
      return told(context, state)
    }),
    sample: os.workspace.sample.handler(async ({ context }) =>
      told(context, await context.session.openSample()),
    ),
    close: os.workspace.close.handler(async ({ context }) =>
      told(context, await context.session.closeWorkspace()),
    ),
    recent: os.workspace.recent.handler(({ context }) => context.session.preferences.recent()),
    forget: os.workspace.forget.handler(({ input, context }) =>
      context.session.preferences.forget(input.folder),
    ),
    folders: os.workspace.folders.handler(({ input, context }) => ({
      folders: foldersLike({ ...input, home: context.session.options.home }),
    })),
  },
  preferences: {
    read: os.preferences.read.handler(({ context }) => context.session.preferences.read()),
    write: os.preferences.write.handler(({ input, context }) => context.session.preferences.write(input)),
    watch: os.preferences.watch.handler(({ context, signal }) =>
      context.session.preferences.watch(signal ?? new AbortController().signal, context.writable),
    ),
  },
  home: {
    read: os.home.read.handler(({ context }) => {
      const { engine, around } = open(context)
      return engine.views.home(around())
    }),
  },
  inbox: {
    list: os.inbox.list.handler(({ context }) => {
      const { engine, around } = open(context)
      return engine.views.inbox(around())
    }),
  },
  changes: {
    page: os.changes.page.handler(({ input, context }) =>
      open(context).engine.views.page(input.filter, input.offset, input.limit),
    ),
    ids: os.changes.ids.handler(({ input, context }) => open(context).engine.views.ids(input.filter)),
    show: os.changes.show.handler(({ input, context }) => changeDetail(open(context).engine, input.id)),
    chain: os.changes.chain.handler(({ context }) => open(context).engine.chain()),
    place: os.changes.place.handler(({ input, context }) => open(context).engine.place(input.id)),
    places: os.changes.places.handler(({ input, context }) => open(context).engine.places(input.ids)),
    deadLetters: os.changes.deadLetters.handler(({ context }) =>
      open(context).engine.deadLetters({ limit: 500 }),
    ),
    metrics: os.changes.metrics.handler(({ input, context }) =>
      open(context).engine.metrics(input.window_seconds),
    ),
    validate: os.changes.validate.handler(({ input }) => {
      const verdict = validateChangeRequest(input.document)
      return { valid: verdict.ok, errors: verdict.ok ? [] : verdict.errors, warnings: verdict.warnings }
    }),
    enqueue: os.changes.enqueue.handler(({ input, context }) =>
      queueDocument(open(context).engine, input.source, input.document),
    ),
    files: os.changes.files.handler(({ input, context }) => open(context).engine.reading.files(input.id)),
    texts: os.changes.texts.handler(({ input, context }) =>
      open(context).engine.reading.texts(input.id, input.path),
    ),
    why: os.changes.why.handler(({ input: { path, line, of }, context }) => {
      const { engine } = open(context)
      return of === undefined ? engine.why(path, line) : engine.reading.why(of, path, line)
    }),
    revert: os.changes.revert.handler(async ({ input, context }) => {
      const { id, paths, warnings } = await open(context).engine.revert(input.id)
      return { change_id: id, paths, warnings }
    }),
    prioritize: os.changes.prioritize.handler(({ input, context }) => {
      const { done, refused } = open(context).engine.prioritize(input.ids, input.to)
      return {
        done: done.map(({ id }) => id),
        refused: refused.map(({ id, error: { message, hint } }) => ({ id, message, hint })),
      }
    }),
    retry: os.changes.retry.handler(({ input, context }) => {
      const { engine } = open(context)
      return bulk(input.ids, (id) => engine.retry(id))
    }),
    cancel: os.changes.cancel.handler(({ input, context }) => {
      const { engine } = open(context)
      return bulk(input.ids, (id) => engine.cancel(id))
    }),
    discard: os.changes.discard.handler(({ input, context }) => {
      const { engine } = open(context)
      return bulk(input.ids, (id) => engine.discard(id))
    }),
    approve: os.changes.approve.handler(({ input, context }) => {
      const { engine } = open(context)
      return bulk(input.ids, (id) => engine.approve(id, input.by, input.role, input.note))
    }),
    reject: os.changes.reject.handler(({ input, context }) => {
      const { engine } = open(context)
      return rejectAll(engine, input)
    }),
    resolve: os.changes.resolve.handler(async ({ input, context }) => {
      const { engine } = open(context)
      await engine.resolve(input.id, input.by, decisionsOf(input.decisions))
      return summary(engine, input.id)
    }),
    markApplied: os.changes.markApplied.handler(async ({ input, context }) => {
      const { engine } = open(context)
      await engine.markApplied(input.id, input.fence)
      return summary(engine, input.id)
    }),
    markFailed: os.changes.markFailed.handler(async ({ input, context }) => {
      const { engine } = open(context)
      await engine.markFailed(input.id, input.fence, input.error)
      return summary(engine, input.id)
    }),
    release: os.changes.release.handler(async ({ input, context }) => {
      const { engine } = open(context)
      await engine.release(input.id, input.fence)
      return summary(engine, input.id)
    }),
    dequeue: os.changes.dequeue.handler(({ input, context }) =>
      open(context).engine.dequeue(input.lease_seconds),
    ),
    apply: os.changes.apply.handler(async ({ input, context, signal }) => {
      const { request } = requireValid({ source: input.source, value: input.document })
      return { applied: await open(context).engine.apply(request, input.run_checks, lasting(signal)) }
    }),
  },
  conflicts: {
    show: os.conflicts.show.handler(({ input, context }) => open(context).engine.review.show(input.id)),
    texts: os.conflicts.texts.handler(({ input, context }) =>
      open(context).engine.review.texts(input.id, input.path),
    ),
    why: os.conflicts.why.handler(({ input, context }) =>
      open(context).engine.review.why(input.id, input.path),
    ),
    precedents: os.conflicts.precedents.handler(({ input, context }) =>
      open(context).engine.review.precedents(input.keys),
    ),
    draft: os.conflicts.draft.handler(({ input, context }) => {
      const { id, sides_key: sidesKey, ...draft } = input
      return open(context).engine.review.draft(id, { ...draft, sidesKey })
    }),
    refresh: os.conflicts.refresh.handler(({ input, context }) =>
      open(context).engine.review.refresh(input.id),
    ),
    trial: os.conflicts.trial.handler(({ input, context, signal }) => {
      const { id, key } = input
      const wanted = { key, decisions: decisionsOf(input.decisions) }
      return events(open(context).engine.review.trial(id, wanted, lasting(signal), context.writable))
    }),
    watch: os.conflicts.watch.handler(({ input, context, signal }) =>
      events(open(context).engine.review.watch(input.id, lasting(signal), context.writable)),
    ),
  },
  requests: {
    list: os.requests.list.handler(({ input, context }) => open(context).engine.views.requests(input.limit)),
    show: os.requests.show.handler(({ input, context }) =>
      open(context).engine.views.requestTree(input.request_id),
    ),
    submit: os.requests.submit.handler(({ input, context, signal }) => {
      const {
        source,
        document,
        model,
        agents: count,
        hold_plan: holdPlan = null,
        work_tree: workTree = null,
      } = input
      const options = { source, model, agents: count, holdPlan, workTree }
      return queued(open(context).engine, document, options, lasting(signal))
    }),
    preview: os.requests.preview.handler(async ({ input, context, signal }) => {
      const { engine } = open(context)
      // A look costs nothing: what models make of it is told once it is submitted.
      if (!engine.isForeseeable(input.source, input.document)) return { by_models: true, assignments: [] }
      const assignments = await engine.orchestrate(input.source, input.document, lasting(signal))
      return {
        by_models: false,
        assignments: assignments.map(({ task_id, summary: what, file_targets }) => ({
          task_id,
          summary: what,
          file_targets: [...file_targets],
        })),
      }
    }),
  },
  agents,
  casts,
  intake: {
    sources: os.intake.sources.handler(({ context }) => open(context).engine.intake.sources()),
    preview: os.intake.preview.handler(({ input, context, signal }) => {
      const { engine } = open(context)
      return engine.intake.preview(wishOf(input, engine), lasting(signal))
    }),
    submit: os.intake.submit.handler(async ({ input, context, signal }) => {
      const { engine } = open(context)
      const done = await engine.intake.submit(wishOf(input, engine), lasting(signal))
      const duplicate = done.kind === 'duplicate'
      return { id: duplicate ? done.of.id : done.id, task_id: done.taskId, duplicate }
    }),
    inbox: os.intake.inbox.handler(({ context }) => {
      const { engine, intake } = open(context)
      return engine.intake.inbox(intake.inbox())
    }),
    files: os.intake.files.handler(({ input, context }) => {
      const { engine, intake } = open(context)
      return fileEvents(engine, intake, input)
    }),
  },
  skills: {
    list: os.skills.list.handler(({ context: { session } }) => skillsOf(session).list()),
    planExport: os.skills.planExport.handler(({ input, context: { session } }) =>
      skillsOf(session).plan(whole(input.dest)),
    ),
    export: os.skills.export.handler(({ input, context }) => {
      const { session } = context
      return exportSkills(session, session.state().state === 'open' ? open(context).engine : null, input)
    }),
    bundle: os.skills.bundle.handler(({ input, context: { session } }) =>
      skillsOf(session).bundle(whole(input.file), input.overwrite),
    ),
    verifyBundle: os.skills.verifyBundle.handler(({ input, context: { session } }) =>
      skillsOf(session).verifyBundle(whole(input.file)),
    ),
  },
  sessions: {
    list: os.sessions.list.handler(({ context }) => open(context).engine.sessions.list()),
    init: os.sessions.init.handler(({ input, context }) => {
      const { resume_id, model, allow_all_tools } = input
      return open(context).engine.sessions.record(resume_id, model, allow_all_tools).session
    }),
  },
  files: {
    read: os.files.read.handler(({ input, context }) => open(context).engine.reading.file(input.path)),
  },
  logs: {
    page: os.logs.page.handler(({ input, context }) =>
      open(context).engine.logs({
        limit: input.limit,
        level: input.level,
        ...(input.before === null ? {} : { beforeId: input.before }),
        ...(input.change_id === null ? {} : { changeId: input.change_id }),
        ...(input.text === null || input.text === '' ? {} : { text: input.text }),
      }),
    ),
  },
  system: {
    doctor: os.system.doctor.handler(async ({ context }) =>
      (await open(context).engine.doctor()).map(({ name, state, detail, remedy }) => ({
        name,
        state,
        detail,
        remedy,
      })),
    ),
    audit: os.system.audit.handler(({ context }) => open(context).engine.auditState()),
    verifyAudit: os.system.verifyAudit.handler(({ context }) => open(context).engine.verifyAudit()),
    exportAudit: os.system.exportAudit.handler(({ input, context }) => {
      if (!isAbsolute(input.file))
        throw userError('relative_path', `${input.file} is no whole path`, 'name the file from the root on')
      return open(context).engine.exportAudit(input.file, input.overwrite)
    }),
    settings: os.system.settings.handler(({ context }) => open(context).engine.views.settings()),
    propose: os.system.propose.handler(({ input, context }) => open(context).engine.propose(input)),
    pause: os.system.pause.handler(({ input, context }) => open(context).engine.pause(input.reason)),
    resume: os.system.resume.handler(async ({ input, context }) => ({
      ended: await open(context).engine.resume(input.accept),
    })),
    backup: os.system.backup.handler(({ input, context }) =>
      open(context).engine.backUp(input.file, input.overwrite),
    ),
    allow: os.system.allow.handler(async ({ input, context }) => {
      const { name, command, by, note } = input
      return { change_id: await open(context).engine.allow({ name, command }, { by, note }) }
    }),
    sync: os.system.sync.handler(async ({ context }) => synced(await open(context).engine.sync())),
    upstream: os.system.upstream.handler(({ context }) => open(context).engine.upstream()),
    acceptUpstream: os.system.acceptUpstream.handler(async ({ context }) =>
      synced(await open(context).engine.sync(true)),
    ),
    cleanup: os.system.cleanup.handler(({ input, context }) => ({
      archived: open(context).engine.cleanUp(input.ttl_seconds ?? undefined),
    })),
  },
  live: os.live.handler(({ input, context, signal }) =>
    open(context).feed.listen(input.after, lasting(signal), context.writable),
  ),
})

type Synced = Awaited<ReturnType<OpenWorkspace['engine']['sync']>>

function synced({ kind, upstream, from, to, checkout }: Synced): { moved: boolean; sentence: string } {
  if (kind !== 'synced') return { moved: false, sentence: `${upstream} has everything that landed` }
  const files = checkout === null ? '' : `, and with it the files of ${checkout}`
  return {
    moved: true,
    sentence: `${upstream} moved from ${from.slice(0, 10)} to ${to.slice(0, 10)}${files}`,
  }
}

function summary(engine: OpenWorkspace['engine'], id: number) {
  const [row] = engine.views.summaries([id])
  if (row === undefined) throw new Error(`change ${id} vanished`)
  return row
}
