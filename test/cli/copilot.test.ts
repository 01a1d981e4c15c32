/** `request` with Copilot: a model on this machine drafts, the guard judges, and what passed lands. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { locateCopilot } from '../../main/engine/agents/adapters/copilot/locate.ts'
import { sha256 } from '../../main/engine/base/hash.ts'
import { copilotEnv } from '../support/copilot-env.ts'
import { gitDifference } from '../support/git-difference.ts'
import { scriptedModel, type ScriptedModel } from '../support/scripted-model.ts'
import { hyperion, workspace, type Ran, type Workspace } from './support.ts'

const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
const program = locateCopilot({ PATH: BIN })

const home = mkdtempSync(join(tmpdir(), 'copilot-home-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const open: (Workspace | ScriptedModel)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await ('dispose' in one ? one.dispose() : one.close())
})

const answer = (path: string, edits: { search: string; replace: string }[]): { say: string } => ({
  say: `\`\`\`json\n${JSON.stringify({ summary: 'Done', files: [{ path, action: 'edit', edits }] })}\n\`\`\``,
})

const fenced = (value: unknown): { say: string } => ({
  say: `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``,
})
const brief = fenced({ intent: 'Digits', acceptance_criteria: ['two is a digit'], complexity: 9 })
const plan = fenced({
  assignments: [
    { summary: 'Use a digit for two', file_targets: ['a.js'] },
    { summary: 'Rename x', file_targets: ['lib/other.js'] },
  ],
})

describe.skipIf(program === null)('a request', () => {
  test('is drafted by the model, mended once, queued with the hash of git’s own difference, and lands', async () => {
    const before = { 'a.js': 'one()\ntwo()\nthree()\n', 'lib/other.js': 'x()\n' }
    const w = await workspace({ files: before })
    // Asked about a.js it is wrong at first, and right when told so.
    const model = await scriptedModel(({ messages }) => {
      const said = messages.findLast(({ role }) => role === 'user')?.content ?? ''
      if (said.includes('You are the Engineer')) return brief
      if (said.includes('You are the Orchestrator')) return plan
      if (said.includes('was refused')) return answer('a.js', [{ search: 'two()', replace: '2()' }])
      return said.includes('### lib/other.js')
        ? answer('lib/other.js', [{ search: 'x()', replace: 'y()' }])
        : answer('a.js', [{ search: 'zwei()', replace: '2()' }])
    })
    open.push(w, model)
    const env = {
      HYPERION_AGENT: 'copilot',
      HYPERION_COPILOT: program ?? '',
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      ...copilotEnv(home, model),
    }
    const run = (...args: string[]): Promise<Ran> => hyperion(args, { cwd: w.dir, env })
    const file = w.file('request.json', {
      request_id: 'REQ-1',
      summary: 'Digits',
      requested_changes: [
        { path: 'a.js', summary: 'Use a digit for two' },
        { path: 'lib/other.js', summary: 'Rename x' },
      ],
      metadata: { complexity: 4, telemetry_anchors: ['digits'] },
    })
    const ran = await run('request', file)
    expect([ran.code, ran.stderr, ran.stdout]).toEqual([
      0,
      '',
      expect.stringContaining('enqueued 2 change request(s)'),
    ])
    const rows = (await w.list()) as { payload: { changes: { path: string; patch: string; patch_hash: string }[]; metadata: object } }[] // prettier-ignore
    const first = rows.map(({ payload }) => payload).find(({ changes }) => changes[0]?.path === 'a.js')
    expect(first?.metadata).toMatchObject({ agent_model: 'gpt-5-mini', complexity: 4, telemetry_anchors: ['digits'] }) // prettier-ignore
    expect(first?.changes[0]?.patch_hash).toBe(sha256(gitDifference(before['a.js'], 'one()\n2()\nthree()\n')))
    const logs = JSON.parse(await w.ok('logs', '--format', 'json')) as { message: string; task_id: string; details: { agent: string; code: string; repair: number } }[] // prettier-ignore
    // Two work at once: each one's looks come in order, theirs among each other do not.
    const looks = logs
      .filter(({ message }) => message === 'guard')
      .toSorted((a, b) => a.task_id.localeCompare(b.task_id))
    expect(looks.map(({ task_id, details }) => [task_id, details.agent, details.code, details.repair])).toEqual([
      ['REQ-1-1', 'agent-1', 'search_not_found', 0],
      ['REQ-1-1', 'agent-1', 'ok', 1],
      ['REQ-1-2', 'agent-2', 'ok', 0],
    ]) // prettier-ignore
    expect(await w.ok('queue-metrics', '--since', '3600')).toMatch(
      /^guard success {4}0\.5 first time, 1 after repair, of 2 submission\(s\)\nguard refusals {3}search_not_found 1$/m,
    )
    await w.ok('worker', '--drain', '--poll-interval-ms', '20', '--workers', '1')
    expect(w.repo.git('show', 'hyperion/main:a.js')).toBe('one()\n2()\nthree()')
    expect(w.repo.git('show', 'hyperion/main:lib/other.js')).toBe('y()')
    // Engineer, Orchestrator, two Developers, one repair.
    expect(model.asked).toHaveLength(5)
    const doctor = await run('doctor')
    expect(doctor.stdout).toMatch(
      /^ok +agents +copilot over the protocol of its SDK, .*\(HYPERION_AGENT\), version 1\.\d+\.\d+/m,
    )
  })
})
