/** `session init` and `session list`, under both of their names. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { sessionSchema } from '../../schemas/skills.ts'
import { refusedIn, thingsForEach, type Workspace } from './support.ts'

const { prepared, folder, repository } = thingsForEach()
const listed = async (w: Workspace, ...list: string[]) =>
  z.array(sessionSchema).parse(JSON.parse(await w.ok(...(list.length > 0 ? list : ['session', 'list']), '--format', 'json'))) // prettier-ignore

describe('sessions', () => {
  test('are recorded under their id, shown, and counted', async () => {
    const w = await prepared()
    expect((await w.run('session', 'list')).stderr).toBe('no sessions\n')
    expect(await w.ok('session', 'init', '--resume-id', 'S-1', '--model', 'gpt-4.1')).toBe(
      'Recorded session S-1 (agents: stub, model gpt-4.1)\n',
    )
    expect(await w.ok('session-init', '--resume-id', 'S-2')).toBe('Recorded session S-2 (agents: stub, model by complexity)\n') // prettier-ignore
    const sessions = await listed(w)
    expect(sessions).toMatchObject([
      { resume_id: 'S-2', harness: 'stub', model: null, task_id: null, allow_all_tools: false },
      { resume_id: 'S-1', harness: 'stub', model: 'gpt-4.1', task_id: null, allow_all_tools: false },
    ])
    expect(await listed(w, 'session-list')).toEqual(sessions)
    expect(await w.ok('session', 'list')).toMatch(/^SESSION .*\nS-2 +stub +by complexity +no .*\nS-1 /)
    expect(await w.ok('logs', '--format', 'json')).toContain('"resume_id": "S-1"')
  })

  test('of a known id are recorded anew, never twice', async () => {
    const w = await prepared()
    await w.ok('session', 'init', '--resume-id', 'S-1', '--model', 'one')
    expect(await w.ok('session', 'init', '--resume-id', 'S-1', '--model', 'two')).toMatch(
      /^Recorded anew session S-1/,
    )
    const [only, ...more] = await listed(w)
    expect([only?.model, more]).toEqual(['two', []])
  })

  test('that ask for all tools are told that it widens nothing', async () => {
    const w = await prepared()
    const ran = await w.run('session', 'init', '--resume-id', 'S-1', '--allow-all-tools')
    expect(ran).toMatchObject({
      code: 0,
      stderr: "--allow-all-tools is recorded and shown; it never widens a Developer's tools\n",
    })
    expect(await listed(w)).toMatchObject([{ allow_all_tools: true }])
    expect(await w.ok('session', 'list')).toContain('asked for (no effect on Developers)')
    await w.ok('session', 'init', '--resume-id', 'S-1')
    expect(await listed(w)).toMatchObject([{ allow_all_tools: false }])
  })

  test('with text that steers a terminal are shown as text', async () => {
    const w = await prepared()
    const ran = await w.run('session', 'init', '--resume-id', 'S-1', '--model', 'a\u001b[2Jb')
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain('none that cannot be seen')
    expect(ran.stdout + ran.stderr).not.toContain('\u001b')
    expect(await listed(w)).toEqual([])

    // One that another release recorded.
    await w.ok('session', 'init', '--resume-id', 'S-1', '--model', 'a')
    const db = new DatabaseSync(join(w.dir, '.hyperion/hyperion.db'))
    db.prepare('UPDATE agent_sessions SET model = ?').run('a\u001b[2Jb')
    db.close()
    expect(await w.ok('session', 'list')).toContain('a\\x1b[2Jb')
  })

  test('need a workspace, and make none', async () => {
    const repo = repository()
    expect(await refusedIn(repo.dir, ['session', 'init', '--resume-id', 'S-1'], { cwd: repo.dir })).toMatch(
      /hyperion init/,
    )
    const at = folder()
    expect(await refusedIn(at, ['session', 'list'], { cwd: at })).toMatch(/is not in a git repository/)
  })
})
