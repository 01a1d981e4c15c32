/** Who may speak to the browser host: one token, a cookie that stands for it, the host's own names and nothing else. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'

const TOKEN_BYTES = 32
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/
const TOKEN_FILE = 'browser-token'

/** A bookmark works for so long without the link from the terminal. */
const COOKIE_SECONDS = 30 * 24 * 3600

/** What a request is answered with instead of what it asked for. */
export interface Refusal {
  status: 401 | 403
  why: string
}

export interface Access {
  /** Why a request may not come from where it does; null when it may. */
  foreign(request: IncomingMessage, needsOrigin: boolean): Refusal | null
  /** Whether a token from a link is the right one; a ticket is taken once. */
  admits(token: string): boolean
  /** Whether the request brings the cookie. */
  isKnown(request: IncomingMessage): boolean
  /** The header that lets a browser in from now on. */
  cookie(): string
  /** A token that works once, for a link that others on this machine might see. */
  ticket(): string
}

const freshToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')

/** Compares in a time that says nothing about where, or by how much, the texts differ. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Reads a token that only its owner could read so far; anything else is no secret, or no token. */
function readToken(file: string): string | null {
  try {
    const stat = lstatSync(file)
    if (!stat.isFile() || (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)) return null
    const text = readFileSync(file, 'utf8').trim()
    return TOKEN_FORM.test(text) ? text : null
  } catch {
    return null
  }
}

/**
 * Returns the token kept in a folder, made on first use, so that a browser that was let in stays so after a restart.
 *
 * Where nothing can be written the token lives as long as this process.
 */
export function keptToken(folder: string): string {
  const file = join(folder, TOKEN_FILE)
  const found = readToken(file)
  if (found !== null) return found
  const token = freshToken()
  const written = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    rmSync(file, { force: true })
    rmSync(written, { force: true })
    writeFileSync(written, `${token}\n`, { flag: 'wx', mode: 0o600 })
    try {
      // Of two hosts that start at once the first to link wins, and both use its token.
      linkSync(written, file)
    } finally {
      rmSync(written, { force: true })
    }
    return token
  } catch {
    return readToken(file) ?? token
  }
}

/** Returns every value a request brings for a cookie; another port of this machine may have added one. */
function cookiesOf(request: IncomingMessage, name: string): string[] {
  return (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : []
  })
}

/** Judges requests to one port. */
export function openAccess(token: string, port: number): Access {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  // Cookies do not know ports: the name keeps two hosts on one machine apart.
  const name = `hyperion_${port}`
  const tickets = new Set<string>()
  return {
    foreign(request, needsOrigin) {
      const [host, ...more] = request.headersDistinct['host'] ?? []
      if (host === undefined || more.length > 0 || !hosts.includes(host)) {
        return { status: 403, why: `This is ${hosts[0]}, and it answers to no other name.` }
      }
      const { origin } = request.headers
      if (origin === undefined ? needsOrigin : origin !== `http://${host}`) {
        return { status: 403, why: 'Only its own pages may speak to this host.' }
      }
      return null
    },
    admits(given) {
      // All are compared, so that time does not tell which.
      const spent = [...tickets].filter((ticket) => same(given, ticket))
      for (const ticket of spent) tickets.delete(ticket)
      return same(given, token) || spent.length > 0
    },
    isKnown: (request) => cookiesOf(request, name).filter((value) => same(value, token)).length > 0,
    cookie: () => `${name}=${token}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Strict`,
    ticket() {
      const ticket = freshToken()
      tickets.add(ticket)
      return ticket
    },
  }
}
