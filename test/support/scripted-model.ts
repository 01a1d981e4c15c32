/** A model on this machine that says what a script tells it to, as the providers' protocol has it; it counts what it said. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  model: string
  messages: { role: string; content: string }[]
  tools: string[]
  headers: IncomingHttpHeaders
}

export type Reply =
  | { say: string; words?: number }
  | { status: number; headers?: Record<string, string> }
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
      }
      asked.push(one)
      answer(response, one, script(one, asked.length - 1))
      return undefined
    })
  })

  function answer(response: ServerResponse, { model, messages }: Asked, reply: Reply): void {
    if ('status' in reply) {
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      response.end(JSON.stringify({ error: { message: `scripted ${reply.status}` } }))
      return
    }
    if ('hang' in reply && reply.hang === 'at-once') return void held.add(response)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (part: object): void =>
      void response.write(`data: ${JSON.stringify({ id: 'scripted', object: 'chat.completion.chunk', created: 1, model, ...part })}\n\n`) // prettier-ignore
    const delta = (content: string, finish: string | null = null): void =>
      send({ choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finish }] })
    if ('hang' in reply) {
      delta('Well')
      held.add(response)
      return
    }
    if ('cut' in reply) {
      delta(reply.cut)
      response.destroy()
      return
    }
    delta(reply.say)
    delta('', 'stop')
    const prompt_tokens = Math.ceil(messages.reduce((sum, { content }) => sum + content.length, 0) / 4)
    const completion_tokens = reply.words ?? Math.ceil(reply.say.length / 4)
    usage.inputTokens += prompt_tokens
    usage.outputTokens += completion_tokens
    send({
      choices: [],
      usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
    })
    response.end('data: [DONE]\n\n')
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
