/** `audit export`: statements that somebody else can verify with the public key alone, and the key's own state. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isSealedBy, preAuthentication } from '../../main/engine/audit/dsse.ts'
import {
  ensureKey,
  keyState,
  privateKeyFile,
  publicKeyFile,
  signingKey,
} from '../../main/engine/audit/key.ts'
import {
  envelopeSchema,
  landedStatementSchema,
  type Envelope,
  type LandedStatement,
} from '../../schemas/audit.ts'
import { auditBench, type AuditBench } from './audit-support.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const linesOf = (file: string): Envelope[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => envelopeSchema.parse(JSON.parse(line)))
const statementOf = ({ payload }: Envelope): LandedStatement =>
  landedStatementSchema.parse(JSON.parse(Buffer.from(payload, 'base64').toString('utf8')))

test('what is signed keeps type and payload apart, as the specification shows it', () => {
  expect(preAuthentication('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  )
  expect(preAuthentication('ä', Buffer.from('ö')).toString()).toBe('DSSEv1 2 ä 2 ö')
})

describe('the file', () => {
  let audit: AuditBench
  beforeAll(async () => {
    audit = await auditBench()
  })
  afterAll(() => audit.dispose())

  test('holds one signed statement a landed change, with what was checked and approved', async () => {
    const { bench, ids } = audit
    const file = join(folder, 'out.jsonl')
    const done = await bench.engine.exportAudit(file, false)
    expect(done).toMatchObject({ file, exported: 3, left_out: [] })
    // Everything below uses nothing of the program: the public key's file and Node's own crypto.
    const spki = createPublicKey(readFileSync(join(bench.dir, '.hyperion/audit-key.pub.pem')))
    const keyid = createHash('sha256')
      .update(spki.export({ type: 'spki', format: 'der' }))
      .digest('hex')
    const envelopes = linesOf(file)
    for (const { payload, payloadType, signatures } of envelopes) {
      const bytes = Buffer.from(payload, 'base64')
      const head = `DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `
      const [signature] = signatures
      expect(signature?.keyid).toBe(keyid)
      const sig = Buffer.from(signature?.sig ?? '', 'base64')
      expect(verify(null, Buffer.concat([Buffer.from(head), bytes]), spki, sig)).toBe(true)
    }
    const landed = bench.landed()
    const statements = envelopes.map(statementOf)
    expect(statements.map(({ subject }) => subject.map(({ digest }) => digest))).toEqual(
      landed.map(({ commit, tree }) => [{ gitCommit: commit }, { gitTree: tree }]),
    )
    const [first, , third] = statements
    expect(first?.predicate).toMatchObject({
      workspace: bench.engine.ground.store.facts.get('uuid'),
      change_id: ids.checked[0],
      task_id: 'T-1',
      payload_hash: bench.show(ids.checked[0] ?? 0).payload_hash,
      changes: [{ path: 'one.txt', operation: 'add' }],
      checks: {
        claimed: 'passed look, see',
        verdict: 'passed',
        runs: [
          { name: 'look', verdict: 'passed', tree: landed[0]?.tree },
          { name: 'see', verdict: 'passed', tree: landed[0]?.tree },
        ],
      },
      approvals: [],
    })
    expect(third?.predicate.approvals).toMatchObject([{ approver: 'Ada Ö.', role: 'owner' }])
    for (const { predicate } of statements)
      expect(predicate.log.audit_head_row).toBeLessThan(predicate.log.applied_row)
  })

  test('with another payload, type or key no signature holds', async () => {
    const { bench } = audit
    const file = join(folder, 'out.jsonl')
    await bench.engine.exportAudit(file, false)
    const key = createPublicKey(readFileSync(publicKeyFile(join(bench.dir, '.hyperion'))))
    const [envelope] = linesOf(file) as [Envelope, ...Envelope[]]
    expect(isSealedBy(envelope, key)).toBe(true)
    const statement = statementOf(envelope)
    statement.predicate.approvals.push({
      approver: 'Mallory',
      role: null,
      content_hash: 'a'.repeat(64),
      approved_at: 1,
    })
    const payload = Buffer.from(JSON.stringify(statement)).toString('base64')
    expect(isSealedBy({ ...envelope, payload }, key)).toBe(false)
    expect(isSealedBy({ ...envelope, payloadType: 'text/plain' as never }, key)).toBe(false)
    expect(isSealedBy(envelope, signingKey(folder).publicKey)).toBe(false)
  })

  test('is written whole or not at all, and replaces another only when asked to', async () => {
    const file = join(folder, 'out.jsonl')
    writeFileSync(file, 'mine\n')
    await expect(audit.bench.engine.exportAudit(file, false)).rejects.toMatchObject({
      kind: 'user',
      code: 'file_exists',
    })
    expect(readFileSync(file, 'utf8')).toBe('mine\n')
    await audit.bench.engine.exportAudit(file, true)
    expect(linesOf(file)).toHaveLength(3)
    expect(readdirSync(folder)).toEqual(['out.jsonl'])
    await expect(audit.bench.engine.exportAudit(join(folder, 'no/such/x'), false)).rejects.toMatchObject({
      code: 'not_writable',
    })
  })

  test('is refused for a log that does not hold, and leaves out a change that does not', async () => {
    const file = join(folder, 'out.jsonl')
    await audit.onForged(
      (db) => db.exec('UPDATE change_queue_logs SET created_at = 1 WHERE id = 3'),
      (engine) => expect(engine.exportAudit(file, false)).rejects.toMatchObject({ code: 'log_row_changed' }),
    )
    expect(existsSync(file)).toBe(false)
    const done = await audit.onForged(
      (db) => db.exec('DELETE FROM approvals'),
      (engine) => engine.exportAudit(file, false),
    )
    expect(done).toMatchObject({ exported: 2, left_out: [{ change_id: audit.ids.approved }] })
    expect(linesOf(file).map((line) => statementOf(line).predicate.task_id)).toEqual(['T-1', 'T-2'])
  })

  test('the key was made at init, private to its owner, and git ignores it', () => {
    const { bench } = audit
    const made = join(bench.dir, '.hyperion')
    expect(statSync(privateKeyFile(made)).mode & 0o777).toBe(0o600)
    expect(bench.repo.git('status', '--porcelain')).not.toContain('audit-key')
    expect(bench.repo.git('check-ignore', privateKeyFile(made))).toContain('audit-key.pem')
    expect(readFileSync(publicKeyFile(made), 'utf8')).not.toContain('PRIVATE')
  })
})

describe('the key', () => {
  test('is made once, whatever the umask is, and stays', () => {
    expect(keyState(folder)).toMatchObject({ state: 'missing', remedy: expect.stringContaining('init') })
    const umask = process.umask(0)
    try {
      ensureKey(folder)
    } finally {
      process.umask(umask)
    }
    expect(statSync(privateKeyFile(folder)).mode & 0o777).toBe(0o600)
    const { keyid } = signingKey(folder)
    ensureKey(folder)
    expect(signingKey(folder).keyid).toBe(keyid)
    expect(keyState(folder)).toMatchObject({ state: 'ok', keyid, problem: null })
    rmSync(publicKeyFile(folder))
    expect(signingKey(folder).keyid).toBe(keyid)
    expect(readdirSync(folder).sort()).toEqual(['audit-key.pem', 'audit-key.pub.pem'])
  })

  test.each([0o640, 0o604, 0o644, 0o660])('that others may read (%o) is refused', (mode) => {
    ensureKey(folder)
    chmodSync(privateKeyFile(folder), mode)
    expect(keyState(folder)).toMatchObject({ state: 'unsafe', remedy: expect.stringContaining('chmod 600') })
    expect(() => signingKey(folder)).toThrow(new RegExp(`has mode ${mode.toString(8)}`))
  })

  test.each([
    ['no key', 'this is a letter'],
    ['empty', ''],
    [
      'of another kind',
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHgrNzvW0zLsjIWyWLtYqJBJHZBqNNNNNNNNNNNNNNNN\n-----END PRIVATE KEY-----\n',
    ],
  ])('that is %s is refused and left alone', (_what, text) => {
    writeFileSync(privateKeyFile(folder), text, { mode: 0o600 })
    expect(keyState(folder)).toMatchObject({ state: 'broken', remedy: expect.any(String) })
    expect(() => signingKey(folder)).toThrow(/is no (private|Ed25519) key/)
    expect(readFileSync(privateKeyFile(folder), 'utf8')).toBe(text)
  })

  test('whose public half is that of another is told of', () => {
    ensureKey(folder)
    const other = mkdtempSync(join(tmpdir(), 'export-'))
    ensureKey(other)
    writeFileSync(publicKeyFile(folder), readFileSync(publicKeyFile(other)))
    rmSync(other, { recursive: true, force: true })
    expect(keyState(folder)).toMatchObject({ state: 'broken', remedy: expect.stringContaining('remove') })
  })
})
