/** `audit verify` and `audit export` as an operator runs them, and the program of SCHEMAS.md that verifies an export. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { auditReportSchema } from '../../schemas/audit.ts'
import { change } from '../support/requests.ts'
import { PROJECT, sentence, thingsForEach, type Workspace } from './support.ts'

const { prepared, folder } = thingsForEach()

async function withLanded(): Promise<Workspace> {
  const w = await prepared()
  await w.enqueue(
    change({ task: 'T-1', path: 'one.txt', add: '1\n' }),
    change({ task: 'T-2', path: 'two.txt', add: '2\n' }),
  )
  await w.ok('worker', '--drain')
  return w
}

describe('verify', () => {
  test('says in one line what agrees, and as JSON the same', async () => {
    const w = await withLanded()
    expect(await w.ok('audit', 'verify')).toMatch(
      /^Clean: \d+ log rows, 2 landed changes and 2 commits agree; head \d+ [0-9a-f]{64}\n$/,
    )
    const report = auditReportSchema.parse(JSON.parse(await w.ok('audit', 'verify', '--format', 'json')))
    expect(report).toMatchObject({ clean: true, difference: null, landed: 2, key: { state: 'ok' } })
  })

  test('names the first difference in one sentence and exits with 1', async () => {
    const w = await withLanded()
    w.sql(`UPDATE change_queue_logs SET message = 'applied' || char(27) || '[2J' WHERE id = 3`)
    const ran = await w.run('audit', 'verify')
    expect(ran).toMatchObject({ code: 1, stderr: '' })
    expect(ran.stdout).toMatch(
      /^log row 3 \("[^\n]*\) does not match its hash: it, or row 2 before it, was changed; find out [^\n]*\n$/,
    )
    expect(ran.stdout).not.toContain('\u001b')
    const asJson = await w.run('audit', 'verify', '--format', 'json')
    expect(asJson.code).toBe(1)
    expect(auditReportSchema.parse(JSON.parse(asJson.stdout)).difference).toMatchObject({ row_id: 3 })
  })

  test('finds a commit on the branch that claims to be a change of this queue', async () => {
    const w = await withLanded()
    const tip = w.repo.git('rev-parse', 'hyperion/main')
    const message = w.repo.git('log', '-1', '--format=%B', tip).replace(/(Hyperion-Change: .*\/)\d+/, '$177')
    const forged = w.repo.git('commit-tree', `${tip}^{tree}`, '-p', tip, '-m', message)
    w.repo.git('update-ref', 'refs/heads/hyperion/main', forged)
    const ran = await w.run('audit', 'verify')
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain(`commit ${forged.slice(0, 12)} on hyperion/main says that it is change 77`)
  })

  test('works before anything landed, and says what is wrong with the key without calling the log wrong', async () => {
    const w = await prepared()
    chmodSync(join(w.dir, '.hyperion/audit-key.pem'), 0o644)
    const ran = await w.run('audit', 'verify')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^Clean: \d+ log rows?, 0 landed changes and 0 commits agree/)
    expect(ran.stderr).toMatch(/has mode 644: others may have read it; run chmod 600 /)
  })
})

describe('export', () => {
  const program = /```js\n([^]*?)```/.exec(readFileSync(join(PROJECT, 'SCHEMAS.md'), 'utf8'))?.[1] ?? ''
  const pem = /```pem\n([^]*?)```/.exec(readFileSync(join(PROJECT, 'SCHEMAS.md'), 'utf8'))?.[1] ?? ''

  /** Runs the program of SCHEMAS.md as somebody who has the file and the key would. */
  function verifyAsDocumented(key: string, file: string): { ok: boolean; said: string } {
    const at = mkdtempSync(join(tmpdir(), 'verify-'))
    try {
      writeFileSync(join(at, 'verify.mjs'), program)
      const said = execFileSync(process.execPath, [join(at, 'verify.mjs'), key, file], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
      return { ok: true, said }
    } catch (error) {
      return { ok: false, said: String((error as { stderr: string }).stderr) }
    } finally {
      rmSync(at, { recursive: true, force: true })
    }
  }

  test('is verified by the documented program with the public key alone, and not once it was tampered with', async () => {
    const w = await withLanded()
    const file = join(folder(), 'landed.jsonl')
    expect(await w.ok('audit', 'export', '--out', file)).toMatch(
      /^Exported 2 landed changes to .*landed\.jsonl, signed with key [0-9a-f]{64}\n$/,
    )
    expect(statSync(file).mode & 0o077).toBe(0)
    const key = join(w.dir, '.hyperion/audit-key.pub.pem')
    const commits = w.repo.git('log', '--reverse', '--format=%H %T', 'hyperion/main', '^main').split('\n')
    expect(verifyAsDocumented(key, file)).toEqual({
      ok: true,
      said: `T-1 ${commits[0]}\nT-2 ${commits[1]}\n`,
    })
    const [line = ''] = readFileSync(file, 'utf8').split('\n')
    const envelope = JSON.parse(line) as { payload: string }
    const payload = Buffer.from(envelope.payload, 'base64').toString('utf8').replace('T-1', 'T-9')
    writeFileSync(file, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }))
    expect(verifyAsDocumented(key, file)).toMatchObject({
      ok: false,
      said: expect.stringContaining('not signed'),
    })
  })

  test('the envelope shown in SCHEMAS.md is the statement shown, signed with the key shown', () => {
    const shown = (name: string): unknown =>
      JSON.parse(
        new RegExp(`<!-- example: ${name} -->\\n+\`\`\`json\\n([^]*?)\`\`\``).exec(
          readFileSync(join(PROJECT, 'SCHEMAS.md'), 'utf8'),
        )?.[1] ?? '',
      )
    const at = folder()
    const envelope = shown('envelope') as { payload: string }
    writeFileSync(join(at, 'key.pem'), pem)
    writeFileSync(join(at, 'shown.jsonl'), JSON.stringify(envelope))
    expect(verifyAsDocumented(join(at, 'key.pem'), join(at, 'shown.jsonl')).said).toContain(
      'ENG-214 89e6c98d',
    )
    expect(JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8'))).toEqual(
      shown('landed-change'),
    )
  })

  test('replaces a file only when asked to, and is refused with one sentence', async () => {
    const w = await withLanded()
    const file = join(folder(), 'landed.jsonl')
    writeFileSync(file, 'mine\n')
    const refused = await w.run('audit', 'export', '--out', file)
    expect(refused.code).toBe(1)
    expect(sentence(refused)).toMatch(/exists already; name another file, or give --overwrite$/)
    expect(readFileSync(file, 'utf8')).toBe('mine\n')
    await w.ok('audit', 'export', '--out', file, '--overwrite')
    chmodSync(join(w.dir, '.hyperion/audit-key.pem'), 0o640)
    const unsafe = await w.run('audit', 'export', '--out', join(w.dir, 'x.jsonl'))
    expect(unsafe.code).toBe(1)
    expect(sentence(unsafe)).toMatch(/has mode 640: others may have read it; run chmod 600 /)
    expect(existsSync(join(w.dir, 'x.jsonl'))).toBe(false)
    expect((await w.run('audit', 'export')).code).toBe(2)
  })

  test('makes the key of a workspace that has none, and leaves out by name what does not agree', async () => {
    const w = await withLanded()
    rmSync(join(w.dir, '.hyperion/audit-key.pem'))
    rmSync(join(w.dir, '.hyperion/audit-key.pub.pem'))
    w.sql(`UPDATE change_queue SET payload = replace(payload, '2\\n', '3\\n') WHERE task_id = 'T-2'`)
    const ran = await w.run('audit', 'export', '--out', join(w.dir, 'out.jsonl'))
    expect(ran.code).toBe(1)
    expect(ran.stdout).toMatch(/^Exported 1 landed change to /)
    expect(ran.stderr).toMatch(/^Left out: the payload of change 2 is not the one [^\n]*\n$/)
    expect(statSync(join(w.dir, '.hyperion/audit-key.pem')).mode & 0o777).toBe(0o600)
  })
})

test('neither an export nor a backup is written over the queue, the key, or anything of git', async () => {
  const w = await withLanded()
  const own = ['.hyperion/hyperion.db', '.hyperion/hyperion.db-wal', '.hyperion/audit-key.pem', '.hyperion/new', '.git/index', '.git/refs/heads/main'] // prettier-ignore
  for (const file of own) {
    for (const args of [['audit', 'export', '--out'], ['backup']]) {
      const ran = await w.run(...args, join(w.dir, file), '--overwrite')
      expect([args[0], file, ran.code]).toEqual([args[0], file, 1])
      expect(ran.stderr).toMatch(/is the queue itself|which only Hyperion and git write in/)
    }
  }
  expect(await w.ok('audit', 'verify')).toMatch(/^Clean/)
  expect(await w.ok('audit', 'export', '--out', join(w.dir, 'out.jsonl'))).toContain('Exported 2')
})
