/** What shells complete, asked of the shells themselves; and the manual, read by the program that sets it. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hyperion } from './support.ts'

const isThere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined
const cannot = Object.fromEntries(
  ['bash', 'zsh', 'fish', 'groff'].map((program) => [program, !isThere(program)]),
) as Record<'bash' | 'zsh' | 'fish' | 'groff', boolean>

let folder: string
const script = (shell: string): string => join(folder, `hyperion.${shell}`)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'))
  mkdirSync(join(folder, 'requests here'))
  writeFileSync(join(folder, 'request one.json'), '')
  for (const shell of ['bash', 'zsh', 'fish']) {
    writeFileSync(script(shell), (await hyperion(['completion', shell])).stdout)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(program: string, args: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder },
  })
  expect([status, stderr]).toEqual([0, ''])
  return stdout.split('\n').filter((line) => line !== '')
}

/** What is offered after these words, the last of which is begun. */
const inBash = (...words: string[]): string[] =>
  run('bash', [
    '--norc',
    '-c',
    'source "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hyperion; printf "%s\\n" "${COMPREPLY[@]}"',
    'bash',
    script('bash'),
    ...words,
  ])
const inFish = (line: string): string[] =>
  run('fish', ['--no-config', '-c', `source ${script('fish')}; complete -C '${line}'`]).map(
    (one) => one.split('\t')[0] ?? '',
  )

describe.skipIf(cannot.bash)('bash completes', () => {
  test.each<[string[], string[]]>([
    [['hyperion', 'enq'], ['enqueue']],
    [['hyperion', 'list-d'], ['list-dead-letters']],
    [
      ['hyperion', '--workspace', 'requests here', 'audit', ''],
      ['verify', 'export'],
    ],
    [['hyperion', 'audit', 'verify', '--f'], ['--format']],
    [['hyperion', 'audit', 'verify', '--format', 'j'], ['json']],
    [
      ['hyperion', 'list', '--status', 'c'],
      ['conflict', 'cancelled'],
    ],
    [['hyperion', 'list', 'a'], ['applied']],
    [['hyperion', 'logs', '--level', 'w'], ['warn']],
    [['hyperion', 'list', '--workspace', 'req'], ['requests here']],
    [['hyperion', 'request', 'request o'], ['request one.json']],
    [['hyperion', 'sample', ''], ['requests here']],
    [['hyperion', 'approve', '--note', ''], []],
    [['hyperion', 'no-such-command', ''], []],
  ])('%j', (words, offered) => expect(inBash(...words)).toEqual(offered))

  test('every command', () => {
    const all = inBash('hyperion', '')
    for (const name of ['run', 'init', 'worker', 'request', 'mcp', 'manual', 'completion'])
      expect(all).toContain(name)
  })
})

test.skipIf(cannot.zsh)('zsh reads what it is given, and completes by it', () => {
  const ask = 'autoload -U compinit && compinit -u -d "$2"; source "$1"; COMP_WORDS=(hyperion list --format j); COMP_CWORD=3; typeset -a COMPREPLY; _hyperion; print -l "${COMPREPLY[@]}"' // prettier-ignore
  const offered = run('zsh', ['-f', '-o', 'ksharrays', '-c', ask, 'zsh', script('zsh'), join(folder, 'dump')])
  // What does not begin as it was typed zsh itself leaves out.
  expect(offered).toEqual(expect.arrayContaining(['json']))
  expect(['json', 'text']).toEqual(expect.arrayContaining(offered))
})

describe.skipIf(cannot.fish)('fish completes', () => {
  test.each<[string, string[]]>([
    ['hyperion enq', ['enqueue']],
    ['hyperion audit ', ['export', 'verify']],
    ['hyperion audit verify --for', ['--format']],
    ['hyperion audit verify --format j', ['json']],
    ['hyperion list a', ['applied']],
    ['hyperion sample req', ['requests here/']],
  ])('%s', (line, offered) => expect(inFish(line).map((one) => one.replaceAll('\\', ''))).toEqual(offered))
})

test('an unknown shell is refused with those that are known', async () => {
  expect(await hyperion(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stderr: 'hyperion: SHELL takes one of bash, zsh, fish, not "tcsh"\n',
  })
})

describe('the manual', () => {
  test('names every command, option, variable and exit code, the same each time', async () => {
    const { code, stdout } = await hyperion(['manual'])
    expect(code).toBe(0)
    expect((await hyperion(['manual'])).stdout).toBe(stdout)
    for (const said of [
      '.SS "hyperion audit verify [options]"',
      '.SS "hyperion retry [options] <id>"',
      'lease\\-seconds',
      'HYPERION_CONFIG',
      'Interrupted.',
    ])
      // prettier-ignore
      expect(stdout).toContain(said)
  })

  test.skipIf(cannot.groff)('is set without a complaint', async () => {
    const { stdout } = await hyperion(['manual'])
    const { stdout: page, stderr, status } = spawnSync('groff', ['-man', '-ww', '-Tutf8'], { input: stdout, encoding: 'utf8' }) // prettier-ignore
    expect([status, stderr]).toEqual([0, ''])
    // eslint-disable-next-line no-control-regex -- overstrikes and colours
    expect(page.replaceAll(/.\u0008|\u001b\[\d*m/g, '')).toMatch(/EXIT STATUS\s+0\s+Done\./)
  })
})
