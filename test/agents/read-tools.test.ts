/** The tools by which an agent looks around, over a commit of a real repository. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AgentTree } from '../../main/engine/agents/harness.ts'
import { readTools, type ToolAnswer } from '../../main/engine/agents/read-tools.ts'
import { userError } from '../../main/engine/base/errors.ts'
import { openObjects } from '../../main/engine/git/objects.ts'
import { treeOf } from '../../main/engine/git/trees.ts'
import { fileAt } from '../../main/engine/landing/sides.ts'
import { tempRepo } from '../support/temp-repo.ts'

const long = `${Array.from({ length: 5_000 }, (_, n) => `line ${n + 1}`).join('\n')}\n`
const repo = tempRepo({
  files: {
    'src/list.js': 'one()\ntwo()\n',
    'src/deep/more.js': 'two(1)\n',
    'long.txt': long,
    'wide.txt': 'x'.repeat(3_000_000),
    'picture.png': Buffer.from([0x89, 0x50, 0, 1, 2]),
    'empty.txt': '',
  },
})
symlinkSync('/etc/passwd', join(repo.dir, 'link'))
const commit = repo.commit('a link')
repo.write('src/list.js', 'not committed\n')
const objects = openObjects('sha1', { cwd: repo.dir })
afterAll(() => {
  objects.close()
  repo.dispose()
})

/** As the engine reads: objects of a commit, whatever the checkout holds. */
const tree: AgentTree = {
  async read(path) {
    const found = await fileAt(objects, await treeOf(objects, commit), path)
    if (found.kind === 'refused') throw userError(found.code, found.message)
    return found.kind === 'file' ? found.file.bytes : null
  },
  paths: () => Promise.resolve(repo.git('ls-tree', '-r', '--name-only', commit).split('\n')),
}
const never = new AbortController().signal

function run(name: string, input: unknown, of: AgentTree = tree): Promise<ToolAnswer> {
  const tool = readTools(of).find((one) => one.name === name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return tool.run(input, never)
}

describe('read_file', () => {
  test('shows a file as it is in the commit, whole or in part', async () => {
    expect(await run('read_file', { path: 'src/list.js' })).toEqual({ ok: true, text: 'src/list.js, lines 1 to 2 of 2\none()\ntwo()' })
    expect(await run('read_file', { path: 'long.txt', from_line: 7, to_line: 8 })).toEqual({ ok: true, text: 'long.txt, lines 7 to 8 of 5000\nline 7\nline 8' })
    expect(await run('read_file', { path: 'empty.txt' })).toMatchObject({ ok: true })
  }) // prettier-ignore

  test('shows so much and no more, and says how to go on', async () => {
    const { text } = await run('read_file', { path: 'long.txt' })
    expect(text.split('\n')[0]).toBe('long.txt, lines 1 to 2000 of 5000; ask for the rest by from_line')
    expect(text.split('\n')).toHaveLength(2_001)
    expect((await run('read_file', { path: 'wide.txt' })).text.length).toBeLessThan(66_000)
  })

  test.each([
    ['/etc/passwd', 'does not exist'],
    ['../../../etc/passwd', 'does not exist'],
    ['src/../src/list.js', 'does not exist'],
    ['src/', 'does not exist'],
    ['.git/config', 'does not exist'],
    ['', 'does not exist'],
    ['src/none.js', 'does not exist'],
    ['link', 'link'],
    ['picture.png', 'is not text'],
  ])('%s is nothing it shows', async (path, why) => {
    const answer = await run('read_file', { path })
    expect(answer).toEqual({ ok: false, text: expect.stringContaining(why) })
    expect(answer.text).not.toContain('root:')
  })

  test.each([[{}], [null], ['src/list.js'], [{ path: 7 }], [{ path: 'long.txt', from_line: 0 }], [{ path: 'long.txt', from_line: 1.5 }], [{ path: 'long.txt', from_line: 3, to_line: 2 }], [{ path: 'long.txt', from_line: 9_000 }]])(
    '%j is refused in words',
    async (input) => expect(await run('read_file', input)).toMatchObject({ ok: false }),
  ) // prettier-ignore
})

describe('list_files and search_files', () => {
  test('show what is in the commit, or below a folder of it', async () => {
    expect((await run('list_files', {})).text.split('\n')).toContain('link')
    expect(await run('list_files', { under: 'src/' })).toEqual({ ok: true, text: 'src/deep/more.js\nsrc/list.js' })
    expect(await run('search_files', { text: 'two(' })).toEqual({ ok: true, text: 'src/deep/more.js:1: two(1)\nsrc/list.js:2: two()' })
    expect(await run('search_files', { text: 'two(', under: 'src/deep' })).toEqual({ ok: true, text: 'src/deep/more.js:1: two(1)' })
    expect(await run('search_files', { text: 'root:' })).toEqual({ ok: true, text: 'no line has it' })
  }) // prettier-ignore

  test.each(['..', '/', '/etc', 'sr', 'src/none'])('below %s is nothing', async (under) => {
    expect(await run('list_files', { under })).toMatchObject({ ok: false })
    expect(await run('search_files', { text: 'x', under })).toMatchObject({ ok: false })
  })

  test('stop, and say so', async () => {
    const many = Array.from({ length: 6_000 }, (_, n) => `f${n}`)
    const large: AgentTree = { paths: () => Promise.resolve(many), read: () => Promise.resolve(Buffer.from('a\n')) }
    expect((await run('list_files', {}, large)).text).toMatch(/\n… and 5000 more; name a folder by under$/)
    expect((await run('search_files', { text: 'b' }, large)).text).toBe('no line has it\n… 5000 of 6000 files looked at; name a folder by under')
    const hits = (await run('search_files', { text: 'line' })).text.split('\n')
    expect(hits.length).toBeLessThanOrEqual(201)
  }) // prettier-ignore

  test('what cannot be read now is said, and is no error of the run', async () => {
    const broken: AgentTree = { paths: () => Promise.reject(new Error('no git')), read: () => Promise.reject(new Error('no git')) }
    for (const [name, input] of [['read_file', { path: 'a' }], ['list_files', {}], ['search_files', { text: 'a' }]] as const)
      expect(await run(name, input, broken)).toEqual({ ok: false, text: 'it cannot be read now' })
  }) // prettier-ignore
})
