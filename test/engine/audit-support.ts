/** A workspace in which changes landed with checks and approvals, and copies of its queue to forge. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openEngine, type Engine } from '../../main/engine/engine.ts'
import type { AuditReport } from '../../schemas/audit.ts'
import { added, change, request } from '../support/requests.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

export interface AuditBench {
  bench: Workbench
  /** The changes: unchecked before checks were on, checked, approved by a person, already present, failed. */
  ids: { checked: number[]; approved: number; present: number; failed: number }
  /** Runs `work` on an engine over a copy of the queue that `forge` had in its hands. */
  onForged<T>(forge: (db: DatabaseSync) => void, work: (engine: Engine) => Promise<T>): Promise<T>
  /** Verifies a copy of the queue that `forge` had in its hands. */
  verifyForged(forge: (db: DatabaseSync) => void): Promise<AuditReport>
  /** Verifies while the branch is at another commit. */
  verifyAt(commit: string): Promise<AuditReport>
  dispose(): void
}

const TARGET = 'refs/heads/hyperion/main'

export async function auditBench(): Promise<AuditBench> {
  const config = { checks: { allow: { look: 'test -f a.txt', see: 'test -d .' } } }
  const bench = await workbench({
    files: { 'a.txt': 'a\n', 'hyperion.config.json': JSON.stringify(config) },
  })
  const folder = mkdtempSync(join(tmpdir(), 'audit-'))
  let copies = 0
  const checked = await bench.enqueue(
    change({ task: 'T-1', path: 'one.txt', add: '1\n', checks: ['look', 'see'] }),
    change({ task: 'T-2', path: 'two.txt', add: '2\n', checks: ['look'] }),
  )
  const [approved = 0, present = 0, failed = 0] = await bench.enqueue(
    request({ task: 'T-3', checks: ['look'] }, added('.github/x.yml', 'x\n')),
    change({ task: 'T-4', path: 'a.txt', add: 'a\n', checks: ['look'] }),
    change({ task: 'T-5', path: 'five.txt', add: '5\n', checks: ['false'] }),
  )
  await bench.drain({ runChecks: true })
  await bench.engine.approve(approved, 'Ada Ö.', 'owner', null)
  await bench.drain({ runChecks: true })
  const host = { env: process.env, home: process.env['HOME'] ?? null }
  const one: AuditBench = {
    bench,
    ids: { checked, approved, present, failed },
    async onForged(forge, work) {
      copies += 1
      const dbFile = join(folder, `copy-${copies}.db`)
      bench.engine.ground.store.db.pragma('wal_checkpoint(TRUNCATE)')
      copyFileSync(bench.engine.ground.dbFile, dbFile)
      const db = new DatabaseSync(dbFile)
      // As somebody with an editor for the file, not as a program that keeps to the rules.
      db.exec('PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF')
      try {
        forge(db)
      } finally {
        db.close()
      }
      const engine = await openEngine({ workspace: bench.dir, dbFile, host, actor: 'test' })
      try {
        return await work(engine)
      } finally {
        await engine.close()
      }
    },
    verifyForged: (forge) => one.onForged(forge, (engine) => engine.verifyAudit()),
    async verifyAt(commit) {
      const tip = bench.tip()
      bench.repo.git('update-ref', TARGET, commit)
      try {
        return await bench.engine.verifyAudit()
      } finally {
        bench.repo.git('update-ref', TARGET, tip)
      }
    },
    dispose() {
      bench.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return one
}
