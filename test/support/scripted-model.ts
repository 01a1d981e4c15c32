/** A model on this machine that says what a script tells it to, as the providers' protocol has it; it counts what it said. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  model: string
  messages: { role: string; content: string }[]
  tools: string[]
  headers: IncomingHttpHeaders
  /** Tokens of its answer, once that was whole. */
  usage: { inputTokens: number; outputTokens: number } | null
}

export type Reply =
  | { say: string; words?: number }
  /** Says it in so many pieces, with a pause after each. */
  | { say: string; pieces: number; pauseMs: number }
  /** Calls tools, all of them at once. */
  | { call: string; args: unknown; and?: { call: string; args: unknown }[] }
  /** Begins with a part of it, and says the rest once that has happened. */
  | { say: string; begin: number; until: Promise<unknown> }
  | { status: number; headers?: Record<string, string>; message?: string; code?: string }
  /** Begins to answer and says no more, or not even begins. */
  | { hang: 'at-once' | 'after-a-word' }
  /** The connection ends in the middle of the answer. */
  | { cut: string }

export interface ScriptedModel {
  url: string
  asked: Asked[]
  /** Tokens of all answers that were whole. */
  usage: { inputTokens: number; outputTokens: number }
  close(): Promise<void>
}

interface Body {
  model?: string
  messages?: { role: string; content: unknown }[]
  tools?: { function?: { name?: string } }[]
  stream?: boolean
}

const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part: { text?: string }) => part.text ?? '').join('')
      : ''

/** `script` answers the nth question, from 0. */
export async function scriptedModel(script: (asked: Asked, n: number) => Reply): Promise<ScriptedModel> {
  const asked: Asked[] = []
  const usage = { inputTokens: 0, outputTokens: 0 }
  const held = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.url?.endsWith('/chat/completions') !== true) return response.writeHead(404).end('{}')
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body
      const one: Asked = {
        model: body.model ?? '',
        messages: (body.messages ?? []).map(({ role, content }) => ({ role, content: textOf(content) })),
        tools: (body.tools ?? []).map((tool) => tool.function?.name ?? ''),
        headers: request.headers,
        usage: null,
      }
      asked.push(one)
      answer(response, one, script(one, asked.length - 1))
      return undefined
    })
  })

  function answer(response: ServerResponse, one: Asked, reply: Reply): void {
    if ('status' in reply) {
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      const { message = `scripted ${reply.status}`, code } = reply
      response.end(JSON.stringify({ error: { message, ...(code === undefined ? {} : { code }) } }))
      return
    }
    held.add(response)
    if ('hang' in reply && reply.hang === 'at-once') return
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (part: object): void =>
      void response.write(`data: ${JSON.stringify({ id: 'scripted', object: 'chat.completion.chunk', created: 1, model: one.model, ...part })}\n\n`) // prettier-ignore
    const delta = (part: object, finish: string | null = null): void =>
      send({ choices: [{ index: 0, delta: { role: 'assistant', ...part }, finish_reason: finish }] })
    function end(finish: string, answered: number): void {
      delta({ content: '' }, finish)
      const prompt_tokens = Math.ceil(one.messages.reduce((sum, { content }) => sum + content.length, 0) / 4)
      const completion_tokens = Math.max(1, answered)
      one.usage = { inputTokens: prompt_tokens, outputTokens: completion_tokens }
      usage.inputTokens += prompt_tokens
      usage.outputTokens += completion_tokens
      const total_tokens = prompt_tokens + completion_tokens
      send({ choices: [], usage: { prompt_tokens, completion_tokens, total_tokens } })
      response.end('data: [DONE]\n\n')
    }
    if ('hang' in reply) delta({ content: 'Well' })
    else if ('cut' in reply) {
      delta({ content: reply.cut })
      response.destroy()
    } else if ('call' in reply) {
      const calls = [reply, ...(reply.and ?? [])].map(({ call, args }, index) => ({
        index,
        id: `call-${asked.indexOf(one)}-${index}`,
        type: 'function',
        function: { name: call, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
      }))
      delta({ content: null, tool_calls: calls })
      end('tool_calls', Math.ceil(JSON.stringify(calls).length / 4))
    } else if ('pieces' in reply) {
      const size = Math.ceil(reply.say.length / reply.pieces)
      const next = (from: number): void => {
        if (response.destroyed) return
        if (from >= reply.say.length) return end('stop', Math.ceil(reply.say.length / 4))
        delta({ content: reply.say.slice(from, from + size) })
        setTimeout(next, reply.pauseMs, from + size)
      }
      next(0)
    } else if ('until' in reply) {
      const { say, begin } = reply
      delta({ content: say.slice(0, begin) })
      held.add(response)
      const rest = async (): Promise<void> => {
        await reply.until
        if (response.destroyed) return
        delta({ content: say.slice(begin) })
        end('stop', Math.ceil(say.length / 4))
      }
      void rest()
    } else {
      delta({ content: reply.say })
      end('stop', reply.words ?? Math.ceil(reply.say.length / 4))
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    usage,
    async close() {
      for (const one of held) one.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
