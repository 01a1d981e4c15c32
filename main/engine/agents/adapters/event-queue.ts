/** Events as they come, for one reader who may be slower; nothing is lost, and who never reads holds nobody up. */
export interface EventQueue<T> {
  push: (event: T) => void
  close: () => void
  readonly all: AsyncIterable<T>
}

export function eventQueue<T>(): EventQueue<T> {
  const waiting: T[] = []
  let closed = false
  let wake: (() => void) | null = null
  const stir = (): void => {
    wake?.()
    wake = null
  }
  async function* read(): AsyncGenerator<T> {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (closed) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    push(event) {
      waiting.push(event)
      stir()
    },
    close() {
      closed = true
      stir()
    },
    all: { [Symbol.asyncIterator]: read },
  }
}
