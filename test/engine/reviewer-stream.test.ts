import { expect, test } from 'vitest'
import { trialStream } from '../../main/engine/workspace/review/stream.ts'
import type { TrialEvent } from '../../schemas/reviewer.ts'

const output = (text: string): TrialEvent => ({ kind: 'output', check: 'test', text })

test('what is told while nobody listens comes in order, output in one piece, and then the end', async () => {
  const stream = trialStream()
  stream.tell({ kind: 'started', check: 'test', command: 'true' })
  stream.tell(output('one\n'))
  stream.tell(output('two\n'))
  stream.tell({ kind: 'ended', check: 'test', verdict: 'passed' })
  stream.end()
  expect([await stream.next(), await stream.next(), await stream.next(), await stream.next()]).toEqual([
    { kind: 'started', check: 'test', command: 'true' },
    output('one\ntwo\n'),
    { kind: 'ended', check: 'test', verdict: 'passed' },
    null,
  ])
})

test('who waits is woken by what is told, and by the end', async () => {
  const stream = trialStream()
  const first = stream.next()
  stream.tell(output('one\n'))
  expect(await first).toEqual(output('one\n'))
  const second = stream.next()
  stream.end()
  expect(await second).toBeNull()
})

test('a command that never stops printing fills no memory for a listener that does not keep up', async () => {
  const stream = trialStream()
  for (let line = 0; line < 100_000; line += 1) stream.tell(output(`line ${line} of a great many\n`))
  const event = await stream.next()
  const text = event?.kind === 'output' ? event.text : ''
  expect(text.length).toBeLessThan(300_000)
  expect(text.startsWith('[output left out]\nline ')).toBe(true)
  expect(text.endsWith('line 99999 of a great many\n')).toBe(true)
  stream.tell(output('y'.repeat(1_000_000)))
  const long = await stream.next()
  expect(long?.kind === 'output' && long.text.length).toBeLessThan(300_000)
})
