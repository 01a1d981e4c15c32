/** A conversation with an agent over the Agent Client Protocol (https://agentclientprotocol.com), version 1: a process a run. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import type { Sandbox } from '../../../checks/sandbox.ts'
import { fieldsOf, textOf, type Fields } from '../../fields.ts'
import type { AgentTask, RunEvent, Usage, WorkTree } from '../../harness.ts'
import { NO_USAGE, type Conversation, type TurnEnd, type TurnFailure } from '../converse.ts'
import { sessionGone } from '../session-gone.ts'
import type { Enclosure } from './enclose.ts'
import { offerOf } from './model.ts'
import { GRACE_MS, openPeer, PeerEnded, RpcError, type Peer } from './peer.ts'
import { acpEnv, type Preset, type Telling } from './presets.ts'
import { openHearing } from './updates.ts'
import { usageCounter } from './usage.ts'

export interface AcpOptions {
  clock: Clock
  preset: Preset
  /** Where its program is. */
  program: string
  env: NodeJS.ProcessEnv
  /** Where runs may have folders of their own. */
  scratch: string
  enclosure: Enclosure
  /** In characters. */
  longestLine?: number
}

export const LONGEST_LINE = 64 * 1024 * 1024
const PROTOCOL = 1
const AUTH_REQUIRED = -32000

/** Ends the turn with what went wrong. */
class Trouble extends Error {
  readonly failure: TurnFailure
  constructor(failure: TurnFailure) {
    super(failure.detail)
    this.failure = failure
  }
}

/** Says that a turn was called off. */
const CALLED_OFF = Symbol('called off')

function saidOf({ message, data }: RpcError): string {
  const more =
    typeof data === 'string' ? data : textOf(fieldsOf(data)['details']) || textOf(fieldsOf(data)['message'])
  return more === '' || message.includes(more) ? message : `${message}: ${more}`
}

/** What an error of the protocol means to whoever leads the run. */
export function failureOf(error: unknown, preset: Preset): TurnFailure {
  const { title, signIn, install } = preset
  if (error instanceof Trouble) return error.failure
  if (error instanceof PeerEnded)
    return error.started
      ? { code: 'unavailable', reason: 'runtime_ended', detail: `${title}: ${error.message}` }
      : { code: 'unavailable', detail: `${title} could not be started (${error.message}); ${install}` }
  if (!(error instanceof RpcError)) throw error
  const said = saidOf(error)
  if (
    error.code === AUTH_REQUIRED ||
    /authenticat|(?:not|n't) (?:logged|signed) in|\b401\b|\/login/i.test(said)
  )
    return { code: 'auth', detail: `${title} is not signed in (${said}); ${signIn}` }
  if (/\b429\b|rate.?limit|too many requests|quota/i.test(said))
    return { code: 'rate', detail: `${title}: ${said}` }
  return { code: 'provider', detail: `${title}: ${said}` }
}

const initialize = {
  protocolVersion: PROTOCOL,
  clientInfo: { name: 'hyperion', title: 'Hyperion', version: '1' },
}

/** Begins to speak with it; returns what it says of itself. */
export async function greet(peer: Peer, preset: Preset, reads: boolean): Promise<Fields> {
  const clientCapabilities = { fs: { readTextFile: reads, writeTextFile: false }, terminal: false }
  const answer = fieldsOf(await peer.ask('initialize', { ...initialize, clientCapabilities }))
  if (answer['protocolVersion'] === PROTOCOL) return answer
  const spoken = String(answer['protocolVersion']).slice(0, 40)
  const detail = `${preset.title} speaks version ${spoken} of the Agent Client Protocol, and version ${PROTOCOL} is needed; ${preset.install}`
  throw new Trouble({ code: 'unavailable', reason: 'protocol_version', detail })
}

/** Has the session ask the model that is wanted, where it can; returns the one it asks, null where nobody says. */
async function chooseModel(
  peer: Peer,
  { title }: Preset,
  { model, isModelNamed }: AgentTask,
  sessionId: string,
  answer: unknown,
): Promise<string | null> {
  const offer = offerOf(answer)
  const refuse = (why: string): Trouble =>
    new Trouble({ code: 'provider', reason: 'unknown_model', detail: `${title} ${why}` })
  if (offer === null) {
    if (isModelNamed !== true) return null
    throw refuse(
      `lets no model be chosen, and ${model} is named; leave the model out, or choose it in ${title} itself`,
    )
  }
  const { values, current, method, params } = offer
  if (current === model) return model
  if (!values.includes(model)) {
    if (isModelNamed !== true) return current
    const some = values.slice(0, 12).join(', ')
    throw refuse(
      `has no model ${model}; name one it offers (${some}${values.length > 12 ? ', …' : ''}), or none`,
    )
  }
  const set = await peer.ask(method, { sessionId, ...params(model) })
  // It tells what it made of it, where it tells it.
  const now = offerOf(set)?.current ?? model
  if (now !== model && isModelNamed === true) throw refuse(`keeps to ${now}, and ${model} is named`)
  return now
}

/** Goes on with a session that is kept, or begins one. */
async function openSession(
  peer: Peer,
  preset: Preset,
  about: Fields,
  task: AgentTask,
  { cwd, meta }: { cwd: string; meta: Telling['meta'] },
  hear: (event: RunEvent) => void,
): Promise<{ id: string; answer: unknown; isOld: boolean }> {
  const { resume } = task
  const params = { cwd, mcpServers: [], ...(meta === undefined ? {} : { _meta: meta }) }
  if (resume !== null) {
    const can = fieldsOf(about['agentCapabilities'])
    const resumes = fieldsOf(can['sessionCapabilities'])['resume']
    const method =
      can['loadSession'] === true ? 'session/load' : (resumes ?? null) !== null ? 'session/resume' : null
    const { sessionId } = resume
    try {
      if (method === null) throw new RpcError(0, 'it does not keep sessions')
      return { id: sessionId, answer: await peer.ask(method, { sessionId, ...params }), isOld: true }
    } catch (error) {
      if (!(error instanceof RpcError) || error.code === AUTH_REQUIRED) throw error
      const failure = sessionGone(task, { title: preset.title, sessionId, why: saidOf(error) }, hear)
      if (failure !== null) throw new Trouble(failure)
    }
  }
  const answer = await peer.ask('session/new', params)
  const id = textOf(fieldsOf(answer)['sessionId'])
  if (id === '') throw new Trouble({ code: 'unavailable', detail: `${preset.title} began no session` })
  return { id, answer, isOld: false }
}

/** What it runs in. Throws where that is less than what was asked for. */
async function enclosedFor({ enclosure, preset }: AcpOptions, tree: WorkTree | null): Promise<Sandbox> {
  const sandbox = await enclosure.sandbox()
  const refuse = (why: string): Trouble =>
    new Trouble({ code: 'unavailable', reason: 'no_sandbox', detail: `${preset.title} is not started, because ${why}` }) // prettier-ignore
  if (sandbox.kind === 'refused') throw refuse(`${sandbox.reason}; install bubblewrap, or set agents.sandbox to "auto"`) // prettier-ignore
  if (sandbox.kind === 'none' && tree?.isolated === true)
    throw refuse(`${sandbox.reason}, and agents.workTree is "sandboxed"; change one of them`)
  return sandbox
}

const stopFailure = (reason: string, title: string): TurnFailure | null => {
  if (reason === 'refusal')
    return { code: 'provider', reason: 'refusal', detail: `${title} refused to answer` }
  if (reason === 'cancelled') return { code: 'cancelled', detail: `${title} was stopped` }
  // What was cut off is judged as it is.
  return null
}

/** Its process starts with the first turn. */
export function converse(
  options: AcpOptions,
  task: AgentTask,
  tree: WorkTree | null,
  hear: (event: RunEvent) => void,
): Conversation {
  const { clock, preset, scratch, enclosure, longestLine = LONGEST_LINE } = options
  const folder = realpathSync(mkdtempSync(join(scratch, 'acp-')))
  const [empty, temporary] = [join(folder, 'work'), join(folder, 'tmp')]
  for (const one of [empty, temporary]) mkdirSync(one)
  const cwd = tree?.folder ?? empty
  const telling = tree === null ? preset.withoutTools : preset.withTools
  // What it leaves in a temporary folder goes with the run.
  const env = { ...acpEnv(preset, telling, options.env), TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  // In its own work tree it reads and writes by itself.
  const hearing = openHearing({ cwd, tree: tree === null ? task.tree : null, mayWork: tree !== null, hear })
  let peer: Peer | null = null
  let session: { id: string; model: string | null; count: (answer: unknown) => Usage } | null = null
  let usage = NO_USAGE

  async function open(): Promise<NonNullable<typeof session>> {
    const sandbox = await enclosedFor(options, tree)
    const command = enclosure.wrap(sandbox, { args: preset.args, cwd, temporary, tree })
    const isWrapped = sandbox.kind === 'bubblewrap'
    peer = openPeer({ clock, ...command, env, cwd, longestLine, isWrapped }, hearing)
    const about = await greet(peer, preset, tree === null && task.tree !== null)
    const at = { cwd, meta: telling.meta }
    const { id, answer, isOld } = await openSession(peer, preset, about, task, at, hear)
    const model = await chooseModel(peer, preset, task, id, answer)
    hear({ kind: 'model', model })
    return { id, model, count: usageCounter(preset.counts, isOld ? (task.resume?.used ?? null) : null) }
  }
  async function turn(prompt: string, off: Promise<typeof CALLED_OFF>): Promise<TurnFailure | null> {
    const opened = session ?? (await Promise.race([open(), off]))
    if (opened === CALLED_OFF || peer === null) return null
    session = opened
    hearing.begin(opened.id)
    const asked = peer.ask('session/prompt', {
      sessionId: opened.id,
      prompt: [{ type: 'text', text: prompt }],
    })
    let answer = await Promise.race([asked, off])
    if (answer === CALLED_OFF) {
      // What it has used up is told with its end, where it ends.
      peer.tell('session/cancel', { sessionId: opened.id })
      const over = new AbortController()
      const ended = asked.catch(() => null).finally(() => over.abort())
      answer = await Promise.race([ended, clock.sleep(GRACE_MS, over.signal).then(() => null)])
    }
    if (answer !== null) usage = opened.count(answer)
    // Copilot says its service's errors as its last words, of a turn that used up nothing.
    const { stopReason, usage: told } = fieldsOf(answer)
    const words = hearing.lastPiece()
    if (stopReason === 'end_turn' && (told ?? null) === null && words.startsWith('Error: '))
      return failureOf(new RpcError(0, words.slice('Error: '.length)), preset)
    return stopFailure(textOf(stopReason), preset.title)
  }
  return {
    async say(prompt, signal): Promise<TurnEnd> {
      let stop: () => void = () => undefined
      const off = new Promise<typeof CALLED_OFF>((resolve) => (stop = () => resolve(CALLED_OFF)))
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
      const failure = await turn(prompt, off).catch((error: unknown) => failureOf(error, preset))
      signal.removeEventListener('abort', stop)
      return {
        text: hearing.text(),
        sessionId: session?.id ?? null,
        failure,
        usage,
        ...(session === null ? {} : { model: session.model }),
      }
    },
    async close() {
      await peer?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
