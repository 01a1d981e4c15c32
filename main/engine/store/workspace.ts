/** Facts about the workspace that outlive a process: its id, the branches, pause, the last sweep. */
import type { Database } from './database.ts'

export const WORKSPACE_KEYS = [
  'uuid',
  'upstream',
  'target',
  'agents_stopped',
  'paused',
  'last_cleanup',
  'last_sync',
  'last_audit',
  'boot_id',
  'chain_tip',
  'chain_window',
  'passed_over',
  // Where the last landing left the target, and the newest upstream commit that the target is known to have.
  'landed_tip',
  'upstream_seen',
  'target_rewound',
  'sync_kept',
  // What was exported last, and where to: a JSON object.
  'exported_skills',
  // Hashes of the reports as this program and others wrote them last, by name.
  'report_hashes',
] as const
export type WorkspaceKey = (typeof WORKSPACE_KEYS)[number]

export interface WorkspaceFacts {
  get(key: WorkspaceKey): string | null
  set(key: WorkspaceKey, value: string): void
  remove(key: WorkspaceKey): void
}

export function openWorkspaceFacts(db: Database): WorkspaceFacts {
  return {
    get: (key) =>
      db.sql<{ value: string }>('SELECT value FROM workspace WHERE key = ?').get(key)?.value ?? null,
    set(key, value) {
      db.sql(
        'INSERT INTO workspace (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      ).run(key, value)
    },
    remove(key) {
      db.sql('DELETE FROM workspace WHERE key = ?').run(key)
    },
  }
}
