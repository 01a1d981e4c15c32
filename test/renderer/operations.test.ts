/** Pure parts of the operator's acts around the queue: sources, branches, audit, doctor, file events, allowed checks. */
import { describe, expect, it } from 'vitest'
import type { FileEvent, SubmitPreview } from '../../schemas/intake.ts'
import type { UpstreamState } from '../../schemas/upstream.ts'
import { allowedBy, nameFor, unlistedIn } from '../../renderer/change/unlisted.ts'
import { fileFilter, fits, join, KEPT } from '../../renderer/views/files/events.ts'
import {
  bringLabel,
  movesSentence,
  relationSentence,
  whyNotBring,
} from '../../renderer/views/home/upstream-words.ts'
import {
  branchChoice,
  checksText,
  inTheForm,
  matching,
  nothingWritten,
  whyNotQueue,
  wishOf,
  worktreeChoice,
  wrongIn,
} from '../../renderer/views/requests/submit/model.ts'
import { auditStanding } from '../../renderer/views/settings/audit-words.ts'
import { asText, summaryOf, worstFirst } from '../../renderer/views/settings/doctor-text.ts'

describe('a source to submit', () => {
  const worktree = {
    folder: '/w/agent-1',
    branch: 'fix',
    head: 'a'.repeat(40),
    main: false,
    dirty: true,
    busy: null,
    ahead: 2,
  }
  const words = (choice: ReturnType<typeof worktreeChoice>): string[] => choice.facts.map(({ text }) => text)

  it('says what is in it, and that it is not known where git could not say', () => {
    expect(worktreeChoice(worktree)).toMatchObject({ from: '/w/agent-1', name: 'agent-1', reason: null })
    expect(words(worktreeChoice(worktree))).toEqual(['uncommitted work', '2 ahead'])
    expect(words(worktreeChoice({ ...worktree, dirty: null, ahead: null }))).toEqual([
      'not known whether it has uncommitted work',
      'commits ahead not known',
    ])
    expect(words(worktreeChoice({ ...worktree, dirty: false, ahead: 0, main: true }))).toEqual([
      'this workspace',
      'nothing uncommitted',
      'no commit ahead',
    ])
  })

  it('is kept out while something is under way in it', () => {
    expect(worktreeChoice({ ...worktree, busy: 'a merge' }).reason).toMatch(/^a merge is under way/)
    expect(worktreeChoice({ ...worktree, head: null }).reason).toMatch(/no commit yet/)
  })

  it('is a branch by its full name, which no folder can be taken for', () => {
    const branch = { branch: 'src', head: 'b'.repeat(40), subject: 'Mend it', committed_at: 1, ahead: 1 }
    expect(branchChoice(branch)).toMatchObject({ from: 'refs/heads/src', name: 'src' })
    expect(matching([branchChoice(branch), worktreeChoice(worktree)], ' MEND ')).toHaveLength(1)
  })

  it('is asked for with what was written only', () => {
    expect(wishOf('x', nothingWritten)).toEqual({
      from: 'x',
      base: null,
      task_id: null,
      agent: null,
      checks: null,
    })
    expect(wishOf('x', { taskId: ' T ', agent: '', checks: 'yes\n\n npm test ', base: ' v1 ' })).toEqual({
      from: 'x',
      base: 'v1',
      task_id: 'T',
      agent: null,
      checks: ['yes', 'npm test'],
    })
    expect(checksText(['yes', { run: 'no', expect: { exit_code: 1 } }])).toBe('yes\nno')
  })

  it('has fields that say what is wrong, and remedies that name the fields', () => {
    expect(wrongIn(nothingWritten)).toEqual({})
    expect(Object.keys(wrongIn({ ...nothingWritten, taskId: 'a b', agent: '-x' }))).toEqual([
      'taskId',
      'agent',
    ])
    const failure = {
      kind: 'user',
      code: 'x',
      message: 'm',
      hint: 'name it with --base, or say --agent',
    } as const
    expect(inTheForm({ ...failure, hint: 'name it with --base, or rebase it' }).hint).toBe(
      'name it in the field “Base”, or rebase it',
    )
    expect(inTheForm({ ...failure, hint: null }).hint).toBeNull()
  })

  it('is not queued with refused kinds, without files, or twice', () => {
    const preview: SubmitPreview = {
      source: { kind: 'ref', name: 'x', branch: null, head: 'a'.repeat(40) },
      base: 'b'.repeat(40),
      task_id: 'T',
      agent: 'a',
      intent: null,
      checks: [],
      files: [{ path: 'a', operation: 'add', executable: false, added: 1, removed: 0 }],
      refused: [],
      uncommitted: false,
      notices: [],
      duplicate_of: null,
    }
    expect(whyNotQueue(preview)).toBeNull()
    expect(whyNotQueue({ ...preview, files: [] })).toBe('It changes no file')
    const refused = { path: 'l', code: 'symlink', message: 'is a link' }
    expect(whyNotQueue({ ...preview, refused: [refused] })).toMatch(/a path that no change can carry/)
    expect(whyNotQueue({ ...preview, refused: [refused, refused] })).toMatch(/2 paths/)
    expect(whyNotQueue({ ...preview, duplicate_of: { id: 7, status: 'pending' } })).toMatch(/^Change 7/)
  })
})

describe('the two branches', () => {
  const state: UpstreamState = {
    target: 'hyperion/main',
    target_tip: 'a'.repeat(40),
    upstream: 'main',
    upstream_tip: 'b'.repeat(40),
    checkouts: ['/w'],
    follow: true,
    sync_checkout: 'never',
    relation: 'target_ahead',
    ahead: 3,
    behind: 0,
    merge: null,
    last_sync: null,
    kept: null,
    trouble: null,
  }

  it('are said to stand as they do; what is not known is said to be so', () => {
    expect(relationSentence(state)).toBe('main lacks 3 commits of hyperion/main.')
    expect(relationSentence({ ...state, ahead: null })).toBe(
      'main lacks an unknown number of commits of hyperion/main.',
    )
    expect(relationSentence({ ...state, relation: 'unknown' })).toMatch(/is not known/)
    expect(relationSentence({ ...state, relation: 'diverged', behind: 1 })).toBe(
      'Both moved on: 3 commits landed, 1 commit of main not taken in yet.',
    )
    expect(relationSentence({ ...state, upstream: null })).toBe('hyperion/main follows no branch.')
  })

  it('are brought together where that can be done, else it is said why not', () => {
    expect(bringLabel(state)).toBe('Bring 3 landed commits to main')
    expect(bringLabel({ ...state, ahead: 1 })).toBe('Bring 1 landed commit to main')
    expect(whyNotBring(state)).toBeNull()
    expect(whyNotBring({ ...state, relation: 'same' })).toMatch(/everything/)
    expect(whyNotBring({ ...state, upstream: null })).toMatch(/landing\.upstream/)
    const merge = { change_id: 9, status: 'pending', commit: 'c'.repeat(40), last_error: null } as const
    expect(whyNotBring({ ...state, relation: 'diverged', merge })).toBe('Change 9 merges the two first')
  })

  it('ask first where files of a checkout move', () => {
    expect(movesSentence(state)).toMatch(/^main is checked out at \/w\./)
    expect(movesSentence({ ...state, checkouts: [] })).toBeNull()
    expect(movesSentence({ ...state, ahead: 0 })).toBeNull()
  })
})

describe('the audit', () => {
  const key = { state: 'ok', file: 'k', keyid: null, problem: null, remedy: null } as const
  const last = { clean: true, verified_at: 1, message: '' }

  it('is clean only once it was verified, and worst is said first', () => {
    expect(auditStanding({ key, last: null })).toEqual({ tone: 'warn', text: 'Audit not verified' })
    expect(auditStanding({ key, last })).toEqual({ tone: 'ok', text: 'Audit clean' })
    expect(auditStanding({ key: { ...key, state: 'missing' }, last }).text).toBe('Audit key missing')
    expect(auditStanding({ key: { ...key, state: 'broken' }, last: { ...last, clean: false } })).toEqual({
      tone: 'danger',
      text: 'Audit differs',
    })
  })
})

describe('doctor’s findings', () => {
  const ok = { name: 'git', state: 'ok', detail: 'git 2', remedy: null } as const
  const notice = { name: 'queue', state: 'notice', detail: 'old', remedy: 'clean up' } as const
  const broken = { name: 'key', state: 'broken', detail: 'gone\nfar', remedy: 'make\tone' } as const

  it('stand worst first, each with its remedy, harmless as text', () => {
    expect(worstFirst([ok, notice, broken])).toEqual([broken, notice, ok])
    expect(asText([ok, broken])).toBe('Broken: key: gone\\nfar\n  make one\nIn order: git: git 2')
    expect(summaryOf([ok, notice])).toBe('None of 2 is broken, 1 to note.')
    expect(summaryOf([ok, broken, broken])).toBe('2 of 3 are broken.')
  })
})

describe('file events', () => {
  const event = (id: number, more: Partial<FileEvent> = {}): FileEvent => ({
    id,
    path: `src/${id}.ts`,
    kind: 'changed',
    size: 1,
    created_at: 1,
    ...more,
  })
  const ids = (events: readonly FileEvent[]): number[] => events.map(({ id }) => id)

  it('are joined once each, however much the answers overlap', () => {
    expect(ids(join([event(1), event(2)], [event(2), event(3)]))).toEqual([1, 2, 3])
    expect(ids(join([event(1)], []))).toEqual([1])
    expect(ids(join([], [event(5)]))).toEqual([5])
  })

  it('leave no silent gap: a full answer that does not join on stands alone', () => {
    expect(ids(join([event(1)], [event(8), event(9)], 2))).toEqual([8, 9])
    expect(ids(join([event(1)], [event(2), event(3)], 2))).toEqual([1, 2, 3])
  })

  it('are bounded', () => {
    const many = Array.from({ length: KEPT }, (_, at) => event(at + 1))
    expect(ids(join(many, [event(KEPT + 1)])).slice(0, 1)).toEqual([2])
  })

  it('are found by kind, by where they are and by text', () => {
    const { filter, error } = fileFilter('kind:added,removed path:src/ FOO')
    expect(error).toBeNull()
    expect(fits(event(1, { kind: 'added', path: 'src/foo.ts' }), filter)).toBe(true)
    expect(fits(event(1, { kind: 'changed', path: 'src/foo.ts' }), filter)).toBe(false)
    expect(fits(event(1, { kind: 'added', path: 'lib/src/foo.ts' }), filter)).toBe(false)
    expect(fits(event(1, { kind: 'added', path: 'src/bar.ts' }), filter)).toBe(false)
    expect(fileFilter('kind:moved').error?.message).toMatch(/kind: takes/)
  })
})

describe('allowing a command from now on', () => {
  it('is offered for what is not on the list and expected to pass', () => {
    const entries = ['test', 'npm test', 'echo', 'none', { run: 'false', expect: { exit_code: 1 } }, 'echo']
    expect(unlistedIn(entries, { test: 'npm test' })).toEqual({ commands: ['echo'], toFail: ['false'] })
    expect(unlistedIn(['toString'], {}).commands).toEqual(['toString'])
  })

  it('proposes a name that is free', () => {
    expect(nameFor('CI=1 npm run test -- --ci', [])).toBe('test')
    expect(nameFor('node_modules/.bin/vitest run src', ['x'])).toBe('vitest-src')
    expect(nameFor('npm test', ['test', 'test-2'])).toBe('test-3')
    expect(nameFor('&&', [])).toBe('check')
  })

  it('knows the change that allows it by its words', () => {
    expect(allowedBy('Allow the check there: test -f h.txt')).toBe('test -f h.txt')
    expect(allowedBy('Allow the check a: echo b: true')).toBe('echo b: true')
    expect(allowedBy('Set checks.allow')).toBeNull()
    expect(allowedBy(null)).toBeNull()
  })
})
