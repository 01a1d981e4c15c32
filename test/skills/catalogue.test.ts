/** The skills that are shipped: their form, every example, every script and every command they name, with the real program. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCatalogue, shippedRoot } from '../../main/engine/skills/catalogue.ts'
import { sha256 } from '../../main/engine/base/hash.ts'
import { hyperion, thingsForEach } from '../cli/support.ts'
import { folder, onPath, PROJECT, put, shipped } from './support.ts'

const { prepared } = thingsForEach()
const SKILLS = join(PROJECT, 'skills')
const catalogue = readCatalogue(PROJECT)
const below = (path: string): string[] =>
  readdirSync(join(SKILLS, path)).map((name) => join(SKILLS, path, name))
const script = (path: string): string => join(SKILLS, path)

describe('the catalogue', () => {
  test('holds the three skills, each in the format, with examples and scripts that may be run', () => {
    expect(catalogue.skills.map(({ name }) => name)).toEqual([
      'cast-builder',
      'change-request',
      'hyperion-ops',
    ])
    for (const { files } of catalogue.skills) {
      const names = files.map(({ path }) => path)
      for (const needed of [/^SKILL\.md$/, /^examples\//, /^scripts\//])
        expect(names.some((name) => needed.test(name))).toBe(true)
    }
    const programs = catalogue.files.filter(({ executable }) => executable)
    expect(programs.map(({ path }) => path)).toEqual(
      catalogue.files.filter(({ path }) => path.includes('/scripts/')).map(({ path }) => path),
    )
    for (const { path } of programs)
      expect([path, statSync(join(PROJECT, path)).mode & 0o111]).toEqual([path, 0o111])
  })

  test('every link and every path that a text names is there', () => {
    for (const { name, text, files } of catalogue.skills) {
      const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, to = '']) => to)
      expect(links.length).toBeGreaterThan(0)
      for (const link of links) expect(files.map(({ path }) => path)).toContain(link)
      for (const [path] of text.matchAll(/skills\/[\w./-]+/g)) expect([name, path, existsSync(join(PROJECT, path))]).toEqual([name, path, true]) // prettier-ignore
    }
  })

  test('is found from where the program is, built or not, and what is no skill is refused by name', () => {
    expect(shippedRoot(join(PROJECT, 'out/main/chunks'))).toBe(PROJECT.replace(/\/$/, ''))
    expect(() => shippedRoot(folder())).toThrow('the skills shipped with Hyperion are not there')
    const root = shipped()
    put(root, { 'skills/broken/SKILL.md': '---\nname: other\n---\n' })
    expect(() => readCatalogue(root)).toThrow(
      /skills\/broken\/SKILL\.md: .*its folder "broken".*description is missing/,
    )
  })
})

describe('every command that a text names', () => {
  const helps = new Map<string, string>()
  async function helpOf(words: readonly string[]): Promise<string> {
    const key = words.join(' ')
    const known = helps.get(key)
    if (known !== undefined) return known
    const ran = await hyperion([...words, '--help'])
    const help = ran.code === 0 ? ran.stdout : ran.stderr
    helps.set(key, help)
    return help
  }
  const GROUPS = ['session', 'audit']
  /** What a text calls, as words of a shell without its quotes; options before the command are dropped. */
  function callsIn(text: string): string[][] {
    const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = '']) => block.split('\n'))
    const inline = [...text.matchAll(/`(hyperion [^`\n]+)`/g)].map(([, call = '']) => call)
    return [...blocks, ...inline]
      .filter((line) => /^hyperion\s/.test(line))
      .map((line) => (line.replace(/\s[#>].*$/, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? []).slice(1))
      .map((words) => (words[0] === '--workspace' ? words.slice(2) : words))
  }
  const documents: [string, string][] = [
    ...catalogue.files
      .filter(({ path }) => path.endsWith('.md'))
      .map(({ path, bytes }): [string, string] => [path, bytes.toString('utf8')]),
    ['EXPORT_GUIDE.template.md', catalogue.template],
    ['BUNDLE_README.md', catalogue.bundleReadme],
  ]

  test.each(documents.filter(([, text]) => callsIn(text).length > 0))('%s', async (_, text) => {
    for (const words of callsIn(text)) {
      const command = GROUPS.includes(words[0] ?? '') ? words.slice(0, 2) : words.slice(0, 1)
      const help = await helpOf(command)
      expect([words.join(' '), help]).toEqual([words.join(' '), expect.stringContaining(`Usage: hyperion ${command.join(' ')}`)]) // prettier-ignore
      for (const option of words.filter((word) => word.startsWith('--')))
        expect([words.join(' '), help]).toEqual([words.join(' '), expect.stringMatching(new RegExp(`^ +${option}\\b`, 'm'))]) // prettier-ignore
    }
  })

  test('is looked at in every skill', () => {
    for (const { name, text } of catalogue.skills)
      expect([name, callsIn(text).length > 3]).toEqual([name, true])
    expect(
      callsIn('```sh\nhyperion --workspace DIR list held # all\nls\n```\n`hyperion show "1 2"`'),
    ).toEqual([
      ['list', 'held'],
      ['show', '"1 2"'],
    ])
  })
})

describe('every example', () => {
  test.each(below('change-request/examples'))('%s is a valid change request', async (file) => {
    expect(await hyperion(['validate-change', file])).toMatchObject({
      code: 0,
      stdout: 'valid\n',
      stderr: '',
    })
  })

  test('casts and task requests become assignments', async () => {
    const w = await prepared()
    for (const name of ['cast.json', 'task-request.json']) {
      const ran = await w.run('orchestrate', join(SKILLS, 'cast-builder/examples', name))
      expect([name, ran.code, ran.stderr]).toEqual([name, 0, ''])
    }
  })

  test('the policy is one that doctor takes', async () => {
    const config: unknown = JSON.parse(
      readFileSync(join(SKILLS, 'hyperion-ops/examples/hyperion.config.json'), 'utf8'),
    )
    const w = await prepared({ config })
    const ran = await w.run('doctor')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^ok +config .*hyperion\.config\.json/m)
    expect(ran.stdout).toMatch(/^ok +checks .*tidy/m)
  })

  test('nothing is among them that no test looks at', () => {
    const names = catalogue.files.filter(({ path }) => path.includes('/examples/')).map(({ path }) => path)
    const looked =
      /change-request\/examples\/|cast-builder\/examples\/(cast|answers|task-request)\.json|hello\.md|hyperion\.config\.json/
    expect(names.filter((name) => !looked.test(name))).toEqual([])
  })
})

describe('make-change.mjs', () => {
  const make = (args: string[], cwd: string) => onPath('node', [script('change-request/scripts/make-change.mjs'), ...args], cwd) // prettier-ignore
  const WHO = ['--task-id', 'T-1', '--agent', 'me']

  test('an update by patch, by whole text, an add and a delete: valid, with the right hash, and they land', async () => {
    const w = await prepared({ files: { 'b.txt': 'b\n', 'c.txt': 'c\n' } })
    const at = folder()
    put(at, { before: 'one\ntwo\nthree\n', after: 'one\n2\nthree\nno end', whole: 'C\n' })
    const base = ['--base', w.repo.git('rev-parse', 'HEAD')]
    const calls = [
      ['T-1', '--path', 'a.txt', '--before', 'before', '--after', 'after'],
      ['T-2', '--path', 'c.txt', '--before', 'before', '--after', 'whole', '--replacement'],
      ['T-3', '--path', 'n.txt', '--after', 'whole', '--complexity', '1', '--intent', 'New'],
      ['T-4', '--path', 'b.txt', '--before', 'before'],
    ]
    for (const [task = '', ...args] of calls) {
      const out = `${task}.json`
      const ran = make(['--task-id', task, '--agent', 'me', ...base, ...args, '--out', out], at)
      expect([task, ran.status, ran.stderr]).toEqual([task, 0, ''])
      const { changes } = JSON.parse(readFileSync(join(at, out), 'utf8')) as {
        changes: Record<string, string>[]
      }
      expect(changes[0]?.['patch_hash']).toBe(
        sha256(changes[0]?.['patch'] ?? changes[0]?.['replacement'] ?? ''),
      )
      expect(await hyperion(['validate-change', join(at, out)])).toMatchObject({ code: 0, stderr: '' })
      await w.ok('enqueue', join(at, out))
    }
    await w.ok('worker', '--drain')
    expect(w.repo.git('show', 'hyperion/main:a.txt')).toBe('one\n2\nthree\nno end')
    expect(w.repo.git('show', 'hyperion/main:c.txt')).toBe('C')
    expect(w.repo.git('ls-tree', '--name-only', 'hyperion/main')).toBe('a.txt\nc.txt\nn.txt')
  })

  test.each([
    [['--path', 'a'], 2, 'give --before, --after or both'],
    [['--after', 'x'], 2, '--path is missing'],
    [['--path', 'a', '--after', 'x', '--complexity', '11'], 2, '--complexity takes'],
    [['--path', 'a', '--colour', 'red'], 2, "Unknown option '--colour'"],
    [['--path', 'a', '--after', 'absent'], 1, 'ENOENT'],
    [['--path', 'a', '--after', 'bin'], 1, 'bin is no UTF-8 text'],
    [['--path', 'a', '--before', 'x', '--after', 'x'], 1, 'are the same'],
  ])('%j exits with %i', (args, code, said) => {
    const at = folder()
    put(at, { x: 'x\n', bin: Buffer.from([0xff, 0xfe, 0]) })
    const ran = make([...WHO, ...args], at)
    expect([ran.status, ran.stdout]).toEqual([code, ''])
    expect(ran.stderr).toMatch(/^make-change: .+\n$/)
    expect(ran.stderr).toContain(said)
  })
})

describe('the shell scripts', () => {
  const wait = (cwd: string, ...args: string[]) =>
    onPath(script('change-request/scripts/wait-for-change.sh'), args, cwd)
  const health = (cwd: string, ...args: string[]) =>
    onPath(script('hyperion-ops/scripts/health.sh'), args, cwd)

  test('are POSIX', () => {
    const all = catalogue.files.filter(({ path }) => path.endsWith('.sh'))
    expect(all).toHaveLength(2)
    for (const { path } of [...all, catalogue.launcher])
      expect([path, onPath('sh', ['-n', join(PROJECT, path)], PROJECT).stderr]).toEqual([path, ''])
  })

  test('wait-for-change.sh says how a change ended and what comes next; health.sh what waits', async () => {
    const w = await prepared({ config: { checks: { allow: { yes: 'true' } } } })
    const at = folder()
    expect(health(w.dir)).toMatchObject({ status: 0, stdout: expect.stringMatching(/waiting for a person: 0 held.*\nin order\n$/) }) // prettier-ignore
    put(at, { text: 'x\n' })
    const make = script('change-request/scripts/make-change.mjs')
    for (const [task, check] of [
      ['T-1', 'yes'],
      ['T-2', 'npm test'],
      ['T-3', 'yes'],
    ] as const) {
      // prettier-ignore
      const args = [make, '--task-id', task, '--agent', 'me', '--path', `${task}.txt`, '--after', 'text', '--check', check] // prettier-ignore
      const made = onPath('node', args, at)
      writeFileSync(join(at, `${task}.json`), made.stdout)
      await w.ok('enqueue', join(at, `${task}.json`))
    }
    expect(wait(w.dir, '1', '0')).toMatchObject({ status: 4, stdout: expect.stringContaining('next: it is not done yet') }) // prettier-ignore
    await w.ok('cancel', '3')
    await w.run('worker', '--run-checks', '--drain')
    expect(wait(w.dir, '1')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^change 1 is applied as \w+\nnext: nothing/) }) // prettier-ignore
    expect(wait(w.dir, '2')).toMatchObject({ status: 3, stdout: expect.stringMatching(/^change 2 is held: .*\nnext: a person looks/) }) // prettier-ignore
    expect(wait(w.dir, '3', '9')).toMatchObject({ status: 3, stdout: expect.stringContaining('next: nothing, it was taken back') }) // prettier-ignore
    expect(wait(w.dir, '77').status).toBe(1)
    expect(wait(w.dir, 'x')).toMatchObject({ status: 2, stderr: expect.stringContaining('usage: ') })
    expect(health(dirname(w.dir), w.dir)).toMatchObject({ status: 3, stdout: expect.stringContaining('1 held, 0 in conflict, 0 failed') }) // prettier-ignore
  })

  test('health.sh says what is broken, and where there is nothing to look at', async () => {
    const ran = health(folder())
    expect(ran).toMatchObject({ status: 1, stdout: expect.stringMatching(/^broken:\nBROKEN +workspace/) })
    expect(health(folder(), '/nowhere').status).toBe(2)
  })

  test('cast_builder.sh finds the program by HYPERION, on PATH or beside it, or says how to get it', () => {
    const at = folder()
    const fake = '#!/bin/sh\necho "$0 $*"\n'
    put(at, { 'bundle/scripts/cast_builder.sh': catalogue.launcher.bytes, 'hyperion/bin/hyperion.mjs': 'console.log(process.argv[1], process.argv.slice(2).join(" "))', 'hyperion/main/cli/main.ts': '', 'own.sh': fake }) // prettier-ignore
    const launcher = join(at, 'bundle/scripts/cast_builder.sh')
    const run = (env: Record<string, string>, path: string) =>
      onPath('/bin/sh', [launcher, '--from', 'a b.json'], at, { PATH: path, ...env })
    const bare = folder()
    for (const tool of ['dirname', 'cat', 'node'])
      put(bare, { [tool]: `#!/bin/sh\nexec ${tool === 'node' ? process.execPath : onPath('sh', ['-c', `command -v ${tool}`], at).stdout.trim()} "$@"\n` }) // prettier-ignore
    onPath('sh', ['-c', 'chmod +x *'], bare)
    onPath('chmod', ['+x', join(at, 'own.sh')], at)
    expect(run({ HYPERION: join(at, 'own.sh') }, bare)).toMatchObject({ status: 0, stdout: `${join(at, 'own.sh')} cast --from a b.json\n` }) // prettier-ignore
    expect(run({ HYPERION: join(at, 'hyperion/bin/hyperion.mjs') }, bare).stdout).toMatch(/hyperion\.mjs cast --from a b\.json\n$/) // prettier-ignore
    expect(run({ HYPERION: '/nowhere/hyperion' }, bare)).toMatchObject({ status: 1, stderr: expect.stringContaining('HYPERION names /nowhere/hyperion, which is no file') }) // prettier-ignore
    expect(run({}, bare).stdout).toMatch(/hyperion\.mjs cast --from a b\.json\n$/)
    onPath('rm', ['-r', join(at, 'hyperion')], at)
    expect(run({}, bare)).toMatchObject({ status: 127, stderr: expect.stringMatching(/hyperion was not found\.\nInstall Hyperion/) }) // prettier-ignore
    put(bare, { hyperion: fake })
    onPath('sh', ['-c', 'chmod +x *'], bare)
    expect(run({}, bare)).toMatchObject({
      status: 0,
      stdout: `${join(bare, 'hyperion')} cast --from a b.json\n`,
    })
  })
})
