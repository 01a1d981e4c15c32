/** Secrets in added lines: found whatever they are of, told by line and kind, and ordinary code is left alone. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import { describe, expect, test } from 'vitest'
import { LIBRARY_RULES, secretsIn } from '../../main/engine/agents/secrets.ts'
import { drawn, fakeSecrets } from '../support/fake-secrets.ts'

const SECRETS = fakeSecrets()
const github = (): string => ['gh', 'p_', drawn(36)].join('')

describe('what is found', () => {
  test.each(SECRETS)('$name', async ({ text, kind, path = 'src/a.ts' }) => {
    const found = await secretsIn(path, 'before\n', `before\n\n${text}\nafter\n`)
    expect(found).toEqual([{ line: 3, kind: expect.stringMatching(kind) }])
  })

  test('of which our own rules find what the library does not know', () => {
    // A newer library may know more; then a rule of our own can go.
    const context = {
      createTranslator: () => () => ({}),
      report: () => (heard = true),
      ignore: () => undefined,
    }
    let heard = false
    const byLibrary = SECRETS.map(({ name, text, path = 'src/a.ts' }) => {
      heard = false
      for (const rule of rules as unknown as { meta: { id: string }; create: Function }[]) {
        if (!LIBRARY_RULES.some((id) => rule.meta.id.endsWith(`rule-${id}`))) continue
        rule.create(context, {}).file({ content: text, filePath: path, ext: '', contentType: 'text' })
      }
      return [name, heard]
    })
    expect(byLibrary).toEqual(SECRETS.map(({ name, library }) => [name, library]))
  })

  test('several in one line and one file, each with its line, and no more than are worth telling', async () => {
    const key = SECRETS.find(({ name }) => name === 'Google API key')?.text ?? ''
    const text = `a\n${github()} ${key}\r\nb\n${github()}\n`
    expect(await secretsIn('a.txt', '', text)).toEqual([
      { line: 2, kind: 'a github token' },
      { line: 2, kind: 'a Google API key' },
      { line: 4, kind: 'a github token' },
    ])
    expect(await secretsIn('a.txt', '', `${github()}\n`.repeat(2_000))).toHaveLength(20)
  })

  test('wherever in a large file, at the ends of what is looked at in one go and in a very long line', async () => {
    const line = `${'word '.repeat(20)}\n`
    for (const at of [0, 16_000, 16_300, 16_384, 32_000, 90_000]) {
      const before = line.repeat(Math.ceil(at / line.length)).slice(0, at)
      const text = `${before} ${github()} ${line.repeat(500)}`
      expect(await secretsIn('a.txt', '', text), String(at)).toEqual([
        { line: before.split('\n').length, kind: 'a github token' },
      ])
      expect(await secretsIn('a.txt', '', text.replaceAll('\n', ' ')), `${at} in one line`).toEqual([
        { line: 1, kind: 'a github token' },
      ])
    }
    // Cut where a window of a long line begins, the end of a word has the form of a token.
    expect(await secretsIn('a.txt', '', `${'x'.repeat(14 * 1024)}${github()} ${line.repeat(50).replaceAll('\n', ' ')}`)).toEqual([]) // prettier-ignore
    const key = SECRETS.find(({ name }) => name === 'PGP private key')?.text ?? ''
    for (let at = 16_100; at < 16_400; at += 20) {
      const before = `${'x'.repeat(19)}\n`.repeat(at / 20)
      expect(await secretsIn('a.txt', '', before + key + line.repeat(500)), String(at)).toHaveLength(1)
    }
  })

  test('although a comment tells the library to look away', async () => {
    const text = `// secretlint-disable\n${github()} // secretlint-disable-line\n`
    expect(await secretsIn('a.ts', '', text)).toEqual([{ line: 2, kind: 'a github token' }])
  })
})

describe('whose lines', () => {
  const secret = github()

  test('a line that is there, stands elsewhere or further in, or goes is not added', async () => {
    const base = `one\n${secret}\ntwo\n`
    expect(await secretsIn('a', base, `one\n${secret}\nzwei\n`)).toEqual([])
    expect(await secretsIn('a', base, `one\r\ntwo\r\n\t${secret}\r\n`)).toEqual([])
    expect(await secretsIn('a', base, 'one\ntwo\n')).toEqual([])
    expect(await secretsIn('a', base, `one\nx = ${secret}\ntwo\n`)).toMatchObject([{ line: 2 }])
  })

  test('a key whose body is put between the head and foot that were there is one', async () => {
    const [head = '', ...body] = (SECRETS.find(({ name }) => name === 'RSA private key')?.text ?? '').split(
      '\n',
    )
    expect(await secretsIn('k.pem', `${head}\n\n`, [head, ...body].join('\n'))).toEqual([
      { line: 2, kind: 'a private key' },
    ])
  })
})

test('of the library, no rule is asked that opens the file a path names, or lets a text switch it off', async () => {
  expect(LIBRARY_RULES).toContain('github')
  expect(LIBRARY_RULES).not.toContain('gcp')
  expect(LIBRARY_RULES).not.toContain('filter-comments')
  expect(LIBRARY_RULES).toHaveLength(rules.length - 2)
})

describe('what is left alone', () => {
  const sha = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
  test.each([
    ['a hash', `const sha256 = '${sha}'`],
    ['a commit', `base_commit: ${sha.slice(0, 40)}`],
    ['a hash of a password', `passwordHash: '${sha}',`],
    ['a password as it is stored', `password: '$2b$10$${'abcdefghij1234567890'.repeat(2)}XYZ1a2b3c4d5e'`],
    ['a UUID', `"client_secret": "3f2b8c1e-9d47-4a60-8b15-0c7de91f2a34"`],
    ['an integrity', `"integrity": "sha512-${'aB3dE5fG7hJ9'.repeat(7)}aa=="`],
    ['an image', `src="data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAAAAUA9k8Z'.repeat(40)}"`],
    ['a source map', `//# sourceMappingURL=data:application/json;base64,${'eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpb'.repeat(20)}`],
    ['prose', 'The password is asked for once, and the secret: keep it short. An API key = a name and a number.'],
    ['a placeholder', 'API_KEY="your-key-here-0a1b2c3d4e5f"'],
    ['another', 'api_key = "<insert-your-api-key-1a2b3c>"'],
    ['a variable of a template', 'password: "${DB_PASSWORD_1a2b3c4d5e}"'],
    ['one that is read', 'const apiKey = process.env["API_KEY_2024_V1_B2"]'],
    ['a call', 'const password = await readPassword("db1/app2/main3")'],
    ['a word', "const secret = 'correct-horse-battery-staple'"],
    ['a fixture', "  password: 'hunter2-hunter2',"],
    ['a sequence', `token = "${['gh', 'p_abcdefghijklmnopqrstuvwxyz0123456789'].join('')}"`],
    ['the same letter', ['gh', 'p_', 'x'.repeat(36)].join('')],
    ['a name in the form of a token', 'env.npm_config_electron_use_remote_checksums'],
    ['the documentation of AWS', ['AK', 'IAIOSFODNN7EXAMPLE'].join('')],
    ['a secret by its name', 'secretName: arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-1a2b3c'],
    ['a head of a key', "if (text.startsWith('-----BEGIN PRIVATE KEY-----')) return 'pem'"],
    ['a public key', `-----BEGIN PUBLIC KEY-----\n${'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1c7'.repeat(4)}\n-----END PUBLIC KEY-----`],
    ['a key that is cut out', '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----'],
    ['a database of this machine', ['postgres', '://app:s3cretpass@localhost:5432/test'].join('')],
    ['the URL of every page about URLs', ['https', '://user:pass@example.com/'].join('')],
    ['a password that is none', ['https', '://user:pass@git.corp.io/x.git'].join('')],
    ['a port', 'http://localhost:8080/@scope/name'],
    ['the signed token of every page about them', ['ey', 'JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey', 'JzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'].join('')],
    ['a type', 'interface Login { password: string; apiKey?: string; readonly accessToken: Token1<A2, B3> }'],
    ['a label', '<label for="password">Password</label><input name="api_key" placeholder="Key 1a2b">'],
    ['minified code', 'a.secret="".concat(b,"x1"),c.password=d(e),f.apiKey=g||h.i,j={accessKey:k,authToken:l}'],
  ])('%s', async (_, text) => {
    for (const path of ['src/a.ts', 'a.json', 'a.yml', '.env', 'README.md'])
      expect(await secretsIn(path, '', text), path).toEqual([])
  }) // prettier-ignore

  test('the sources of this project and their lock file', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const paths = ['main', 'schemas', 'renderer', 'skills', 'test/agents', 'test/support'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    const found: string[] = []
    for (const path of [...paths, join(root, 'package-lock.json')])
      for (const { line, kind } of await secretsIn(path, '', readFileSync(path, 'utf8')))
        found.push(`${path}:${line} ${kind}`)
    expect(found).toEqual([])
    expect(paths.length).toBeGreaterThan(400)
  })
})

describe('a megabyte', () => {
  const MEGABYTE = 1024 * 1024
  const filled = (unit: string): string => unit.repeat(Math.ceil(MEGABYTE / unit.length)).slice(0, MEGABYTE)
  const head = ['-----BEGIN PRIVATE', ' KEY-----'].join('')

  // What some pattern begins with over and over, and never ends as it should: each of these takes one that goes back
  // and forth hours, and every unit is a line of its own or part of one.
  test.each([
    ['of nothing', ' '],
    ['of lines', '\n'],
    ['of letters', 'aB3+'],
    ['of words', 'secret = password api_key : '],
    ['of heads of keys', `${head}\n`],
    ['of keys that never begin', `${head}${'\n'.repeat(80)}Abcd: x\n`],
    ['of keys that are too short', `${head}\n${'A'.repeat(39)}\n`],
    ['of values that never end', `password = "${'a1'.repeat(120)}`],
    ['of quotes', 'password="'],
    ['of URLs', 'http://a:'],
    ['of long URLs', `a://${'b'.repeat(80)}:${'c1'.repeat(50)}`],
    ['of schemes', 'a+'.repeat(30)],
    ['of connection strings', 'Server=a;Password='],
    ['of long connection strings', `Host=${'a'.repeat(100)};${'b '.repeat(99)}`],
    ['of AWS', 'aws_key_secret.'],
    ['of beginnings of signed tokens', `.eyJ${'a'.repeat(12)}`],
    ['of signed tokens without an end', `eyJ${'a'.repeat(2_000)}.eyJ${'b'.repeat(8_000)}.`],
    ['of Slack', 'xoxb-'],
    ['of OpenAI', `sk-proj-${'a'.repeat(300)}`],
    ['of SendGrid', `SG.a.${'9'.repeat(260)}`],
  ])('%s, in one line too, is looked at in pieces between which others have their turn', async (_, unit) => {
    for (const text of [filled(unit), filled(unit).replaceAll('\n', ' ')]) {
      let turns = 0
      let going = true
      const turn = (): void => {
        turns += 1
        if (going) setImmediate(turn)
      }
      setImmediate(turn)
      await secretsIn('.env', '', `x\n${text}\nx`)
      going = false
      // 16 KiB at a time, where there is anything in them.
      expect(turns).toBeGreaterThan(text.trim() === '' ? 0 : 60)
    }
  })
})
