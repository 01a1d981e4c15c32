/** Acceptance criteria tied to evidence: what their probes say before a change and with it. */
import { expect, test } from 'vitest'
import { withBench, type Workbench, type WorkbenchOptions } from '../support/workbench.ts'

const never = new AbortController().signal
const ALLOW = {
  digit: 'grep -q "Orchestrated" a.js',
  there: 'test -f a.js',
  gone: 'test ! -f a.js',
  odd: 'exit 127',
}

const configured = (more: object = {}): WorkbenchOptions => ({
  files: { 'a.js': 'one()\n', 'hyperion.config.json': JSON.stringify({ checks: { allow: ALLOW, ...more } }) },
})

async function landed(bench: Workbench, criteria: string[], checks: string[], options = { runChecks: true }) {
  const request = {
    request_id: 'REQ-1',
    summary: 'Do it',
    requested_changes: [{ path: 'a.js', summary: 'mark it' }],
    acceptance_criteria: criteria,
    checks,
  }
  const { enqueued } = await bench.engine.request(request, { source: 'r', model: null, agents: 1 }, never)
  const [id = 0] = enqueued
  await bench.drain(options)
  // A change that nothing checks waits for a person.
  if (bench.show(id).status === 'held') await bench.engine.approve(id, 'Ada', null, null)
  await bench.drain(options)
  return bench.show(id)
}

test.each([['beside a check', ['there']], ['without any check', ['none']]])(
  'red before and green after is proven, green on both is not; %s',
  (_, checks) =>
    withBench(configured(), async (bench) => {
      const shown = await landed(
        bench,
        ['is marked (probe: `digit`)', 'is there (probe: `there`)', 'is gone (probe: gone)', 'is nice'],
        checks,
      )
      // They tell, and decide nothing.
      expect(shown.status).toBe('applied')
      expect(shown.criteria.map(({ criterion, verdict, verdict_on_base, verdict_on_candidate }) => [criterion, verdict, verdict_on_base, verdict_on_candidate])).toEqual([
        ['is marked (probe: `digit`)', 'proven', 'failed', 'passed'],
        ['is there (probe: `there`)', 'not_proven', 'passed', 'passed'],
        ['is gone (probe: gone)', 'unmet', 'failed', 'failed'],
      ])
      const [tip] = bench.landed()
      for (const one of shown.criteria) expect(one.tree).toBe(tip?.tree)
      const base = bench.repo.git('rev-parse', `${bench.base}^{tree}`)
      expect(shown.criteria[0]).toMatchObject({ base_tree: base })
    }),
) // prettier-ignore

test('a command that nobody allowed does not run, and that is said', () =>
  withBench(configured(), async (bench) => {
    const shown = await landed(bench, ['hostile (probe: `touch ../ran`)'], ['none'])
    expect(shown).toMatchObject({ status: 'applied', criteria: [{ verdict: 'not_allowed' }] })
  }))

test('where no check runs nothing is found out, and nothing is said', () =>
  withBench(configured(), async (bench) => {
    const shown = await landed(bench, ['is marked (probe: `digit`)'], ['none'], { runChecks: false })
    expect(shown).toMatchObject({ status: 'applied', criteria: [] })
  }))
