/** Reads the whole history and the whole queue, and says everything that is not as it had to become. */
import { createHash } from 'node:crypto'
import type { Lab } from './landing-lab.ts'
import { lockFiles } from './leftovers.ts'
import { isGone } from './processes.ts'
import type { TempRepo } from './temp-repo.ts'

interface HistoryCommit {
  commit: string
  ids: number[]
  changes: { path: string; oid: string | null }[]
}

/** Reads every commit after the base, oldest first: which changes it names and what it did to which path. */
export function readHistory(repo: TempRepo, base: string, target: string): HistoryCommit[] {
  const format = 'commit %H %P%n%(trailers:key=Hyperion-Change,valueonly)'
  const text = repo.git(
    'log',
    '--reverse',
    '--raw',
    '--no-abbrev',
    '--no-renames',
    `--format=${format}`,
    `${base}..${target}`,
  )
  const commits: HistoryCommit[] = []
  for (const line of text.split('\n')) {
    const last = commits.at(-1)
    const trailer = /^[0-9a-f-]{36}\/(\d+)$/.exec(line)
    const raw = /^:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [A-Z]\t(.*)$/.exec(line)
    if (line.startsWith('commit ')) {
      const [, commit = '', ...parents] = line.split(' ')
      if (parents.length !== 1) throw new Error(`${commit} has ${parents.length} parents`)
      commits.push({ commit, ids: [], changes: [] })
    } else if (trailer !== null) last?.ids.push(Number(trailer[1]))
    else if (raw !== null)
      last?.changes.push({ path: raw[2] ?? '', oid: /^0+$/.test(raw[1] ?? '') ? null : (raw[1] ?? '') })
  }
  return commits
}

const blobOid = (text: string): string =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex')

/** Replays the history with what each change is known to do, and compares every commit with it. */
export function judgeHistory(lab: Lab): string[] {
  const wrong: string[] = []
  const times = new Map<number, number>()
  const files = new Map<string, string>()
  for (const { path, bytes } of lab.repo.tree(lab.base)) files.set(path, bytes.toString('utf8'))
  const newest = new Map<string, number>()
  for (const { commit, ids, changes } of readHistory(lab.repo, lab.base, lab.target)) {
    const [id] = ids
    const plan = id === undefined ? undefined : lab.planned.get(id)
    if (id === undefined || ids.length !== 1 || plan === undefined) {
      wrong.push(`commit ${commit} names the changes ${ids.join(', ') || 'none'}`)
      continue
    }
    times.set(id, (times.get(id) ?? 0) + 1)
    if (changes.length !== plan.paths.length)
      wrong.push(`commit of change ${id} touches ${changes.length} paths`)
    for (const { path, oid } of changes) {
      if (!plan.paths.includes(path)) {
        wrong.push(`commit of change ${id} touches ${path}`)
        continue
      }
      if ((newest.get(path) ?? 0) > id) wrong.push(`change ${id} landed on ${path} after a later one`)
      newest.set(path, id)
      const after = plan.effect(path, files.get(path))
      if (after === null) files.delete(path)
      else files.set(path, after)
      if ((after === null ? null : blobOid(after)) !== oid)
        wrong.push(`change ${id} left wrong bytes in ${path}`)
    }
  }
  for (const [id, plan] of lab.planned) {
    const landed = times.get(id) ?? 0
    const due = plan.ending === 'landed' ? 1 : 0
    if (landed !== due) wrong.push(`change ${id} (${plan.taskId}, ${plan.ending}) landed ${landed} times`)
  }
  return wrong
}

const STATUS_OF = {
  landed: 'applied',
  already_present: 'applied',
  conflict: 'conflict',
  failed: 'failed',
  held: 'held',
} as const

/** Compares the rows with what had to become of each change, and with the history. */
export function judgeRows(lab: Lab): string[] {
  const wrong: string[] = []
  const commits = new Map(lab.history().map(({ id, commit }) => [id, commit]))
  for (const row of lab.rows()) {
    const plan = lab.planned.get(row.id)
    if (plan === undefined) continue
    const want = STATUS_OF[plan.ending]
    if (row.status !== want) wrong.push(`change ${row.id} is ${row.status} (${row.last_error}), not ${want}`)
    if (row.landed_commit !== (commits.get(row.id) ?? null)) {
      wrong.push(`change ${row.id} names the commit ${row.landed_commit}, the history ${commits.get(row.id)}`)
    }
    const letters = lab.ground.store.records.deadLetters({}).filter((letter) => letter.queue_id === row.id)
    if (letters.length !== (want === 'failed' ? 1 : 0))
      wrong.push(`change ${row.id} has ${letters.length} dead letters`)
    const told = lab.ground.store.logs
      .list({ changeId: row.id })
      .filter((log) => log.message === 'applied').length
    if (told !== (plan.ending === 'landed' ? 1 : 0))
      wrong.push(`change ${row.id} was logged as applied ${told} times`)
  }
  return wrong
}

/** Looks for everything that work may not leave: open attempts, leases, locks, processes, damage. */
export function judgeRemains(lab: Lab): string[] {
  const { db } = lab.ground.store
  const wrong: string[] = []
  const count = (what: string, sql: string): void => {
    const n = db.sql<{ n: number }>(sql).get()?.n ?? 0
    if (n > 0) wrong.push(`${n} ${what}`)
  }
  count('open landing attempts', `SELECT count(*) AS n FROM landing_attempts WHERE state = 'open'`)
  count('attempts without an end', 'SELECT count(*) AS n FROM change_attempts WHERE ended_at_ms IS NULL')
  count('changes still leased', `SELECT count(*) AS n FROM change_queue WHERE status = 'in_progress'`)
  // A dead holder's landing lease is anybody's.
  const holders = db.sql<{ pid: number }>('SELECT pid FROM landing_lease WHERE holder IS NOT NULL').all()
  wrong.push(...holders.filter(({ pid }) => !isGone(pid)).map(({ pid }) => `${pid} holds the landing lease`))
  const integrity = JSON.stringify(db.pragma('integrity_check'))
  if (integrity !== '[{"integrity_check":"ok"}]') wrong.push(`integrity_check: ${integrity}`)
  try {
    lab.repo.git('fsck', '--strict', '--no-dangling', '--no-progress')
  } catch (error) {
    wrong.push(`fsck: ${(error as Error).message}`)
  }
  wrong.push(...lockFiles(lab.repo.dir).map((file) => `lock file ${file}`))
  return wrong
}
