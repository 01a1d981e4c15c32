/** Texts with the form of secrets, drawn anew each time, so that none stands in a file for a scanner to find. */
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = UPPER.toLowerCase()
const DIGITS = '0123456789'
const HEX = 'abcdef0123456789'
const ALL = UPPER + LOWER + DIGITS

/** The same numbers each time: a linear congruential generator. */
let state = 20_261_123
function next(below: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
  return Math.floor((state / 2_147_483_648) * below)
}

/** Letters drawn from a set; the first three are a letter, a digit and a letter where the set has both. */
export const drawn = (length: number, set = ALL): string =>
  Array.from({ length }, (_, index) => {
    const own = [...set].filter((sign) => DIGITS.includes(sign) === (index === 1))
    const from = index < 3 && own.length > 0 ? own.join('') : set
    return from[next(from.length)]
  }).join('')

const base64 = (length: number): string => drawn(length, `${ALL}+/`)
const joined = (...parts: string[]): string => parts.join('')
const dashes = '-'.repeat(5)
const head = (kind: string): string => joined(dashes, 'BEGIN ', kind, 'PRIVATE', ' KEY', dashes)
const foot = (kind: string): string => joined(dashes, 'END ', kind, 'PRIVATE', ' KEY', dashes)
const bodyOf = (lines: number): string =>
  joined('MIIE', base64(60), ...Array.from({ length: lines - 1 }, () => `\n${base64(64)}`))

export interface FakeSecret {
  name: string
  text: string
  /** What is told of it. */
  kind: RegExp
  /** Whether the library knows it; what it does not, our own rules do. */
  library: boolean
  path?: string
}

const fake = (name: string, kind: RegExp, library: boolean, text: string, path?: string): FakeSecret => ({
  name,
  text,
  kind,
  library,
  ...(path === undefined ? {} : { path }),
})

export const fakeSecrets = (): FakeSecret[] => [
  fake('AWS access key id', /AWS access key id/, false, `key = "${joined('AK', 'IA', drawn(16, `${UPPER}234567`))}"`),
  fake('AWS session key id', /AWS access key id/, false, joined('AS', 'IA', drawn(16, `${UPPER}234567`))),
  fake('AWS secret key', /AWS secret/, true, `aws_secret_access_key = ${base64(40)}`),
  fake('AWS secret key in code', /AWS secret/, true, `  secretAccessKey: '${base64(40)}',`),
  fake('AWS secret key, another name', /AWS secret/, false, `AWS_SECRET_KEY="${base64(40)}"`),
  fake('GitHub token', /github token/, true, `const t = '${joined('gh', 'p_', drawn(36))}'`),
  fake('GitHub server token', /github token/, true, joined('gh', 's_', drawn(36))),
  fake('GitHub fine-grained token', /github token/, true, joined('github', '_pat_', drawn(22), '_', drawn(59))),
  fake('GitLab token', /gitlab token/, true, joined('gl', 'pat-', drawn(20))),
  fake('GitLab runner token', /GitLab token/, false, joined('gl', 'rt-', drawn(20))),
  fake('Slack bot token', /slack token/, true, joined('xox', 'b-', drawn(12, DIGITS), '-', drawn(12, DIGITS), '-', drawn(24))),
  fake('Slack refresh token', /Slack token/, false, joined('xox', 'e-1-', drawn(146))),
  fake('Slack webhook', /slack token/, true, joined('https://hooks.slack', '.com/services/T', drawn(8, UPPER + DIGITS), '/B', drawn(10, UPPER + DIGITS), '/', drawn(24))),
  fake('Google API key', /Google API key/, false, joined('AI', 'za', drawn(35))),
  fake('Google client secret', /Google client/, false, joined('GOC', 'SPX-', drawn(28))),
  fake('OpenAI key', /openai token/, true, joined('sk', '-', drawn(20), 'T3Blbk', 'FJ', drawn(20))),
  fake('OpenAI key without its mark', /OpenAI API key/, false, joined('sk', '-', drawn(48))),
  fake('OpenAI project key', /openai token/, true, joined('sk', '-proj-', drawn(74), 'T3Blbk', 'FJ', drawn(74))),
  fake('OpenAI short project key', /OpenAI API key/, false, joined('sk', '-proj-', drawn(48))),
  fake('Anthropic key', /anthropic token/, true, joined('sk', '-ant-api03-', drawn(93), 'AA')),
  fake('Anthropic admin key', /Anthropic API key/, false, joined('sk', '-ant-admin01-', drawn(93), 'AA')),
  fake('npm token', /npm token/, true, joined('np', 'm_', drawn(36))),
  fake('npmrc', /npm token/, true, joined('//packages.example/:_auth', 'Token=', drawn(36, HEX)), '.npmrc'),
  fake('npmrc elsewhere', /registry password/, false, joined('RUN echo //packages.example/:_auth', 'Token=', drawn(36, HEX)), 'Dockerfile'),
  fake('Stripe key', /stripe token/, true, joined('sk', '_live_', drawn(24))),
  fake('Stripe webhook secret', /Stripe webhook/, false, joined('wh', 'sec_', drawn(32))),
  fake('SendGrid key', /sendgrid token/, true, joined('S', 'G.', drawn(22), '.', drawn(43))),
  fake('PyPI token', /PyPI/, false, joined('pypi', '-AgE', drawn(80))),
  fake('DigitalOcean token', /DigitalOcean/, false, joined('do', 'p_v1_', drawn(64, HEX))),
  fake('Telegram bot token', /Telegram/, false, joined(drawn(9, DIGITS), ':A', 'A', drawn(33))),
  fake('Discord webhook', /Discord/, false, joined('https://discord', '.com/api/webhooks/', drawn(18, DIGITS), '/', drawn(68))),
  fake('private key', /private key/, true, `${head('')}\n${bodyOf(24)}\n${foot('')}\n`),
  fake('RSA private key', /private key/, true, `${head('RSA ')}\n${bodyOf(24)}\n${foot('RSA ')}\n`),
  fake('SSH private key', /private key/, true, joined(head('OPENSSH '), '\nb3BlbnNzaC1rZXktdjE', 'A', base64(50), '\n', base64(70), '\n', foot('OPENSSH '))),
  fake('encrypted private key', /private key/, false, `${head('ENCRYPTED ')}\n${bodyOf(24)}\n${foot('ENCRYPTED ')}\n`),
  fake('private key with headers', /private key/, false, `${head('RSA ')}\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00\r\n\r\n${bodyOf(4)}\n`),
  fake('PGP private key', /private key/, false, `${head('PGP ').replace(/-{5}$/, ' BLOCK$&')}\nVersion: 1\n\nlQ${base64(62)}\n`),
  fake('private key in JSON', /private key/, true, `{"private_key": "${head('')}\\n${bodyOf(24).replaceAll('\n', '\\n')}\\n${foot('')}\\n"}`, 'key.json'),
  fake('private key in pieces', /private key/, false, `'${head('')}\\n' +\n  '${base64(64)}\\n' +\n  '${base64(64)}'`),
  fake('private key cut short', /private key/, false, `${head('EC ')}\n${bodyOf(2)}`),
  fake('signed token', /JWT/, false, joined('ey', 'JhbGciOiJIUzI1NiJ9.ey', 'J', drawn(60), '.', drawn(43))),
  fake('Azure storage', /Azure/, false, joined('DefaultEndpointsProtocol=https;AccountName=a;Account', 'Key=', base64(86), '==')),
  fake('Azure service bus', /Azure/, false, joined('Endpoint=sb://n/;SharedAccess', 'Key=', base64(43), '=')),
  fake('PostgreSQL', /password in a URL/, true, joined('postgres', '://svc:', drawn(14), '@db.corp:5432/app')),
  fake('MySQL', /password in a URL/, true, joined('mysql', '://svc:', drawn(14), '@db.corp/app')),
  fake('MongoDB', /password in a URL/, true, joined('mongodb', '+srv://svc:', drawn(14), '@c0.corp.net/x')),
  fake('Redis', /password in a URL/, false, joined('redis', '://:', drawn(20), '@cache.corp:6379')),
  fake('AMQP', /password in a URL/, false, joined('amqps', '://svc:', drawn(14), '@mq.corp/v')),
  fake('PostgreSQL by a driver', /password in a URL/, false, joined('postgresql+asyncpg', '://svc:', drawn(14), '@db.corp/x')),
  fake('HTTP', /password in a URL/, true, joined('https', '://deploy:', drawn(20), '@git.corp.io/x.git')),
  fake('SQL Server', /connection string/, false, joined('Server=db.corp;Database=x;User Id=sa;Pass', 'word=', drawn(14), ';')),
  fake('password in code', /under the name/, false, `const password = "${drawn(6)}7#x${drawn(8)}"`),
  fake('key in code', /under the name/, false, `  apiKey: '${drawn(32, HEX)}',`),
  fake('key in JSON', /under the name/, false, `  "client_secret": "${drawn(32)}"`, 'config.json'),
  fake('secret in YAML', /under the name/, false, `client_secret: ${drawn(32)}`, 'deploy.yml'),
  fake('password in .env', /under the name/, false, `DB_PASSWORD=${drawn(18)}`, '.env.production'),
] // prettier-ignore
