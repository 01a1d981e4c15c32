/** What the command line says of itself: help, versions, what comes later, and how it is held wrong. */
import { describe, expect, test } from 'vitest'
import { hyperion } from './support.ts'
import { tempRepo } from '../support/temp-repo.ts'

/** Every command of this version with the flags of the contract. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  init: ['--write'],
  enqueue: [],
  'validate-change': ['--format'],
  submit: ['--from', '--base', '--task-id', '--agent', '--check'],
  watch: ['--poll'],
  mcp: ['--agent', '--task-id'],
  files: ['--format', '--since', '--limit'],
  worker: [
    '--run-checks', '--trust-checks', '--max-attempts', '--lease-seconds', '--poll-interval-ms', '--workers',
    '--worker-id', '--drain',
  ],
  list: ['--status', '--format', '--since', '--limit'],
  show: ['--format'],
  'list-dead-letters': ['--format', '--since', '--limit'],
  logs: ['--follow', '--level', '--change'],
  'queue-metrics': ['--format', '--since'],
  'mark-applied': ['--fence'],
  'mark-failed': ['--fence', '--error'],
  release: ['--fence'],
  dequeue: ['--lease-seconds'],
  retry: [],
  cancel: [],
  discard: [],
  approve: ['--by', '--role', '--note'],
  reject: ['--by', '--reason', '--at'],
  resolve: ['--by', '--path', '--from', '--delete', '--ours', '--theirs', '--base'],
  pause: ['--reason', '--agents'],
  resume: ['--accept'],
  prioritize: ['--to'],
  revert: [],
  wait: ['--timeout'],
  why: ['--format'],
  events: ['--follow', '--after'],
  backup: ['--overwrite'],
  apply: ['--run-checks'],
  sync: [],
  request: ['--model', '--agents', '--plan', '--no-plan', '--work-tree', '--no-work-tree'],
  plan: ['--edit', '--format'],
  requests: [],
  orchestrate: ['--out'],
  agent: ['--model', '--resume-id'],
  answer: ['--question', '--skip'],
  continue: [],
  withdraw: [],
  widen: ['--refuse'],
  replan: [],
  cleanup: ['--ttl-seconds'],
  doctor: ['--format'],
  audit: [],
  sample: ['--drive'],
  cast: ['--from', '--out', '--overwrite', '--resume'],
  session: [],
  'session-init': ['--resume-id', '--model', '--allow-all-tools'],
  'session-list': ['--format'],
  export: ['--dest', '--overwrite', '--format'],
  'export-bundle': ['--out', '--overwrite', '--format'],
  'verify-bundle': ['--format'],
  run: ['--port', '--choose'],
  serve: ['--port', '--open', '--choose'],
} // prettier-ignore

describe('help', () => {
  test('names every command, exit code and variable', async () => {
    const { code, stdout, stderr } = await hyperion(['--help'])
    expect([code, stderr]).toEqual([0, ''])
    for (const name of Object.keys(COMMANDS)) expect(stdout).toMatch(new RegExp(`^ {2}${name}[ \\n]`, 'm'))
    for (const exit of ['0', '1', '2', '3', '4', '5', '70', '130'])
      expect(stdout).toMatch(
        new RegExp(`(?:^| )${exit} (?:done|bad|usage|not|busy|database|a bug|interrupted)`, 'm'),
      )
    for (const name of ['HYPERION_AGENT', 'HYPERION_CONFIG', 'HYPERION_LOG', '--workspace', '--db'])
      expect(stdout).toContain(name)
  })

  test.each(Object.entries(COMMANDS))('%s tells its flags', async (name, flags) => {
    const { code, stdout } = await hyperion([name, '--help'])
    expect(code).toBe(0)
    for (const flag of flags) expect(stdout).toContain(flag)
  })

  test.each([
    ['audit verify', ['--format']],
    ['audit export', ['--out', '--overwrite']],
    ['session init', ['--resume-id', '--model', '--allow-all-tools']],
    ['session list', ['--format']],
  ])('%s, a part of a command, tells its flags', async (name, flags) => {
    const { code, stdout } = await hyperion([...name.split(' '), '--help'])
    expect(code).toBe(0)
    for (const flag of flags) expect(stdout).toContain(flag)
  })

  test('numbers have their unit and default', async () => {
    const { stdout } = await hyperion(['worker', '--help'])
    const help = stdout.replace(/\s+/g, ' ')
    for (const said of [
      'in seconds (default: workers.leaseSeconds, 300)',
      'in milliseconds (default: workers.pollIntervalMs, 500)',
      '(default: workers.maxAttempts of the config, 5)',
      '(default: workers.count, 2)',
    ])
      expect(help).toContain(said)
    const cleanup = (await hyperion(['cleanup', '--help'])).stdout.replace(/\s+/g, ' ')
    expect(cleanup).toContain('(default: retention.appliedSeconds of the config, 604800)')
  })

  test('the version is that of the package', async () => {
    expect((await hyperion(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('held wrong, it exits with 2 and changes nothing', () => {
  test.each([
    [['bogus'], "unknown command 'bogus'"],
    [['enqueue'], "missing required argument 'file|dir'"],
    [['show'], "missing required argument 'id'"],
    [['show', '1', '2'], 'too many arguments'],
    [['list', '--bogus'], "unknown option '--bogus'"],
    [['show', 'abc'], 'ID takes a whole number of at least 1, not "abc"'],
    [['show', '0'], 'ID takes a whole number of at least 1, not "0"'],
    [['show', '9'.repeat(30)], 'ID takes a whole number'],
    [['list', 'bogus'], 'STATUS takes one of pending, in_progress, applied'],
    [['list', '--status', 'done'], 'STATUS takes one of'],
    [['list', '--since', 'yesterday'], '--since takes a whole number'],
    [['list', '--format', 'xml'], '--format takes one of text, json, not "xml"'],
    [['list', '--limit'], 'argument missing'],
    [['logs', '--level', 'loud'], '--level takes one of debug, info, warn, error'],
    [['queue-metrics', '--since', '0'], '--since takes a whole number from 1'],
    [['worker', '--workers', '65'], '--workers takes a whole number from 1 to 64, not "65"'],
    [['worker', '--poll-interval-ms', '-5'], '--poll-interval-ms takes a whole number'],
    [['worker', '--lease-seconds', '1.5'], '--lease-seconds takes a whole number'],
    [['worker', '--max-attempts', '0'], '--max-attempts takes a whole number'],
    [['worker', '--worker-id', 'two words'], '--worker-id takes a name'],
    [['request', 'x.json', '--agents', 'many'], '--agents takes a whole number'],
    [['submit'], "required option '--from <ref|worktree>' not specified"],
    [['watch', 'a', 'b'], 'too many arguments'],
    [['mcp', '--agent', 'bad id!'], '--agent takes an id of 1 to 200 letters'],
    [['mcp', '--task-id', '../up'], '--task-id takes an id of 1 to 200 letters'],
    [['mcp', 'more'], 'too many arguments'],
    [['files', '--since', 'today'], '--since takes a whole number'],
    [['release', '1'], "required option '--fence <f>' not specified"],
    [['approve', '1'], "required option '--by <name>' not specified"],
    [['reject', '1', '--by', 'me'], "required option '--reason <text>' not specified"],
    [['resolve', '1', '--by', 'me', '--ours'], '--ours must come after the --path it is about'],
    [['resolve', '1', '--by', 'me', '--path', 'a'], '--path a has no decision'],
    [['resolve', '1', '--by', 'me', '--path', 'a', '--path', 'b', '--ours'], '--path a has no decision'],
    [['prioritize'], "missing required argument 'id'"],
    [['prioritize', '1', 'two'], 'ID takes a whole number of at least 1, not "two"'],
    [['prioritize', '1', '--to', 'soon'], '--to takes one of low, normal, high, urgent, not "soon"'],
    [['wait', '1', '--timeout', 'ever'], '--timeout takes a whole number from 0'],
    [['events', '--after', '-1'], '--after takes a whole number'],
    [['backup'], "missing required argument 'file'"],
    [['session', 'init'], "required option '--resume-id <id>' not specified"],
    [['session', 'init', '--resume-id', '../up'], '--resume-id takes 1 to 200 letters'],
    [['session-init', '--resume-id', 'S-1', '--model', ' '], '--model takes the name of a model'],
    [['request', 'a.txt', '--model', 'm'.repeat(201)], '--model takes the name of a model'],
    [['agent', 'say', '--model', 'a\u202eb'], 'none that cannot be seen, not "a\\u{202e}b"'],
    [['session-list', '--format', 'xml'], '--format takes one of text, json'],
    [['export'], "required option '--dest <dir>' not specified"],
    [['export-bundle'], "required option '--out <file>' not specified"],
    [['verify-bundle'], "missing required argument 'file'"],
    [['cleanup', '--ttl-seconds', '-1'], '--ttl-seconds takes a whole number'],
  ])('%j', async (args, said) => {
    const repo = tempRepo({ files: { 'a.txt': 'a\n' } })
    try {
      const ran = await hyperion(args, { cwd: repo.dir })
      expect([ran.code, ran.stdout]).toEqual([2, ''])
      expect(ran.stderr).toMatch(/^hyperion: /)
      expect(ran.stderr).toContain(said)
      expect(ran.stderr).not.toMatch(/\n\s+at /)
      expect(repo.git('status', '--porcelain', '--ignored')).toBe('')
    } finally {
      repo.dispose()
    }
  })
})
