/** What an agent tells while it works, and what it asks for meanwhile: leave to use a tool is given in its own work tree only. */ // prettier-ignore
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { fieldsOf, textOf, type Fields } from '../../fields.ts'
import type { AgentTree, RunEvent } from '../../harness.ts'
import { METHOD_NOT_FOUND, RpcError } from './peer.ts'

const REFUSED = 'no tool of its own is allowed; what it wants changed it hands in'
const NOT_THERE = -32002

export interface Hearing {
  told(method: string, params: unknown): void
  asked(method: string, params: unknown): Promise<unknown>
  /** Listens to a turn of this session from now on. */
  begin(sessionId: string): void
  /** The last message of the turn: what came after its last tool. */
  text(): string
  /** The last piece of it. */
  lastPiece(): string
}

export interface HearingOptions {
  /** The folder it takes for the repository. */
  cwd: string
  tree: AgentTree | null
  /** What it works in is its own: it may use the tools it has. */
  mayWork: boolean
  hear: (event: RunEvent) => void
}

/** Lines are counted from 1, as the protocol has it. */
function linesOf(text: string, line: unknown, limit: unknown): string {
  if (typeof line !== 'number' && typeof limit !== 'number') return text
  const from = Math.max(0, (typeof line === 'number' ? line : 1) - 1)
  const count = typeof limit === 'number' ? Math.max(0, limit) : Infinity
  return text
    .split('\n')
    .slice(from, from + count)
    .join('\n')
}

export function openHearing({ cwd, tree, mayWork, hear }: HearingOptions): Hearing {
  const names = new Map<string, string>()
  let session: string | null = null
  let text = ''
  let isNew = true
  let piece = ''

  function toolName(call: Fields): string {
    const id = textOf(call['toolCallId'])
    const name =
      textOf(call['name']) || textOf(call['title']) || names.get(id) || textOf(call['kind']) || 'tool'
    names.set(id, name)
    return name
  }
  function update(fields: Fields): void {
    const kind = fields['sessionUpdate']
    const content = fieldsOf(fields['content'])
    if (kind === 'agent_message_chunk' && content['type'] === 'text') {
      const said = textOf(content['text'])
      text = isNew ? said : text + said
      isNew = false
      piece = said
      hear({ kind: 'text', text: said })
    } else if (kind === 'tool_call') {
      isNew = true
      hear({ kind: 'tool', name: toolName(fields), input: fields['rawInput'] ?? null })
    } else hear({ kind: 'alive' })
  }
  async function readFile(params: Fields): Promise<unknown> {
    const path = textOf(params['path'])
    const inside = relative(cwd, resolve(cwd, path))
    const isOutside = inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)
    const found = isOutside ? null : ((await tree?.read(inside.split(sep).join('/'))) ?? null)
    hear({ kind: 'tool', name: 'fs/read_text_file', input: { path } })
    if (found === null) throw new RpcError(NOT_THERE, `${path} does not exist`)
    return { content: linesOf(found.toString('utf8'), params['line'], params['limit']) }
  }
  function refuse(params: Fields): unknown {
    hear({ kind: 'denied', name: toolName(fieldsOf(params['toolCall'])), reason: REFUSED })
    const options = Array.isArray(params['options']) ? params['options'].map(fieldsOf) : []
    // Once: what it is told for always it might keep for its user.
    const no = options.find(({ kind }) => kind === 'reject_once')
    return no === undefined
      ? { outcome: { outcome: 'cancelled' } }
      : { outcome: { outcome: 'selected', optionId: no['optionId'] } }
  }

  /** Once, and never for good: what it is told for always it might keep for its user. */
  function allow(params: Fields): unknown {
    hear({ kind: 'alive' })
    const options = Array.isArray(params['options']) ? params['options'].map(fieldsOf) : []
    const yes = options.find(({ kind }) => kind === 'allow_once')
    return yes === undefined
      ? { outcome: { outcome: 'cancelled' } }
      : { outcome: { outcome: 'selected', optionId: yes['optionId'] } }
  }

  return {
    told(method, params) {
      const fields = fieldsOf(params)
      // While a session is gone on with, what was said in it comes again.
      if (method !== 'session/update' || session === null || fields['sessionId'] !== session)
        return hear({ kind: 'alive' })
      update(fieldsOf(fields['update']))
    },
    async asked(method, params) {
      if (method === 'session/request_permission')
        return mayWork ? allow(fieldsOf(params)) : refuse(fieldsOf(params))
      if (method === 'fs/read_text_file' && tree !== null) return readFile(fieldsOf(params))
      const isTool = method.startsWith('fs/') || method.startsWith('terminal/')
      if (isTool) hear({ kind: 'denied', name: method, reason: REFUSED })
      throw new RpcError(METHOD_NOT_FOUND, `${method} is not offered here`)
    },
    begin(sessionId) {
      session = sessionId
      text = ''
      piece = ''
      isNew = true
    },
    text: () => text,
    lastPiece: () => piece,
  }
}
