/** The manual as a page of man(7), made of the definitions of the commands. */
import { ENVIRONMENT, EXITS } from './surroundings.ts'
import { withParts, type Outline, type OutlineArgument, type OutlineOption } from './outline.ts'

/** Text as roff has it: nothing in it is a request, and a hyphen is the one that is typed. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .split('\n')
    .map((line) => line.replace(/^(?=[.'])/, '\\&'))
    .join('\n')

/** A macro's argument, in quotes. */
const quoted = (text: string): string => `"${roff(text).replaceAll('"', '\\(dq')}"`

const sentence = (text: string): string => {
  const trimmed = text.trim()
  return trimmed === ''
    ? ''
    : `${trimmed[0]?.toUpperCase() ?? ''}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`
}

const entry = (term: string, text: string): string =>
  `.TP\n.B ${quoted(term)}\n${roff(text === '' ? '\u00a0' : text)}`

const optionEntry = ({ names, placeholder, description }: OutlineOption): string =>
  entry(`${names.join(', ')}${placeholder === null ? '' : ` ${placeholder}`}`, sentence(description))

const argumentEntries = (some: readonly OutlineArgument[]): string[] =>
  some
    .filter(({ description }) => description !== '')
    .map(({ placeholder, description }) => entry(placeholder, sentence(description)))

function commandSection({ path, usage, description, arguments: given, options }: Outline): string[] {
  return [
    `.SS ${quoted(`hyperion ${path.join(' ')} ${usage}`.trim())}`,
    roff(sentence(description)),
    ...argumentEntries(given),
    ...options.filter(({ names }) => !names.includes('--help')).map(optionEntry),
  ]
}

/** Returns the page; the same for the same program, whenever and wherever it is made. */
export function manualPage(program: Outline, version: string): string {
  const [, ...parts] = withParts(program)
  // What only has parts is told by them.
  const told = parts.filter(({ commands }) => commands.length === 0)
  return `${[
    `.TH HYPERION 1 "" ${quoted(`hyperion ${version}`)} "Hyperion"`,
    '.SH NAME',
    `hyperion \\- ${roff(program.description.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B hyperion',
    roff('[options] command [arguments]'),
    '.SH OPTIONS',
    ...program.options.map(optionEntry),
    '.SH COMMANDS',
    ...told.flatMap(commandSection),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.map(([name, means]) => entry(name, sentence(means))),
    '.SH "EXIT STATUS"',
    ...EXITS.map(([code, means]) => entry(String(code), sentence(means))),
  ].join('\n')}\n`
}
