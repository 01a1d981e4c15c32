/** Skills, exports, bundles and sessions as the window asks for them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openBench, TRANSPORTS, type Bench, type Client } from './support.ts'

const failure = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: { data?: unknown }) => error.data,
  )

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let client: Client
  let at: string
  beforeEach(async () => {
    bench = openBench({ files: { 'a.txt': 'one\n' } })
    client = (await bench.connect(transport)).client
    at = mkdtempSync(join(tmpdir(), 'skills-'))
  })
  afterEach(async () => {
    await bench.dispose()
    rmSync(at, { recursive: true, force: true })
  })

  test('the catalogue, a plan, an export and a bundle need no workspace', async () => {
    const skills = await client.skills.list({})
    expect(skills.map(({ name }) => name)).toEqual(['cast-builder', 'change-request', 'hyperion-ops'])
    expect(skills[0]?.text).toContain('# Compose a cast')
    expect(skills[0]?.files.map(({ path }) => path)).toContain('SKILL.md')
    const plan = await client.skills.planExport({ dest: at })
    expect(plan).toMatchObject({ dest: at, creates_dest: false, notes: [] })
    expect(plan.files.every(({ state }) => state === 'new')).toBe(true)
    const done = await client.skills.export({ dest: at, replace: [] })
    expect(done).toMatchObject({ dest: at, written: plan.files.length, recorded: false })
    expect((await client.skills.planExport({ dest: at })).files.every(({ state }) => state === 'same')).toBe(
      true,
    )
    const file = join(at, 'b.tar.gz')
    const bundle = await client.skills.bundle({ file, overwrite: false })
    expect(bundle).toMatchObject({ file, written: true })
    expect(await client.skills.verifyBundle({ file })).toMatchObject({ ok: true, sha256: bundle.sha256 })
  })

  test('an export into an open workspace is recorded; what would change is refused until it may be', async () => {
    await client.workspace.open({ folder: bench.repo.dir, checks: null })
    const done = await client.skills.export({ dest: at, replace: [] })
    expect(done.recorded).toBe(true)
    const fact = bench.session.workspace().engine.ground.store.facts.get('exported_skills')
    const told = { dest: at, exported_at: done.exported_at, sha256: done.sha256 }
    expect(JSON.parse(fact ?? '')).toEqual(told)
    const context = readFileSync(join(bench.repo.dir, 'execution/next_task_context.json'), 'utf8')
    expect(JSON.parse(context)).toMatchObject({ exported_skills: told })
    writeFileSync(join(at, 'EXPORT_GUIDE.md'), 'mine\n')
    expect(await failure(client.skills.export({ dest: at, replace: [] }))).toMatchObject({
      code: 'would_change',
    })
    expect(readFileSync(join(at, 'EXPORT_GUIDE.md'), 'utf8')).toBe('mine\n')
    expect((await client.skills.export({ dest: at, replace: ['EXPORT_GUIDE.md'] })).written).toBe(1)
  })

  test('an empty name names nothing, nor does one that no disk can have', async () => {
    for (const [name, said] of [
      [' ', { code: 'no_name' }],
      ['/x\0y', { code: 'bad_name' }],
    ] as const)
      for (const call of [
        client.skills.planExport({ dest: name }),
        client.skills.export({ dest: name, replace: [] }),
        client.skills.bundle({ file: name, overwrite: true }),
        client.skills.verifyBundle({ file: name }),
      ])
        expect([name, await failure(call)]).toEqual([name, expect.objectContaining(said)])
    // Without a name at all the question itself is refused.
    expect(await failure(client.skills.planExport({ dest: '' }))).not.toBeNull()
  })

  test('paths begin at the root', async () => {
    const relative = { code: 'relative_path' }
    expect(await failure(client.skills.planExport({ dest: 'x' }))).toMatchObject(relative)
    expect(await failure(client.skills.export({ dest: 'x', replace: [] }))).toMatchObject(relative)
    expect(await failure(client.skills.bundle({ file: 'x.tar.gz', overwrite: true }))).toMatchObject(relative)
    expect(await failure(client.skills.verifyBundle({ file: 'x' }))).toMatchObject(relative)
  })

  test('sessions are those of the open workspace', async () => {
    expect(await failure(client.sessions.list({}))).toMatchObject({ code: 'no_workspace' })
    await client.workspace.open({ folder: bench.repo.dir, checks: null })
    expect(await client.sessions.list({})).toEqual([])
    const one = await client.sessions.init({ resume_id: 'S-1', model: null, allow_all_tools: true })
    expect(one).toMatchObject({ resume_id: 'S-1', allow_all_tools: true })
    expect(await client.sessions.list({})).toEqual([one])
  })
})
