/** `cast`: the cast builder as a REPL, or from a file without a question. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { CastStep, CastView, CastWritten } from '../../../schemas/cast-draft.ts'
import { inert, operatorName, userError, type Engine } from '../../engine/engine.ts'
import { CHANGED, openDraft } from '../cast/draft.ts'
import { askAll, talkOver, tellFindings, type Talk } from '../cast/repl.ts'
import { openTerminal, type Terminal } from '../cast/terminal.ts'
import { INTERRUPTED, type Context } from '../context.ts'
import { readBytes } from '../input.ts'

interface Flags {
  from?: string
  out?: string
  overwrite?: boolean
  resume?: string
}

const HISTORY_FILE = 'cast-history'

export function registerCast(program: Command, context: Context): void {
  const { out } = context
  program
    .command('cast')
    .description('compose a cast: asks step by step, keeps a draft, writes taskjson/<REQUEST_ID>.json')
    .option('--from <file>', 'take a cast or task request from a file and ask nothing')
    .option('--out <dir>', 'write to this folder instead of taskjson/')
    .option('--overwrite', 'replace another cast of the same name')
    .option('--resume <draft>', 'go on with a draft (they are listed at the start)')
    .action(async (flags: Flags, command: Command) => {
      await context.withWorkspace(command, async (engine) => {
        if (flags.from !== undefined) return fromFile(engine, flags.from, flags)
        await compose(engine, flags)
      })
    })

  function told(written: CastWritten): void {
    if (written.context_problem !== null) out.note(`warning: ${inert(written.context_problem, 500)}`)
    out.line(`Wrote ${inert(written.path)} (${written.bytes} bytes, sha256 ${written.sha256})`)
  }

  async function fromFile(engine: Engine, file: string, flags: Flags): Promise<void> {
    const bytes = readBytes(file)
    const { remarks, examination } = await engine.casts.examineFile(file, bytes)
    for (const remark of remarks) out.note(`${inert(file)}: ${inert(remark, 500)}`)
    for (const { level, message } of examination.findings)
      out.note(`- ${level}: ${inert(message.replaceAll(/\bitems\[(\d+)\]/g, 'requested_changes[$1]'), 500)}`)
    if (examination.findings.some(({ level }) => level === 'error'))
      throw userError(
        'cast_invalid',
        `${inert(file)} is no cast that could be queued`,
        'mend what is named above',
      )
    const folder = flags.out === undefined ? null : resolve(flags.out)
    told(await engine.casts.writeFrom(file, bytes, folder, flags.overwrite === true))
  }

  async function compose(engine: Engine, flags: Flags): Promise<void> {
    const signal = context.interruption()
    const historyFile = join(engine.privateFolder, HISTORY_FILE)
    const terminal = openTerminal({ history: readHistory(historyFile), signal })
    try {
      const first = await begun(engine, terminal, flags.resume)
      if (first === null) return context.exit(1)
      const draft = openDraft(engine.casts, first, `cli-${process.pid}`)
      const operator = (await operatorName(engine.ground.repository.workspace)) ?? 'unknown'
      const talk = talkOver(terminal, engine.casts, draft, operator)
      terminal.say(
        'Casts are composed offline; nothing is queued until you say so. :help lists what else may be typed.',
      )
      await talkThrough(engine, talk, flags)
    } finally {
      terminal.close()
      keepHistory(historyFile, terminal.history())
    }
  }

  /** Asks which draft to go on with, where there are any; null where nothing more comes. */
  async function begun(
    engine: Engine,
    terminal: Terminal,
    resume: string | undefined,
  ): Promise<CastView | null> {
    const tab = `cli-${process.pid}`
    const drafts = engine.casts.drafts()
    if (resume !== undefined) {
      const found = drafts.find(({ id, request_id }) => id === resume || request_id === resume)
      return engine.casts.open(found?.id ?? resume)
    }
    if (drafts.length > 0) {
      terminal.say('Drafts:')
      for (const [index, { request_id, summary }] of drafts.slice(0, 20).entries())
        terminal.say(`  ${index + 1}. ${request_id} ${summary === '' ? '(no summary yet)' : summary}`)
      for (;;) {
        const line = await terminal.ask('Go on with (a number; Enter begins a new one): ')
        if (line === null) return null
        if (line.trim() === '') break
        const chosen = drafts[Number(line.trim()) - 1]
        if (chosen !== undefined) return engine.casts.open(chosen.id)
        terminal.say('! there is no draft of that number')
      }
    }
    return engine.casts.begin({ kind: 'blank' }, tab)
  }

  async function talkThrough(engine: Engine, talk: Talk, flags: Flags): Promise<void> {
    const { terminal, draft } = talk
    let from: CastStep = draft.view.draft.step === 'review' ? 'intent' : draft.view.draft.step
    for (;;) {
      const ended = await askAll(talk, from)
      if (ended.kind === 'kept') return kept(talk, ended.why)
      const { examination } = draft.view
      terminal.say(examination.text)
      tellFindings(terminal, draft)
      const unsound = examination.findings.find(({ level }) => level === 'error')
      if (unsound !== undefined) {
        terminal.say('It cannot be written yet.')
        if (!terminal.interactive) return kept(talk, 'end')
        from = unsound.step
        continue
      }
      const done = await finish(engine, talk, flags)
      if (done === 'back') from = 'approvals'
      else if (done === 'kept') return kept(talk, 'end')
      else if (done === 'again') from = 'review'
      else return
    }
  }

  function kept({ draft, terminal }: Talk, why: 'quit' | 'end'): void {
    const { request_id } = draft.view.draft.answers
    const name = request_id === '' ? draft.view.draft.id : request_id
    terminal.say(`The draft is kept; \`hyperion cast --resume ${name}\` goes on with it.`)
    if (process.exitCode !== INTERRUPTED && why === 'end') context.exit(1)
  }

  /** Writes the cast and offers to queue it. */
  async function finish(
    engine: Engine,
    talk: Talk,
    flags: Flags,
  ): Promise<'done' | 'back' | 'kept' | 'again'> {
    const { draft } = talk
    const { path = '', state = 'none' } = draft.view.examination.file ?? {}
    const folder = flags.out === undefined ? null : resolve(flags.out)
    const place = folder === null ? path : join(folder, `${draft.view.draft.answers.request_id.trim()}.json`)
    const write = await yes(talk, `Write ${place}?`, true)
    if (write !== 'yes') return write === 'no' ? 'kept' : write
    let overwrite = flags.overwrite === true
    if (folder === null && state === 'other' && !overwrite) {
      const replace = await yes(talk, `${place} holds another text; replace it?`, false)
      if (replace !== 'yes') return replace === 'no' ? 'back' : replace
      overwrite = true
    }
    const written = await draft.unlessChanged(() => engine.casts.write(draft.view.draft, overwrite, folder))
    if (written === null) {
      talk.terminal.say(CHANGED)
      return 'again'
    }
    told(written)
    const queue = await yes(talk, 'Queue it now?', false)
    if (queue === 'yes') {
      const { source, value } = engine.casts.readWritten(draft.view.draft.answers.request_id.trim())
      const done = await engine.request(value, { source, model: null, agents: 2 }, context.interruption())
      for (const warning of done.warnings) out.note(`warning: ${inert(warning, 500)}`)
      for (const { taskId, error } of done.failed)
        out.note(`hyperion: ${taskId} was not drafted: ${inert(error, 500)}`)
      out.line(`Processed request ${source} and enqueued ${done.fresh.length} change request(s)`)
      if (done.failed.length > 0) context.exit(1)
    }
    return 'done'
  }

  async function yes(talk: Talk, question: string, usual: boolean): Promise<'yes' | 'no' | 'back' | 'kept'> {
    for (;;) {
      const turn = await talk.ask(`${question} [${usual ? 'Y/n' : 'y/N'}] `)
      if (turn.kind === 'back' || turn.kind === 'step') return 'back'
      if (turn.kind === 'quit') return 'kept'
      if (turn.kind === 'end') return usual ? 'kept' : 'no'
      const word = turn.text.trim().toLowerCase()
      if (word === '') return usual ? 'yes' : 'no'
      if (/^(?:y|yes)$/.test(word)) return 'yes'
      if (/^(?:n|no)$/.test(word)) return 'no'
    }
  }
}

function readHistory(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '') // prettier-ignore
  } catch {
    return []
  }
}

/** Longer lines are texts that were pasted; nobody looks for them with an arrow. */
const REMEMBERED_CHARACTERS = 1_000

/** What cannot be kept is no reason to fail: it is a convenience. */
function keepHistory(file: string, lines: readonly string[]): void {
  try {
    const temporary = `${file}.${process.pid}.tmp`
    const short = lines.filter((line) => line.length <= REMEMBERED_CHARACTERS)
    writeFileSync(temporary, short.map((line) => `${line}\n`).join(''), { mode: 0o600 })
    renameSync(temporary, file)
  } catch {
    // See above.
  }
}
