/**
 * An engine that takes a request in, holds its plan, says so and stays until it is killed.
 *
 * Usage: node --import sql-loader.ts holding-engine.ts WORKSPACE
 */
import { openEngine } from '../../main/engine/engine.ts'

const [workspace = ''] = process.argv.slice(2)
const host = { env: process.env, home: process.env['HOME'] ?? null }
const engine = await openEngine({ workspace, host, actor: 'test' })
const request = {
  request_id: 'REQ-1',
  summary: 'Use digits',
  requested_changes: [{ path: 'a.js', summary: 'one' }],
}
const options = { source: 'request.json', model: null, agents: 1, holdPlan: true }
const { waiting } = await engine.request(request, options, new AbortController().signal)
console.log(waiting.plan === null ? 'not held' : 'held')
setInterval(() => undefined, 60_000)
