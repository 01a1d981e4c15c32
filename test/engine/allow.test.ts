/** "Allow from now on": an ordinary change to the config file, approved by who asks for it. */
import { expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { attempt, withBench } from '../support/workbench.ts'

const CONFIG = '{\n    "checks": {"allow": {"yes": "true"}},\n\n    "approvals": { "required": 0 }\n}\n'
const by = { by: 'ada', note: null }

test('adds the command to the file as it is written, lands approved, and then counts', () =>
  withBench({ files: { 'README.md': 'x\n', 'hyperion.config.json': CONFIG } }, async (bench) => {
    const wanted = { task: 'T', path: 't.txt', add: 't\n', checks: ['test -f t.txt'] }
    const held = await attempt(bench, change(wanted), { runChecks: true })
    expect(held).toMatchObject({ status: 'held', reason_code: 'unlisted_check' })
    const id = await bench.engine.allow({ name: 'there', command: 'test -f t.txt' }, by)
    await bench.drain({ runChecks: true })
    expect(bench.show(id)).toMatchObject({
      status: 'applied',
      approvals: [{ approver: 'ada', decision: 'approved' }],
    })
    expect(bench.text('hyperion.config.json')).toBe(
      CONFIG.replace('"yes": "true"', '"yes": "true", "there": "test -f t.txt"'),
    )
    const next = await attempt(bench, change({ ...wanted, task: 'U', path: 't.txt' }), { runChecks: true })
    expect(next).toMatchObject({ status: 'applied', check_verdict: 'passed' })
    expect(bench.landed().at(-2)?.message).toContain('Approved-By: ada')
  }))

test('makes the file where there is none', () =>
  withBench({}, async (bench) => {
    const id = await bench.engine.allow({ name: 'yes', command: 'true' }, by)
    await bench.drain({ runChecks: true })
    expect(bench.show(id).status).toBe('applied')
    expect(JSON.parse(bench.text('hyperion.config.json') ?? '')).toEqual({
      checks: { allow: { yes: 'true' } },
    })
  }))

test('one approval is not two: it waits where the policy asks for more', () => {
  const config = JSON.stringify({ approvals: { required: 2 } })
  return withBench({ files: { a: '1\n', 'hyperion.config.json': config } }, async (bench) => {
    const id = await bench.engine.allow({ name: 'yes', command: 'true' }, by)
    await bench.drain({ runChecks: true })
    expect(bench.show(id)).toMatchObject({ status: 'held' })
  })
})

test.each([
  [{ name: 'yes', command: 'true' }, 'no_difference', 'yes is allowed to run true already'],
  [{ name: 'yes', command: 'false' }, 'name_taken', 'the check yes runs true'],
  [{ name: 'other', command: 'true' }, 'no_difference', 'true is allowed already, as yes'],
  [{ name: 'none', command: 'x' }, 'config_invalid', 'checks.allow'],
  [{ name: 'a\nb', command: 'x' }, 'config_invalid', 'checks.allow'],
])('refused before anything is queued: %o', (wish, code, said) =>
  withBench({ files: { a: '1\n', 'hyperion.config.json': CONFIG } }, async (bench) => {
    const refused = bench.engine.allow(wish, by)
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(said) })
    expect(bench.engine.list({})).toEqual([])
  }),
)
