/** Finds what a path of the app's pages means: a file of the built renderer, its page, or nothing. */
import { constants } from 'node:fs'
import { lstat, open, realpath } from 'node:fs/promises'
import { extname, join } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
}

/** Names the bundler gives; no other character can be part of a file that is served. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/
const HASHED = /^assets\/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/

export interface Target {
  /** As it was asked for, without the query. */
  path: string
  /** Decoded, one entry a folder; empty for the root. */
  segments: string[]
  query: URLSearchParams
}

export interface Page {
  type: string
  cache: 'no-store' | 'no-cache' | 'public, max-age=31536000, immutable'
  bytes: Buffer
}

/** Reads what follows the host in a URL; null for what no page of the app ever asks for. */
export function parseTarget(url: string): Target | null {
  // Another host's name after two slashes, or a backslash that a browser reads as one, would lead away.
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(url) || url.includes('\\')) return null
  const at = url.indexOf('?')
  const path = at === -1 ? url : url.slice(0, at)
  const segments: string[] = []
  for (const part of path.slice(1).replace(/\/$/, '').split('/')) {
    let text: string
    try {
      text = decodeURIComponent(part)
    } catch {
      return null
    }
    if (text === '.' || text === '..' || /[\p{Cc}/\\]/u.test(text)) return null
    if (text === '' && path !== '/') return null
    if (text !== '') segments.push(text)
  }
  return { path, segments, query: new URLSearchParams(at === -1 ? '' : url.slice(at + 1)) }
}

/** Places of the app have no dot in their first part; what they show is the page's affair. */
const isPlace = ([first]: readonly string[]): boolean =>
  first === undefined || (first !== 'assets' && !first.includes('.'))

/** Reads a file below `root` that is reached through no link; null when there is none. */
async function readBelow(root: string, segments: readonly string[]): Promise<Buffer | null> {
  if (!segments.every((segment) => FILE_NAME.test(segment))) return null
  try {
    const file = join(await realpath(root), ...segments)
    if ((await realpath(file)) !== file || !(await lstat(file)).isFile()) return null
    const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    try {
      return (await handle.stat()).isFile() ? await handle.readFile() : null
    } finally {
      await handle.close()
    }
  } catch {
    return null
  }
}

/** Returns what a path of the app answers; null when there is nothing. */
export async function findPage(root: string, segments: readonly string[]): Promise<Page | null> {
  const found = isPlace(segments) ? ['index.html'] : segments
  const bytes = await readBelow(root, found)
  if (bytes === null) return null
  const path = found.join('/')
  const hashed = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
  return {
    bytes,
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    cache: path === 'index.html' ? 'no-store' : hashed,
  }
}
