import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { tempRepo, type TempRepo, type TempRepoOptions } from './temp-repo.ts'

const open: TempRepo[] = []
function repoWith(options: TempRepoOptions): TempRepo {
  const repo = tempRepo(options)
  open.push(repo)
  return repo
}
afterEach(() => {
  for (const repo of open.splice(0)) repo.dispose()
})

describe('tempRepo', () => {
  it('keeps bytes and modes, and gives one commit id for one content', () => {
    const files = {
      'crlf.txt': 'a\r\nb',
      'bin/tool': { content: '#!/bin/sh\n', executable: true },
      'näme.txt': Buffer.from([0xff, 0x00, 0x0a]),
    }
    const repo = repoWith({ files })
    expect(repo.tree().map(({ path, mode }) => [path, mode])).toEqual([
      ['bin/tool', '100755'],
      ['crlf.txt', '100644'],
      ['näme.txt', '100644'],
    ])
    expect(repo.tree().map(({ bytes }) => bytes.toString('latin1'))).toEqual([
      '#!/bin/sh\n',
      'a\r\nb',
      '\xff\x00\n',
    ])
    expect(repoWith({ files }).head()).toBe(repo.head())
    expect(repo.git('status', '--porcelain')).toBe('')
  })

  it('commits writes and removals', () => {
    const repo = repoWith({ files: { a: '1\n', b: '2\n' } })
    const first = repo.head()
    repo.write('a', 'one\n')
    repo.remove('b')
    const second = repo.commit('change a, drop b')
    expect(second).not.toBe(first)
    expect(repo.git('show', '--no-patch', '--format=%s %an %cn')).toBe('change a, drop b Author Committer')
    expect(repo.tree().map(({ path, bytes }) => `${path}=${bytes}`)).toEqual(['a=one\n'])
  })

  it('makes bare and SHA-256 repositories', () => {
    const repo = repoWith({ files: { a: '1\n' }, bare: true, objectFormat: 'sha256', branch: 'trunk' })
    expect(repo.head()).toMatch(/^[0-9a-f]{64}$/)
    expect(repo.git('rev-parse', '--is-bare-repository', '--abbrev-ref', 'HEAD')).toBe('true\ntrunk')
  })

  it('says what git said when git fails, and is gone after dispose', () => {
    const repo = repoWith({})
    expect(() => repo.head()).toThrow(/HEAD/)
    repo.dispose()
    expect(existsSync(repo.dir)).toBe(false)
  })
})
