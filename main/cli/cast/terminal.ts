/** Questions and answers on a terminal, or through a pipe: one line at a time, with history and completion. */
import { createInterface } from 'node:readline/promises'
import { inertBlock } from '../../engine/engine.ts'

/** Returns what a line may be completed to. */
export type Complete = (line: string) => Promise<string[]>

export interface AskOptions {
  complete?: Complete
  /** Stands in the line already, to be edited. */
  initial?: string
}

export interface Terminal {
  /** Null once nothing more is coming. */
  ask(prompt: string, options?: AskOptions): Promise<string | null>
  /** What happens, beside the answers: on stderr, as every prompt. */
  say(text: string): void
  /** Whether a person sits there. */
  readonly interactive: boolean
  /** Answers so far, the newest first. */
  history(): readonly string[]
  close(): void
}

export interface TerminalOptions {
  history: readonly string[]
  signal: AbortSignal
}

const HISTORY_SIZE = 500

export function openTerminal({ history, signal }: TerminalOptions): Terminal {
  const interactive = process.stdin.isTTY === true
  let complete: Complete | null = null
  const kept: string[] = [...history]
  const lines: string[] = []
  let waiting: ((line: string | null) => void) | null = null
  let ended = false

  const rl = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: interactive,
    historySize: HISTORY_SIZE,
    history: [...history],
    removeHistoryDuplicates: true,
    async completer(line: string): Promise<[string[], string]> {
      // What cannot be completed is typed.
      const found = complete === null ? [] : await complete(line).catch(() => [])
      return [found, line]
    },
  })
  const settle = (line: string | null): void => {
    const resolve = waiting
    waiting = null
    resolve?.(line)
  }
  rl.on('line', (line) => {
    if (line.trim() !== '') kept.unshift(line)
    if (waiting === null) lines.push(line)
    else settle(line)
  })
  rl.on('close', () => {
    ended = true
    settle(null)
  })
  rl.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  signal.addEventListener('abort', () => rl.close(), { once: true })

  return {
    interactive,
    async ask(prompt, options = {}) {
      complete = options.complete ?? null
      const next = lines.shift()
      if (next !== undefined) return next
      if (ended) return null
      rl.setPrompt(inertBlock(prompt))
      rl.prompt()
      if (interactive && options.initial !== undefined) rl.write(options.initial)
      return new Promise((resolve) => {
        waiting = resolve
      })
    },
    say: (text) => void process.stderr.write(`${inertBlock(text)}\n`),
    history: () => kept.slice(0, HISTORY_SIZE),
    close: () => rl.close(),
  }
}
