/** What the browser host serves to whom, asked over real connections. */
import { connect } from 'node:net'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROJECT } from '../cli/support.ts'
import { APP, openLab, SECRET, standIn, type Lab } from './support.ts'

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; " +
  "img-src 'self' data:; connect-src 'self'; worker-src 'self' blob:"

const SAFE = {
  'content-security-policy': CSP,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.dispose())

describe('the way in', () => {
  test('the link sets a cookie, and the cookie shows the app', async () => {
    const link = new URL(lab.host.url)
    expect([link.hostname, link.pathname]).toEqual(['127.0.0.1', '/'])
    expect(Buffer.from(lab.token, 'base64url')).toHaveLength(32)
    const first = await lab.get(link.pathname + link.search, { cookie: '' })
    expect([first.status, first.headers['location'], first.body]).toEqual([303, '/', ''])
    const [pair, ...flags] = (first.headers['set-cookie'] ?? '').split('; ')
    expect(pair).toBe(`hyperion_${lab.host.port}=${lab.token}`)
    expect(flags).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/']))
    const then = await lab.get('/', { cookie: `other=1; ${pair}` })
    expect([then.status, then.body]).toEqual([200, APP])
  })

  test('keeps the path and the rest of the query', async () => {
    const answer = await lab.get(`/change/87?tab=log&token=${lab.token}&x=1`, { cookie: '' })
    expect([answer.status, answer.headers['location']]).toEqual([303, '/change/87?tab=log&x=1'])
  })

  test('a link for once works once', async () => {
    const { search } = new URL(lab.host.urlForOnce())
    expect(search).not.toContain(lab.token)
    expect((await lab.get(`/${search}`, { cookie: '' })).status).toBe(303)
    expect((await lab.get(`/${search}`, { cookie: '' })).status).toBe(401)
  })

  test.each([
    ['no cookie', '/', {}],
    ['no cookie, a place', '/change/87', {}],
    ['no cookie, a file', '/assets/plain.js', {}],
    ['a wrong token', `/?token=${'A'.repeat(43)}`, {}],
    ['an empty token', '/?token=', {}],
    ['a wrong token with the right one after it', `/?token=x&token=TOKEN`, {}],
    ['the beginning of the token', '/?token=PART', {}],
    ['a wrong cookie', '/', { cookie: `NAME=${'A'.repeat(43)}` }],
    ['the cookie of another port', '/', { cookie: 'hyperion_1=TOKEN' }],
    ['a longer name', '/', { cookie: 'xNAME=TOKEN' }],
    ['the token as another header', '/', { authorization: 'Bearer TOKEN' }],
  ])('%s: a short page that says how to get in', async (_, path, headers) => {
    const fill = (text: string): string =>
      text
        .replace('NAME', `hyperion_${lab.host.port}`)
        .replace('TOKEN', lab.token)
        .replace('PART', lab.token.slice(0, 42))
    const filled = Object.entries(headers).map(([name, value]) => [name, fill(value)] as const)
    const answer = await lab.get(fill(path), { cookie: '', ...Object.fromEntries(filled) })
    expect(answer.status).toBe(401)
    expect(answer.headers).toMatchObject({ ...SAFE, 'content-type': 'text/plain; charset=utf-8' })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.body).toContain('hyperion serve')
    expect(answer.body).not.toContain(lab.token)
    expect(answer.body.length).toBeLessThan(500)
  })

  test.each([
    '//evil.example/',
    '/\\evil.example/',
    '/%5cevil.example/',
    'http://evil.example/',
    '/..//evil.example/',
  ])('the right token never leads away: %s', async (path) => {
    const text = await lab.raw(
      `GET ${path}?token=${lab.token} HTTP/1.1\r\nHost: 127.0.0.1:${lab.host.port}\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(text).not.toMatch(/^location:/im)
  })
})

describe('names and origins', () => {
  const asked = (hosts: string): Promise<string> =>
    lab.raw(
      `GET / HTTP/1.1\r\n${hosts.replaceAll('PORT', String(lab.host.port))}Cookie: ${lab.cookie}\r\n\r\n`,
    )

  test.each([
    'Host: 127.0.0.1.evil.example:PORT\r\n',
    'Host: 127.0.0.1.evil.example\r\n',
    'Host: evil.example\r\n',
    'Host: evil.example:PORT\r\n',
    'Host: 127.0.0.1\r\n',
    'Host: 127.0.0.1:1\r\n',
    'Host: 127.0.0.1:PORT.evil.example\r\n',
    'Host: user@127.0.0.1:PORT\r\n',
    'Host: localhost.:PORT\r\n',
    'Host: 0.0.0.0:PORT\r\n',
    'Host: [::1]:PORT\r\n',
    'Host: \r\n',
    'Host: 127.0.0.1:PORT\r\nHost: evil.example\r\n',
    'Host: evil.example\r\nHost: 127.0.0.1:PORT\r\n',
  ])('refuses %j', async (hosts) => {
    const text = await asked(hosts)
    expect(text).toMatch(/^HTTP\/1\.1 (403|400) /)
    expect(text).not.toContain(APP)
  })

  test('a request without a host is refused', async () => {
    expect(await asked('')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('answers to localhost too', async () => {
    expect((await lab.get('/', { host: `localhost:${lab.host.port}` })).status).toBe(200)
  })

  test.each([
    'http://evil.example',
    'https://127.0.0.1:PORT',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost:PORT',
    'http://127.0.0.1.evil.example:PORT',
    'null',
    '',
  ])('refuses the origin %j', async (origin) => {
    const answer = await lab.get('/', { origin: origin.replace('PORT', String(lab.host.port)) })
    expect([answer.status, answer.headers]).toEqual([403, expect.objectContaining(SAFE)])
    expect(answer.body).not.toContain(APP)
  })

  test('takes its own', async () => {
    expect((await lab.get('/', { origin: `http://127.0.0.1:${lab.host.port}` })).status).toBe(200)
  })

  test('listens on no other address', async () => {
    const other = connect(lab.host.port, '127.0.0.2')
    const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })
})

describe('methods', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
    const answer = await lab.get('/', {}, method)
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  test('HEAD tells the same without the body', async () => {
    const answer = await lab.get('/', {}, 'HEAD')
    expect([answer.status, answer.headers['content-length'], answer.body]).toEqual([
      200,
      String(APP.length),
      '',
    ])
  })

  test('what is no HTTP ends its own connection only', async () => {
    expect(await lab.raw('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await lab.raw(`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    expect((await lab.get('/')).status).toBe(200)
  })
})

describe('pages and files', () => {
  test.each([
    '/',
    '/home',
    '/home/',
    '/change/87',
    '/request/REQ-1',
    '/request/REQ-1.2',
    '/request/a%20b',
    '/queue?x=1',
  ])('%s is the app', async (path) => {
    const answer = await lab.get(path)
    expect([answer.status, answer.body]).toEqual([200, APP])
    expect(answer.headers).toMatchObject({
      ...SAFE,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    })
  })

  const FOR_EVER = 'public, max-age=31536000, immutable'
  test.each([
    ['/assets/main-AbCd_123.js', 'text/javascript; charset=utf-8', FOR_EVER],
    ['/assets/main-AbCd-124.css', 'text/css; charset=utf-8', FOR_EVER],
    ['/assets/inter-AbCd1235.woff2', 'font/woff2', FOR_EVER],
    ['/assets/plain.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/icon.svg', 'image/svg+xml', 'no-cache'],
    ['/index.html', 'text/html; charset=utf-8', 'no-store'],
  ])('%s has its type and may be kept as long as it should', async (path, type, cache) => {
    const { status, headers } = await lab.get(path)
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, type, cache])
    expect(headers).toMatchObject(SAFE)
  })

  test.each([
    '/../secret.txt',
    '/change/../../secret.txt',
    '/change/%2e%2e/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/..%2F..%2Fsecret.txt',
    '/assets/%252e%252e/secret.txt',
    '/assets/..\\..\\secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/plain.js%00.css',
    '/assets/plain.js\0',
    '/assets//plain.js',
    '/assets/%',
    '/assets/%ff',
    '/assets/./plain.js',
    '/..renderer-other/secret.txt',
    '/../renderer-other/secret.txt',
    '/.hidden',
    '/link.txt',
    '/assets/far/secret.txt',
    '/assets/alias.js',
    '/assets',
    '/assets/',
    '/missing.js',
    '/assets/missing-AbCd_123.js',
    '/index.html/x',
    '/assets/plain.js:x',
    '/assets/plain.js%20',
  ])('refuses %j', async (path) => {
    const text = await lab.raw(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${lab.host.port}\r\nCookie: ${lab.cookie}\r\nConnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 (400|404) /)
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain('export {}')
  })

  test('a link among the files leads nowhere, whatever is behind it', async () => {
    const text = (await lab.get('/up/secret.txt')).body
    expect(text).not.toContain(SECRET)
  })
})

describe('the page as it is built', () => {
  test('names its files from the root, so that it works wherever a link leads', async () => {
    const built = await openLab({ assets: join(PROJECT, 'out/renderer') })
    try {
      const { body } = await built.get('/request/REQ-1')
      const named = [...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = '']) => path)
      expect(named.length).toBeGreaterThan(1)
      for (const path of named) {
        expect(path).toMatch(/^\//)
        const { status, headers } = await built.get(path)
        expect([path, status, headers['content-type']]).toEqual([
          path,
          200,
          expect.not.stringMatching(/html|octet/),
        ])
        if (path.startsWith('/assets/')) expect(headers['cache-control']).toContain('immutable')
      }
      expect(body).not.toMatch(/<script(?![^>]* src=)|<style|\son[a-z]+=/)
    } finally {
      await built.dispose()
    }
  })
})

describe('the token', () => {
  const fileOf = (folder: string): string => join(folder, 'browser-token')

  test('lies in a file for its owner alone', () => {
    const file = fileOf(lab.data)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(lab.data).mode & 0o077).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe(`${lab.token}\n`)
  })

  test('survives a restart, and with it the cookie', async () => {
    const first = await openLab({ dataFolder: join(lab.data, 'kept') })
    await first.dispose()
    const second = await openLab({ dataFolder: join(lab.data, 'kept'), port: first.host.port })
    try {
      expect((await second.get('/', { cookie: first.cookie })).status).toBe(200)
    } finally {
      await second.dispose()
    }
  })

  test.each([
    ['others could read', (token: string) => `${token}\n`, 0o644],
    ['is none', () => 'short\n', 0o600],
    ['is empty', () => '', 0o600],
  ])('one that %s is made anew', async (_, text, mode) => {
    const folder = join(lab.data, `bad-${mode}-${text('').length}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(fileOf(folder), text(lab.token))
    chmodSync(fileOf(folder), mode)
    const other = await openLab({ dataFolder: folder })
    try {
      expect(other.token).not.toBe(lab.token)
      expect(readFileSync(fileOf(folder), 'utf8')).toBe(`${other.token}\n`)
      expect(statSync(fileOf(folder)).mode & 0o777).toBe(0o600)
    } finally {
      await other.dispose()
    }
  })

  test('lies with the queue where a workspace is open', async () => {
    const folder = join(lab.data, 'workspace')
    mkdirSync(join(folder, '.hyperion'), { recursive: true })
    const open = {
      state: 'open',
      folder,
      name: 'w',
      sample: false,
      operator: null,
      terminal: { hyperion: 'hyperion', git: 'git' },
      seq: 0,
    } as const
    const opened: string[] = []
    const other = await openLab({
      folder,
      openParts: () =>
        standIn({
          state: () => open,
          open: (asked) => Promise.resolve(opened.push(asked)).then(() => open),
        }),
    })
    try {
      expect(opened).toEqual([folder])
      expect(readFileSync(fileOf(join(folder, '.hyperion')), 'utf8')).toBe(`${other.token}\n`)
    } finally {
      await other.dispose()
    }
  })

  test('where nothing can be written it lives as long as the host', async () => {
    const other = await openLab({ dataFolder: join(fileOf(lab.data), 'below-a-file') })
    try {
      expect((await other.get('/')).status).toBe(200)
    } finally {
      await other.dispose()
    }
  })
})

describe('the port', () => {
  test('one that was asked for and is in use is said in one sentence', async () => {
    let closed = 0
    const close = (): Promise<void> => Promise.resolve(void (closed += 1))
    await expect(openLab({ port: lab.host.port, openParts: () => standIn({ close }) })).rejects.toMatchObject(
      {
        kind: 'user',
        code: 'port_in_use',
        message: `port ${lab.host.port} is in use by another program`,
        hint: 'name another one with --port, or leave --port out',
      },
    )
    expect(closed).toBe(1)
  })

  test('where none was asked for the next that is free is taken', async () => {
    const one = await openLab({ port: null })
    const two = await openLab({ port: null })
    try {
      expect(one.host.port).toBeGreaterThanOrEqual(7411)
      expect(two.host.port).not.toBe(one.host.port)
      expect((await two.get('/')).status).toBe(200)
      // Each lets in with its own cookie only.
      expect((await two.get('/', { cookie: one.cookie })).status).toBe(401)
    } finally {
      await one.dispose()
      await two.dispose()
    }
  })
})
