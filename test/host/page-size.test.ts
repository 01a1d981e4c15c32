/** What the page costs before anything is clicked, and that the editor is no part of it. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

const PAGE = fileURLToPath(new URL('../../out/renderer', import.meta.url))
const LIMIT = 350 * 1024
/** Fonts and pictures are compressed already, and each is fetched only once something is drawn with it. */
const TEXT = /\.(html|js|css)$/

const read = (path: string): string => readFileSync(join(PAGE, path), 'utf8')

/** Everything a browser fetches by itself, beginning with index.html: what is named statically, without `import()`. */
function loadedStatically(): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (path: string): void => {
    if (found.has(path) || !TEXT.test(path)) return
    const text = read(path)
    found.set(path, text)
    const named = path.endsWith('.html')
      ? [...text.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, to]) => to ?? '')
      : path.endsWith('.js')
        ? [...text.matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+)["']/g)].map(([, to]) => `assets/${to}`)
        : [...text.matchAll(/@import\s+["']\.?\/?([^"']+)["']/g)].map(([, to]) => `assets/${to}`)
    for (const to of named) visit(to)
  }
  visit('index.html')
  return found
}

describe('the page as built', () => {
  const initial = loadedStatically()
  const gzip = (text: string): number => gzipSync(text, { level: 9 }).length

  it(`loads at most ${LIMIT / 1024} KB of gzip to begin with`, () => {
    const sizes = [...initial].map(([path, text]) => [path, gzip(text)] as const)
    const total = sizes.reduce((sum, [, size]) => sum + size, 0)
    expect(sizes.filter(([path]) => /\.(js|css)$/.test(path)).length).toBeGreaterThanOrEqual(2)
    expect(total, sizes.map(([path, size]) => `${path} ${size}`).join(', ')).toBeLessThanOrEqual(LIMIT)
    // A measure that finds next to nothing measures nothing.
    expect(total).toBeGreaterThan(100 * 1024)
  })

  it('has the editor in chunks of its own, with font and workers beside them', () => {
    const assets = readdirSync(join(PAGE, 'assets'))
    const ofEditor = assets.filter(
      (name) => TEXT.test(name) && read(`assets/${name}`).includes('monaco-editor'),
    )
    expect(ofEditor.length).toBeGreaterThan(0)
    expect(ofEditor.filter((name) => initial.has(`assets/${name}`))).toEqual([])
    for (const name of [/^codicon-.*\.ttf$/, /^editor\.worker-.*\.js$/, /^json\.worker-.*\.js$/])
      expect(assets.filter((asset) => name.test(asset)).length).toBeGreaterThan(0)
  })
})
