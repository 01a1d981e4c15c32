/** Whatever the command line can do, the contract can: a command that is added there needs its routes here. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { contract } from '../../schemas/ipc.ts'

const PROGRAM = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

/** Starting, ending and helping are about the process the answer would come from. */
const OF_THE_PROCESS = ['run', 'serve', 'worker', 'mcp', 'help', 'manual', 'completion']

const ROUTES: Record<string, readonly string[]> = {
  init: ['workspace.inspect', 'workspace.open'],
  enqueue: ['changes.enqueue'],
  submit: ['intake.sources', 'intake.preview', 'intake.submit'],
  watch: ['intake.inbox'],
  files: ['intake.files'],
  'validate-change': ['changes.validate'],
  list: ['changes.page', 'changes.ids'],
  'list-dead-letters': ['changes.deadLetters'],
  show: ['changes.show', 'changes.place', 'changes.places', 'changes.files', 'changes.texts'],
  logs: ['logs.page', 'live'],
  'queue-metrics': ['changes.metrics'],
  'mark-applied': ['changes.markApplied'],
  'mark-failed': ['changes.markFailed'],
  release: ['changes.release'],
  retry: ['changes.retry'],
  cancel: ['changes.cancel'],
  discard: ['changes.discard'],
  approve: ['changes.approve'],
  reject: ['changes.reject'],
  allow: ['system.allow'],
  dequeue: ['changes.dequeue'],
  cleanup: ['system.cleanup'],
  resolve: ['changes.resolve'],
  request: ['requests.submit'],
  requests: ['requests.list', 'requests.show', 'agents.watch', 'agents.events', 'agents.costs'],
  orchestrate: ['requests.preview'],
  agent: ['agents.ask'],
  answer: ['agents.answer'],
  continue: ['agents.goOn'],
  withdraw: ['agents.withdraw'],
  widen: ['agents.widen'],
  replan: ['agents.replan'],
  plan: ['requests.show', 'agents.editPlan', 'agents.runPlan'],
  pause: ['system.pause', 'home.read', 'agents.stop'],
  resume: ['system.resume'],
  prioritize: ['changes.prioritize'],
  revert: ['changes.revert'],
  wait: ['changes.show', 'live'],
  why: ['changes.why', 'files.read'],
  events: ['live', 'logs.page'],
  backup: ['system.backup'],
  doctor: ['system.doctor', 'agents.readiness'],
  sync: ['system.sync', 'system.upstream', 'system.acceptUpstream'],
  audit: ['system.audit', 'system.verifyAudit', 'system.exportAudit'],
  apply: ['changes.apply'],
  sample: ['workspace.sample'],
  cast: ['drafts', 'begin', 'open', 'store', 'discard', 'watch', 'paths', 'base', 'author', 'approve', 'withdraw', 'write', 'queue', 'history'].map((name) => `casts.${name}`), // prettier-ignore
  export: ['skills.list', 'skills.planExport', 'skills.export'],
  'export-bundle': ['skills.bundle'],
  'verify-bundle': ['skills.verifyBundle'],
  session: ['sessions.init', 'sessions.list'],
  'session-init': ['sessions.init'],
  'session-list': ['sessions.list'],
}

const routeAt = (path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], contract)

test('every command has its routes, and every route named is there', () => {
  const { stdout } = spawnSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8' })
  const listed = /\nCommands:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? ''
  const commands = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name as string)
  expect(commands.filter((name) => !OF_THE_PROCESS.includes(name)).toSorted()).toEqual(
    Object.keys(ROUTES).toSorted(),
  )
  const missing = Object.values(ROUTES)
    .flat()
    .filter((path) => (routeAt(path) as { '~orpc'?: unknown } | undefined)?.['~orpc'] === undefined)
  expect(missing).toEqual([])
})
