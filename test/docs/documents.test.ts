import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exists, pathsNamed, projectFiles, readText, tellTales } from './documents.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const files = projectFiles(project)
const documents = files.filter((path) => /^[^/]+\.md$/.test(path))

describe('the documents', () => {
  it('name only files that exist', () => {
    expect(documents).toContain('CONTRIBUTING.md')
    const named = documents.flatMap((file) => pathsNamed(file, readText(project, file)))
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter(({ text }) => !exists(project, text))).toEqual([])
  })

  it('and the sources mention no path of a machine and no host of a package registry', () => {
    expect(files.length).toBeGreaterThan(20)
    expect(files.flatMap((file) => tellTales(file, readText(project, file)))).toEqual([])
  })
})

describe('what the documents are held to', () => {
  it('takes backticked project paths and relative links as names of files', () => {
    const text = [
      'See `main/engine/base/clock.ts`, `test/none.ts:12`, `CONTRIBUTING.md`, `npm test`, `execution/report.json`.',
      'Also [this](docs/none.md#part) and [that](https://example.invalid/x.md), `schemas/*.ts`, `GONE.md`.',
      '```',
      '`main/in/a/block.ts`',
      '```',
      '`main/engine/{base,nothing}/clock.ts`',
    ].join('\n')
    const named = pathsNamed('x.md', text)
    expect(named.filter(({ text: path }) => exists(project, path)).map(({ text: path }) => path)).toEqual([
      'main/engine/base/clock.ts',
      'CONTRIBUTING.md',
      'schemas/*.ts',
    ])
    expect(
      named.filter(({ text: path }) => !exists(project, path)).map(({ line, text: path }) => [line, path]),
    ).toEqual([
      [1, 'test/none.ts'],
      [2, 'GONE.md'],
      [2, 'docs/none.md'],
      [6, 'main/engine/{base,nothing}/clock.ts'],
    ])
  })

  it('finds machine paths and registry hosts', () => {
    const bad = [
      ['', 'root', 'x'].join('/'),
      ['', 'home', 'someone', 'x'].join('/'),
      ['registry', 'example', 'org'].join('.'),
    ]
    const good = ['main/work/x', '~/.npmrc', 'https://example.invalid/home', 'a registry. It', '$HOME/x']
    expect(tellTales('x', [...bad, ...good].join('\n')).map(({ line }) => line)).toEqual([1, 2, 3])
  })
})
