/** Tools by which an agent looks around: over the tree it is given, and never over a file system. */
import { asHyperionError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { fieldsOf, type Fields as Input } from './fields.ts'
import type { AgentTree } from './harness.ts'

export interface AgentTool {
  name: string
  description: string
  /** What it takes, as JSON Schema. */
  schema: Readonly<Record<string, unknown>>
  /** Whatever it is given, it answers in words; `ok` tells whether it did what was asked. */
  run(input: unknown, signal: AbortSignal): Promise<ToolAnswer>
}

export interface ToolAnswer {
  ok: boolean
  text: string
}

const MOST_LINES = 2_000
const MOST_CHARACTERS = 64 * 1024
const MOST_PATHS = 1_000
const MOST_HITS = 200
const LONGEST_HIT = 300
/** A search reads files one by one: it stops here, and says so. */
const MOST_SEARCHED = 5_000
const LARGEST_SEARCHED = 1024 * 1024

const no = (text: string): ToolAnswer => ({ ok: false, text })
const yes = (text: string): ToolAnswer => ({ ok: true, text })
const named = (path: string): string => inert(path, 300)

const isText = (bytes: Buffer): boolean => !bytes.subarray(0, 8_000).includes(0)

function lineNumber(input: Input, key: string, otherwise: number): number | null {
  const value = input[key]
  if (value === undefined || value === null) return otherwise
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : null
}

async function readFile(tree: AgentTree, input: Input): Promise<ToolAnswer> {
  const { path } = input
  if (typeof path !== 'string') return no('path is missing; name a file relative to the repository')
  const [from, to] = [
    lineNumber(input, 'from_line', 1),
    lineNumber(input, 'to_line', Number.MAX_SAFE_INTEGER),
  ]
  if (from === null || to === null || to < from)
    return no('from_line and to_line are whole numbers from 1, and to_line is not before from_line')
  const bytes = await tree.read(path)
  if (bytes === null) return no(`${named(path)} does not exist`)
  if (!isText(bytes)) return no(`${named(path)} is not text (${bytes.length} bytes)`)
  const lines = bytes.toString('utf8').split('\n')
  // A newline at the end ends the last line and begins none.
  if (lines.at(-1) === '') lines.pop()
  if (from > Math.max(1, lines.length)) return no(`${named(path)} has ${lines.length} lines`)
  const shown: string[] = []
  let room = MOST_CHARACTERS
  for (const line of lines.slice(from - 1, Math.min(to, from - 1 + MOST_LINES))) {
    if (line.length > room) {
      if (shown.length === 0) shown.push(line.slice(0, room))
      break
    }
    room -= line.length + 1
    shown.push(line)
  }
  const last = from - 1 + shown.length
  const more = last < Math.min(to, lines.length) ? '; ask for the rest by from_line' : ''
  return yes(`${named(path)}, lines ${from} to ${last} of ${lines.length}${more}\n${shown.join('\n')}`)
}

/** The paths below a folder, or null where `under` is no folder's name. */
async function pathsUnder(tree: AgentTree, { under }: Input): Promise<string[] | null> {
  if (under !== undefined && under !== null && typeof under !== 'string') return null
  const folder = typeof under === 'string' ? under.replace(/(?<=.)\/+$/, '') : ''
  const paths = await tree.paths()
  return folder === '' || folder === '.'
    ? paths
    : paths.filter((path) => path === folder || path.startsWith(`${folder}/`))
}

const nothingUnder = ({ under }: Input): ToolAnswer =>
  no(typeof under === 'string' ? `${named(under)} does not exist` : 'under is the path of a folder')

async function listFiles(tree: AgentTree, input: Input): Promise<ToolAnswer> {
  const paths = await pathsUnder(tree, input)
  if (paths === null || paths.length === 0) return nothingUnder(input)
  const rest = paths.length - MOST_PATHS
  const more = rest > 0 ? `\n… and ${rest} more; name a folder by under` : ''
  return yes(`${paths.slice(0, MOST_PATHS).map(named).join('\n')}${more}`)
}

/** Null also for what is no file: a link, a submodule. */
async function readOrNull(tree: AgentTree, path: string): Promise<Buffer | null> {
  try {
    return await tree.read(path)
  } catch (thrown) {
    if (asHyperionError(thrown).kind === 'user') return null
    throw thrown
  }
}

async function searchFiles(tree: AgentTree, input: Input, signal: AbortSignal): Promise<ToolAnswer> {
  const { text } = input
  if (typeof text !== 'string' || text === '' || text.includes('\n'))
    return no('text is what to look for, in one line')
  const paths = await pathsUnder(tree, input)
  if (paths === null || paths.length === 0) return nothingUnder(input)
  const hits: string[] = []
  let searched = 0
  for (const path of paths.slice(0, MOST_SEARCHED)) {
    if (signal.aborted || hits.length >= MOST_HITS) break
    searched += 1
    const bytes = await readOrNull(tree, path)
    if (bytes === null || bytes.length > LARGEST_SEARCHED || !isText(bytes) || !bytes.includes(text)) continue
    bytes
      .toString('utf8')
      .split('\n')
      .forEach((line, index) => {
        if (hits.length < MOST_HITS && line.includes(text))
          hits.push(`${named(path)}:${index + 1}: ${line.slice(0, LONGEST_HIT)}`)
      })
  }
  const rest = searched < paths.length ? `\n… ${searched} of ${paths.length} files looked at; name a folder by under` : '' // prettier-ignore
  return yes(hits.length === 0 ? `no line has it${rest}` : `${hits.join('\n')}${rest}`)
}

export const object = (properties: Record<string, unknown>, required: string[]): Record<string, unknown> => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
export const string = (description: string) => ({ type: 'string', description })
const line = (description: string) => ({ type: 'integer', minimum: 1, description })
const UNDER = string('A folder; left out for all files.')

/** Returns the tools that look at a tree. What is not in it does not exist for them. */
export function readTools(tree: AgentTree): AgentTool[] {
  const tools: [string, string, Record<string, unknown>, (input: Input, signal: AbortSignal) => Promise<ToolAnswer>][] = [
    [
      'read_file',
      'Reads a text file of the repository, or lines of it, as it is now.',
      object(
        {
          path: string('Relative to the repository: src/a.ts'),
          from_line: line('The first line wanted.'),
          to_line: line('The last line wanted.'),
        },
        ['path'],
      ),
      (input) => readFile(tree, input),
    ],
    ['list_files', 'Lists the paths of files in the repository.', object({ under: UNDER }, []), (input) => listFiles(tree, input)],
    [
      'search_files',
      'Finds lines that hold a text, to the letter; answers path:line: text.',
      object({ text: string('What to look for, in one line.'), under: UNDER }, ['text']),
      (input, signal) => searchFiles(tree, input, signal),
    ],
  ] // prettier-ignore
  return tools.map(([name, description, schema, act]) => ({
    name,
    description,
    schema,
    async run(input, signal) {
      try {
        return await act(fieldsOf(input), signal)
      } catch (thrown) {
        // A link, a submodule: it says which, and the agent goes on without it.
        const { kind, message } = asHyperionError(thrown)
        return no(kind === 'user' ? message : 'it cannot be read now')
      }
    },
  }))
}
