/** From the path of a request to a file of the built page: what is served, what gets the page itself, what is refused. */
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export type Found =
  { status: 200; bytes: Buffer; type: string; immutable: boolean } | { status: 400 | 404; bytes: null }

/** First parts of paths that are places of the app, drawn by the page and held by no file. */
const PLACES = new Set(
  'home inbox requests request queue change logs files cast-builder skills settings'.split(' '),
)

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
}

/** Returns the parts of a path, or null where it is bent: a part that climbs, a backslash, NUL, a broken escape. */
export function partsOf(pathname: string): string[] | null {
  let plain: string
  try {
    plain = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (!plain.startsWith('/') || /[\\\0]/.test(plain)) return null
  // An escaped slash would make other parts than the browser saw.
  if (plain.split('/').length !== pathname.split('/').length) return null
  const parts = plain.slice(1).split('/')
  if (parts.at(-1) === '') parts.pop()
  return parts.some((part) => part === '' || part === '.' || part === '..') ? null : parts
}

async function readInside(root: string, parts: readonly string[]): Promise<Buffer | null> {
  try {
    const [home, file] = await Promise.all([realpath(root), realpath(join(root, ...parts))])
    if (!file.startsWith(home + sep) || !(await stat(file)).isFile()) return null
    return await readFile(file)
  } catch {
    return null
  }
}

/** Finds what answers a path: a file below `root`, the page for its own places, 404 or 400. */
export async function findStatic(root: string, pathname: string): Promise<Found> {
  const parts = partsOf(pathname)
  if (parts === null) return { status: 400, bytes: null }
  const first = parts[0]
  const file = first === undefined || PLACES.has(first) ? ['index.html'] : parts
  const bytes = await readInside(root, file)
  if (bytes === null) return { status: 404, bytes: null }
  const type = TYPES[extname(file.at(-1) ?? '').toLowerCase()] ?? 'application/octet-stream'
  return { status: 200, bytes, type, immutable: file[0] === 'assets' }
}
