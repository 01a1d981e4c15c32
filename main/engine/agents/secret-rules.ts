/** What a secret looks like where the library's rules do not know it, and what only looks like one. */

export interface SecretRule {
  /** As a person says it, with its article. */
  kind: string
  /** Global, and linear in the text: every repetition in it is bounded or can match in one way only. */
  pattern: RegExp
  /** Whether what matched is one after all; the groups are those of the pattern. */
  accepts?: (match: RegExpMatchArray) => boolean
  /** Only in files with such a path. */
  paths?: RegExp
}

const PLACEHOLDER =
  /example|placeholder|change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|with|this)|your[-_ ]|dummy|redacted|insert[-_ ]|goes[-_ ]?here|[-_]here\b|x{4}|\*{3}|\.{3}|…|<[^<>]*>|\$\{|\$\(|\{\{|#\{|%[a-z_]+%/i

/** Tells whether a text goes up the alphabet for much of its length, as nothing that was drawn at random does. */
function isSequence(text: string): boolean {
  let steps = 0
  for (let at = 1; at < text.length; at += 1)
    if (text.charCodeAt(at) === text.charCodeAt(at - 1) + 1) steps += 1
  return steps >= text.length * 0.4
}

/** Tells whether a text is there to show where a secret would be. */
export const isPlaceholder = (text: string): boolean =>
  PLACEHOLDER.test(text) || /(.)\1{5}/.test(text) || isSequence(text)

/** Tells whether a token is no more than words: `npm_config_…` has the form of a token, and is none. */
export const isWords = (text: string): boolean => !/[0-9A-Z]/.test(text)

const PLAIN_PASSWORD =
  /^(?:pass(?:wd|word)?|pwd?|secret|user(?:name)?|admin|root|test|guest|foo|bar|baz|postgres|mysql|changeit|.)$/i
const LOCAL_HOST =
  /^(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1\]|host|(?:[\w-]+\.)*(?:example(?:\.\w+)?|test|invalid|localhost))$/i

/** Tells whether a URL names nothing that is kept: a password of the documentation, or one of this very machine. */
export function isHarmlessUrl(url: string): boolean {
  const [, user = '', password = '', host = ''] =
    /:\/\/([^:@\s]*):([^@\s]*)@(\[[^\]\s]*\]|[^:/?#\s"'`]*)/.exec(url) ?? []
  return user === password || PLAIN_PASSWORD.test(password) || LOCAL_HOST.test(host)
}

/** Bits a character, by how often each is there. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const sign of text) counts.set(sign, (counts.get(sign) ?? 0) + 1)
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0)
}

/** A hash for storing, a reference to where the secret is, an identifier: what stands where a secret would. */
const STANDS_FOR_ONE =
  /^(?:\$2[abxy]?\$|\$argon2|\$pbkdf2|\{[A-Z0-9]+\}|arn:|[a-z][a-z0-9+.-]*:\/\/|\.{0,2}\/|sha\d+-|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$)/i

/** Tells whether a value was drawn at random: letters and digits by turns, and hardly any of them twice. */
function isRandom(value: string): boolean {
  const turns = value.match(/\d[a-z]|[a-z]\d/gi)?.length ?? 0
  return turns >= 3 && entropy(value) >= 3 && !STANDS_FOR_ONE.test(value) && !isPlaceholder(value)
}

const token = (match: RegExpMatchArray): boolean => !isPlaceholder(match[0]) && !isWords(match[0])
const random = (match: RegExpMatchArray): boolean => isRandom(match.groups?.['value'] ?? '')

const NAME =
  '(?:pass(?:word|wd|phrase)|secret|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|secret[_-]?key|(?:access|auth|api|bearer)[_-]?token)'

/** What may stand between two lines of a key: their end, as such or as an escape, quotes, and what joins strings. */
const BETWEEN = '(?:[\\s"\'`+,;]|\\\\{1,2}[nr])'

export const SECRET_RULES: readonly SecretRule[] = [
  {
    kind: 'a private key',
    // Also cut short, encrypted, after headers, and as a string, in several pieces or in JSON.
    pattern: new RegExp(
      `-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----` +
        `(?:${BETWEEN}{0,80}[A-Z][A-Za-z-]{2,20}: [^\\n\\\\]{0,120}(?=[\\n\\\\])){0,6}` +
        `${BETWEEN}{1,80}(?<value>[A-Za-z0-9+/]{40})`,
      'g',
    ),
    accepts: (match) => !/(.)\1{9}/.test(match.groups?.['value'] ?? ''),
  },
  {
    kind: 'an AWS access key id',
    pattern: /(?<![A-Za-z0-9+/])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9+/=])/g,
    accepts: token,
  },
  {
    kind: 'an AWS secret access key',
    pattern:
      /\baws[\w.-]{0,30}(?:secret|key)[\w.-]{0,10}["'\]]{0,2}\s{0,5}(?::|=>|=)\s{0,5}["'`]?(?<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    accepts: random,
  },
  { kind: 'a Google API key', pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g, accepts: token },
  { kind: 'a Google client secret', pattern: /(?<![\w-])GOCSPX-[\w-]{28}(?![\w-])/g, accepts: token },
  {
    kind: 'an OpenAI API key',
    pattern: /(?<![\w-])sk-(?:(?:proj|svcacct|admin|None)-[\w-]{32,200}|[A-Za-z0-9]{48}(?![\w-]))/g,
    accepts: token,
  },
  {
    kind: 'an Anthropic API key',
    pattern: /(?<![\w-])sk-ant-[a-z]{2,10}\d{2}-[\w-]{40,200}/g,
    accepts: token,
  },
  { kind: 'an OpenRouter API key', pattern: /(?<![\w-])sk-or-v1-[0-9a-f]{64}/g, accepts: token },
  {
    kind: 'a GitLab token',
    pattern: /(?<![\w-])(?:gl(?:ptt|dt|rt|cbt|ft|imt|soat|agent|ffct)-|gloas-)[\w-]{20,100}/g,
    accepts: token,
  },
  { kind: 'a Slack token', pattern: /(?<![\w-])xox[a-z]-[\w-]{24,300}/g, accepts: token },
  { kind: 'a Stripe webhook secret', pattern: /(?<![\w-])whsec_[A-Za-z0-9+/]{24,80}/g, accepts: token },
  { kind: 'a PyPI token', pattern: /(?<![\w-])pypi-AgE[\w-]{50,300}/g, accepts: token },
  { kind: 'a DigitalOcean token', pattern: /(?<![\w-])do[opr]_v1_[0-9a-f]{64}/g, accepts: token },
  {
    kind: 'a Discord webhook',
    pattern: /https:\/\/discord(?:app)?\.com\/api\/webhooks\/\d{16,20}\/[\w-]{60,80}/g,
    accepts: token,
  },
  { kind: 'a Telegram bot token', pattern: /(?<![\w:-])\d{8,10}:AA[\w-]{33}(?![\w-])/g, accepts: token },
  {
    kind: 'a signed token (JWT)',
    // Not the one that every page about such tokens shows.
    pattern:
      /(?<![\w-])eyJ[\w-]{10,2000}\.(?!eyJzdWIiOiIxMjM0NTY3ODkw)eyJ[\w-]{10,8000}\.[\w-]{20,1000}(?![\w-])/g,
    accepts: token,
  },
  {
    kind: 'a key of an Azure account',
    // Not that of the emulator, which is in its documentation.
    pattern: /\b(?:AccountKey=(?!Eby8vdM02xNO)[A-Za-z0-9+/]{86}==|SharedAccessKey=[A-Za-z0-9+/]{43}=)/gi,
    accepts: token,
  },
  {
    kind: 'a registry password',
    pattern: /:_(?:authToken|auth|password)\s{0,3}=\s{0,3}["']?(?<value>[^\s"'$]{16,400})/g,
    accepts: (match) => !isPlaceholder(match[0]) && /\d/.test(match.groups?.['value'] ?? ''),
  },
  {
    kind: 'a password in a URL',
    pattern:
      /(?<![\w+.-])[a-z][a-z0-9+.-]{1,24}:\/\/[^\s:/@"'`<>()]{0,80}:(?<value>[^\s:/@"'`<>]{8,100})@[\w.[\]:-]{1,200}/gi,
    accepts: (match) =>
      /[a-z]/i.test(match.groups?.['value'] ?? '') &&
      /\d/.test(match.groups?.['value'] ?? '') &&
      !isPlaceholder(match[0]) &&
      !isHarmlessUrl(match[0]),
  },
  {
    kind: 'a password in a connection string',
    pattern:
      /\b(?:Server|Data Source|Host)\s?=[^;"'`\n]{1,100};[^"'`\n]{0,200}?\b(?:Password|Pwd)\s?=(?<value>[^;"'`\s]{8,100})/gi,
    accepts: (match) =>
      /\d/.test(match.groups?.['value'] ?? '') &&
      !isPlaceholder(match.groups?.['value'] ?? '') &&
      !LOCAL_HOST.test(/=\s?([^;,]*)/.exec(match[0])?.[1] ?? ''),
  },
  {
    kind: 'a value drawn at random, under the name of a secret',
    pattern: new RegExp(
      `${NAME}["'\\]]{0,2}\\s{0,8}(?::=|=>|=|:)\\s{0,8}(?<quote>["'\`])(?<value>[^"'\`\\s]{12,200})\\k<quote>`,
      'gi',
    ),
    accepts: random,
  },
  {
    kind: 'a value drawn at random, under the name of a secret',
    // Where a value needs no quotes, and no code can stand in its place.
    paths: /(?:^|\/)\.env[^/]*$|\.(?:env|ya?ml|ini|properties|conf|cfg|tfvars)$/i,
    pattern: new RegExp(`${NAME}\\s{0,8}[=:]\\s{0,8}(?<value>[^"'\`\\s#$(){}]{12,200})(?=\\s|$)`, 'gi'),
    accepts: random,
  },
]
