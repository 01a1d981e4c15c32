/**
 * An agent that speaks the Agent Client Protocol over stdio and does what a script tells it to; it writes down what it
 * is told and answered.
 *
 * Usage: node acp-agent.ts SCRIPT.json LOG
 */
import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export type Step =
  | { say: string; times?: number }
  /** A notification of the session, as it stands. */
  | { update: object }
  /** Asks the client, and tells with `say` nothing of what it hears. */
  | { ask: string; params: object }
  /** Anything at all on stdout. */
  | { raw: string }
  | { fill: number }
  | { fail: { code: number; message: string; data?: unknown } }
  | { stop: string; usage?: object; meta?: object }
  | { hang: true }
  | { die: number; words?: string }
  /** Leaves a process behind that outlives what started it. */
  | { spawn: string[] }

export interface AgentScript {
  protocolVersion?: unknown
  capabilities?: object
  /** With the answer to what begins or goes on with a session. */
  session?: object
  newError?: { code: number; message: string }
  loadError?: { code: number; message: string }
  /** What is said again while a session is gone on with. */
  replay?: string
  silent?: true
  turns?: Step[][]
  ignoresCancel?: true
  ignoresTerm?: true
}

type Message = {
  id?: number
  method?: string
  params?: Record<string, unknown>
  result?: unknown
  error?: unknown
}

const [scriptFile = '', logFile = ''] = process.argv.slice(2)
const script = JSON.parse(readFileSync(scriptFile, 'utf8')) as AgentScript
const log = (entry: object): void => appendFileSync(logFile, `${JSON.stringify(entry)}\n`)
const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const tell = (update: object): void =>
  send({ method: 'session/update', params: { sessionId: 'session-1', update } })

log({ started: process.pid, cwd: process.cwd(), env: process.env })
if (script.ignoresTerm === true) process.on('SIGTERM', () => log({ term: true }))

let turns = 0
let cancelled: (() => void) | null = null
const answers = new Map<number, (answer: Message) => void>()
let asked = 1000

async function play(steps: Step[], id: number | undefined): Promise<void> {
  const off = new Promise<'off'>((resolve) => (cancelled = () => resolve('off')))
  for (const step of steps) {
    if ('say' in step) {
      for (let n = 0; n < (step.times ?? 1); n += 1)
        tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: step.say } })
    } else if ('update' in step) tell(step.update)
    else if ('raw' in step) process.stdout.write(step.raw)
    else if ('fill' in step) process.stdout.write('x'.repeat(step.fill))
    else if ('spawn' in step) {
      const [program = '', ...args] = step.spawn
      log({ spawned: spawn(program, args, { stdio: 'inherit' }).pid })
    } else if ('ask' in step) {
      asked += 1
      const answered = new Promise<Message>((resolve) => answers.set(asked, resolve))
      send({ id: asked, method: step.ask, params: { sessionId: 'session-1', ...step.params } })
      const { result, error } = await answered
      log({ asked: step.ask, result, error })
    } else if ('fail' in step) return send({ id, error: step.fail })
    else if ('die' in step) {
      process.stderr.write(step.words ?? '')
      process.exit(step.die)
    } else if ('hang' in step) {
      if ((await off) === 'off') return send({ id, result: { stopReason: 'cancelled' } })
    } else return send({ id, result: { stopReason: step.stop, usage: step.usage, _meta: step.meta } })
  }
  send({ id, result: { stopReason: 'end_turn' } })
}

function hear({ id, method, params, result, error }: Message): void {
  if (method === undefined) {
    answers.get(id ?? 0)?.({ result, error })
    return
  }
  log({ method, params })
  if (script.silent === true) return
  if (method === 'initialize')
    return send({
      id,
      result: {
        protocolVersion: script.protocolVersion ?? 1,
        agentCapabilities: script.capabilities ?? {},
        agentInfo: { name: 'scripted', version: '1.2.3' },
      },
    })
  if (method === 'session/new')
    return script.newError === undefined
      ? send({ id, result: { sessionId: 'session-1', ...script.session } })
      : send({ id, error: script.newError })
  if (method === 'session/load') {
    if (script.loadError !== undefined) return send({ id, error: script.loadError })
    tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: script.replay ?? '' } })
    return send({ id, result: { ...script.session } })
  }
  if (method === 'session/prompt') {
    const all = script.turns ?? []
    void play(all[Math.min(turns, all.length - 1)] ?? [], id)
    turns += 1
    return undefined
  }
  if (method === 'session/cancel') {
    if (script.ignoresCancel !== true) cancelled?.()
    return undefined
  }
  // What is chosen is what is asked from then on.
  return send({ id, result: {} })
}

createInterface({ input: process.stdin }).on('line', (line) => hear(JSON.parse(line) as Message))
