import { expect, test } from 'vitest'
import { diffed, patched, replaced, request } from '../support/requests.ts'
import { attempt, land, withBench } from '../support/workbench.ts'

const BLOCK = 'begin\nvalue\nend\n'
const SPACE = '1\n2\n3\n4\n5\n6\n7\n8\n'
/** The block stands once in each, but not in the same place; in between, what was the block reads differently. */
const OLD = `${BLOCK}${SPACE}tail\n`
const NEW = `begin\nother value\nend\n${SPACE}tail\n${BLOCK}`
const EDIT = patched('f.txt', '@@ -1,3 +1,3 @@\n begin\n-value\n+VALUE\n end\n')

test('a given base wins over a tip that would fit too', () =>
  withBench({ files: { 'f.txt': OLD } }, async (bench) => {
    bench.repo.write('f.txt', NEW)
    bench.repo.commit('moved on')
    const shown = await attempt(bench, request({ task: 'T', base: bench.base }, EDIT))
    expect(shown.conflicts[0]).toMatchObject({
      kind: 'content',
      base_commit: bench.base,
      base_origin: 'given',
    })
  }))

test('a given base on which the patch does not fit is an error of the request, whatever the tip', () =>
  withBench({ files: { 'f.txt': SPACE } }, async (bench) => {
    bench.repo.write('f.txt', OLD)
    bench.repo.commit('moved on')
    const shown = await attempt(bench, request({ task: 'T', base: bench.base }, EDIT))
    expect(shown).toMatchObject({ status: 'failed', reason_code: 'does_not_apply', attempts: 1 })
    expect(bench.engine.deadLetters({}).map(({ queue_id }) => queue_id)).toEqual([shown.id])
  }))

test('without one the tip comes first', () =>
  withBench({ files: { 'f.txt': OLD } }, async (bench) => {
    bench.repo.write('f.txt', NEW)
    bench.repo.commit('moved on')
    await land(bench, request({ task: 'T' }, EDIT))
    expect(bench.text('f.txt')).toBe(NEW.replace(/\nvalue/, '\nVALUE'))
  }))

test('then the tip of when it was queued', () =>
  withBench({ files: { 'f.txt': OLD } }, async (bench) => {
    const [id = 0] = await bench.enqueue(request({ task: 'T' }, EDIT))
    bench.repo.write('f.txt', OLD.replace('value', 'another'))
    bench.repo.commit('moved on since')
    await bench.drain()
    expect(bench.show(id).conflicts[0]).toMatchObject({
      kind: 'content',
      base_commit: bench.base,
      base_origin: 'inferred',
    })
  }))

test('then the newest commit on which it fits, and what it merges cleanly lands', () => {
  const versions = [OLD, OLD.replace('8', 'eight'), OLD.replace('8', 'eight').replace('tail', 'TAIL')]
  const [, , now = ''] = versions
  return withBench({ files: { 'f.txt': versions[0] as string } }, async (bench) => {
    const first = bench.repo.head()
    bench.repo.write('f.txt', versions[1] as string)
    const second = bench.repo.commit('eight')
    bench.repo.write('other.txt', 'x\n')
    bench.repo.commit('something else')
    bench.repo.write('f.txt', now)
    bench.repo.commit('tail')
    await bench.drain()
    // Its context is that of the second and the first; at the tip the last line reads otherwise.
    const near = patched('f.txt', '@@ -9,4 +9,4 @@\n 6\n-7\n+seven\n eight\n tail\n')
    await land(bench, request({ task: 'NEAR' }, near))
    expect(bench.text('f.txt')).toBe(now.replace('7', 'seven'))
    const clash = patched('f.txt', '@@ -11,2 +11,2 @@\n eight\n-tail\n+tale\n')
    const shown = await attempt(bench, request({ task: 'CLASH' }, clash))
    expect(shown.conflicts[0]).toMatchObject({
      kind: 'content',
      base_commit: second,
      base_origin: 'inferred',
    })
    const oldest = patched('f.txt', '@@ -10,3 +10,3 @@\n 7\n 8\n-tail\n+tale\n')
    const older = await attempt(bench, request({ task: 'OLDER' }, oldest))
    expect(older.conflicts[0]).toMatchObject({ base_commit: first, base_origin: 'inferred' })
  })
})

test('of history the last 200 commits that touched the path are looked at', () =>
  withBench(
    {
      files: { 'f.txt': 'start\n' },
      before: (repo) => {
        const commits = Array.from({ length: 230 }, (_, index) => {
          const text = `version ${index + 1}\n`
          const from = index === 0 ? `from ${repo.head()}\n` : ''
          return `commit refs/heads/main\ncommitter A <a@example.invalid> ${1_700_000_000 + index} +0000\ndata 1\nc\n${from}M 100644 inline f.txt\ndata ${text.length}\n${text}\n`
        })
        repo.run(['fast-import', '--quiet', '--force'], { stdin: commits.join('') })
        repo.git('reset', '--quiet', '--hard')
      },
    },
    async (bench) => {
      const edit = (version: number) => patched('f.txt', `@@ -1 +1 @@\n-version ${version}\n+mine\n`)
      const near = await attempt(bench, request({ task: 'NEAR' }, edit(40)))
      expect(near.conflicts[0]).toMatchObject({ kind: 'content', base_origin: 'inferred' })
      expect(bench.text('f.txt', near.conflicts[0]?.base_commit ?? '')).toBe('version 40\n')
      const far = await attempt(bench, request({ task: 'FAR' }, edit(20)))
      expect(far.conflicts[0]).toMatchObject({
        kind: 'base_unknown',
        base_commit: null,
        base_origin: 'unknown',
      })
    },
  ))

test('a whole text is taken for one of when it was queued, so that it undoes nothing of what landed since', () =>
  withBench({ files: { 'f.txt': OLD } }, async (bench) => {
    const [first, second] = await bench.enqueue(
      request({ task: 'A' }, diffed('f.txt', OLD, OLD.replace('value', 'VALUE'))),
      request({ task: 'B' }, replaced('f.txt', OLD.replace('tail', 'TAIL'))),
    )
    await bench.drain()
    expect([first, second].map((id) => bench.show(id ?? 0).status)).toEqual(['applied', 'applied'])
    expect(bench.text('f.txt')).toBe(OLD.replace('value', 'VALUE').replace('tail', 'TAIL'))
  }))

test('a whole text for a file that an earlier change adds is taken for one of that', () =>
  withBench({}, async (bench) => {
    await land(
      bench,
      request({ task: 'A' }, diffed('new.txt', null, 'first\n')),
      request({ task: 'B' }, replaced('new.txt', 'second\n')),
      request({ task: 'C' }, diffed('new.txt', 'second\n', 'third\n')),
    )
    expect(bench.text('new.txt')).toBe('third\n')
    expect(bench.landed().length).toBe(3)
  }))

test('a shallow clone is worked on as far as its history goes', () =>
  withBench(
    {
      files: { 'f.txt': OLD },
      before: (repo) => {
        repo.write('f.txt', NEW)
        repo.commit('the only one that is left')
        repo.git('config', 'uploadpack.allowAnySHA1InWant', 'true')
        repo.run(
          [
            '-c',
            'protocol.file.allow=always',
            'clone',
            '--quiet',
            '--depth=1',
            `file://${repo.dir}`,
            'shallow',
          ],
          { cwd: `${repo.dir}/..` },
        )
      },
      workspace: (repo) => `${repo.dir}/../shallow`,
    },
    async (bench) => {
      const shown = await attempt(
        bench,
        request({ task: 'T' }, patched('f.txt', '@@ -1,2 +1,2 @@\n never\n-was\n+there\n')),
      )
      expect(shown).toMatchObject({ status: 'conflict', reason_code: 'conflict' })
      expect(shown.conflicts[0]?.kind).toBe('base_unknown')
    },
  ))

test('a given base that has left the repository since fails at once: no retry brings it back', () =>
  withBench({ files: { 'f.txt': 'a\n' } }, async (bench) => {
    const base = bench.repo.git('commit-tree', '-m', 'loose', 'HEAD^{tree}')
    const [id = 0] = await bench.enqueue(request({ task: 'T', base }, diffed('f.txt', 'a\n', 'b\n')))
    bench.repo.git('prune', '--expire=now')
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'failed', reason_code: 'base_missing' })
  }))
