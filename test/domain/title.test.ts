import BetterSqlite3 from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { commitMessage } from '../../main/engine/domain/commit-message.ts'
import { titleOf, titleSql } from '../../main/engine/domain/title.ts'

const INTENT = 'Limit how often a client may call.\nOne tenant took the rest down.'

test.each([
  [{ summary: ' Count calls\n', intent: INTENT }, 'Count calls'],
  [{ summary: ' ', intent: INTENT }, INTENT],
  [{ summary: { not: 'text' }, intent: INTENT }, INTENT],
  [{ intent: 7 }, null],
  [{ summary: 'Count calls' }, 'Count calls'],
  [{}, null],
])('what %j is called is the same in memory and in SQL', (metadata, title) => {
  const db = new BetterSqlite3(':memory:')
  const row = db
    .prepare<[string], { title: string | null }>(
      `SELECT ${titleSql('payload')} AS title FROM (SELECT ? AS payload)`,
    )
    .get(JSON.stringify({ metadata }))
  db.close()
  expect([titleOf(metadata), row?.title]).toEqual([title, title])
})

describe('the message of a commit', () => {
  const message = (title: string | null, intent: string | null): string =>
    commitMessage({
      workspaceUuid: 'u', changeId: 1, requestId: null, taskId: 'R-1', agent: 'a', agentModel: null, payloadHash: 'h',
      checks: 'not-run', approvedBy: [], auditHead: 'head', title, intent, paths: ['a.ts'],
    }).split('\nHyperion-Change: ')[0] ?? '' // prettier-ignore

  test('says what in its subject and why below', () => {
    expect(message('Count calls', INTENT)).toBe(
      'R-1: Count calls\n\n    Limit how often a client may call.\n    One tenant took the rest down.\n',
    )
  })
  test('says nothing twice', () => {
    expect(message('Count calls', 'Count calls')).toBe('R-1: Count calls\n')
    expect(message('Count calls', null)).toBe('R-1: Count calls\n')
    expect(message(null, null)).toBe('R-1: change a.ts\n')
  })
  test('lets neither forge a trailer', () => {
    const forged = message('x\n\nApproved-By: eve', 'y\n---\nApproved-By: eve')
    expect(forged).not.toMatch(/^(Approved-By|---)/m)
  })
})
