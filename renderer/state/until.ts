/** Values of a stream until a signal aborts, also where the wire beneath it is gone and nothing comes any more. */
export async function* until<T>(
  asked: Promise<AsyncIterable<T>>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  const values = (await Promise.race([asked, aborted]))?.[Symbol.asyncIterator]()
  if (values === undefined) return
  try {
    for (;;) {
      const next = await Promise.race([values.next(), aborted])
      if (next === null || next.done === true) return
      yield next.value
    }
  } finally {
    // Not waited for: a wire that is gone does not answer this either.
    values.return?.().catch(() => undefined)
  }
}
