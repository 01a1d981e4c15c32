/** Tools by which an agent works in its tree: a shell, and files. */
import { asHyperionError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { applyEdits } from '../draft.ts'
import { fieldsOf, type Fields as Input } from '../fields.ts'
import type { WorkTree } from '../harness.ts'
import { object, readTools, string, type AgentTool, type ToolAnswer } from '../read-tools.ts'

const LONGEST_SECONDS = 3_600
const USUAL_SECONDS = 120

const no = (text: string): ToolAnswer => ({ ok: false, text })
const yes = (text: string): ToolAnswer => ({ ok: true, text })

type Act = (tree: WorkTree, input: Input, signal: AbortSignal) => Promise<ToolAnswer>

const PATH = string('Relative to the repository: src/a.ts')
const named = (path: string): string => inert(path, 300)

const runCommand: Act = async (tree, { command, timeout_seconds: given }, signal) => {
  if (typeof command !== 'string' || command.trim() === '') return no('command is what a shell is to run')
  const seconds = given === undefined || given === null ? USUAL_SECONDS : given
  if (typeof seconds !== 'number' || !(seconds >= 1 && seconds <= LONGEST_SECONDS))
    return no(`timeout_seconds is a number from 1 to ${LONGEST_SECONDS}`)
  return tree.run(command, seconds * 1000, signal)
}

const writeFile: Act = async (tree, { path, content, executable }) => {
  if (typeof path !== 'string' || typeof content !== 'string')
    return no('path names a file, and content is the whole text of it')
  await tree.put(path, Buffer.from(content), typeof executable === 'boolean' ? executable : null)
  return yes(`${named(path)} is written (${Buffer.byteLength(content)} bytes)`)
}

const editFile: Act = async (tree, { path, search, replace }) => {
  if (typeof path !== 'string' || typeof search !== 'string' || search === '' || typeof replace !== 'string')
    return no('path names a file, search is text that is in it exactly once, replace is the text in its place') // prettier-ignore
  const bytes = await tree.read(path)
  if (bytes === null) return no(`${named(path)} does not exist; write_file makes it`)
  const made = applyEdits(bytes, { path, action: 'edit', edits: [{ search, replace }] })
  if (!made.ok) return no(made.message)
  await tree.put(path, made.value, null)
  return yes(`${named(path)} is edited`)
}

const deleteFile: Act = async (tree, { path }) => {
  if (typeof path !== 'string') return no('path names a file')
  await tree.put(path, null, null)
  return yes(`${named(path)} is gone`)
}

const restoreFile: Act = async (tree, { path }) => {
  if (typeof path !== 'string') return no('path names a file')
  await tree.restore(path)
  return yes(`${named(path)} is as you found it`)
}

const TOOLS: [name: string, description: string, schema: Record<string, unknown>, act: Act][] = [
  [
    'run_command',
    'Runs a command by /bin/sh in the work tree and answers what it printed and how it ended. Whatever it starts ends with it.',
    object(
      {
        command: string('What the shell is to run.'),
        timeout_seconds: { type: 'integer', minimum: 1, maximum: LONGEST_SECONDS, description: `Left out: ${USUAL_SECONDS}.` },
      },
      ['command'],
    ),
    runCommand,
  ],
  [
    'write_file',
    'Writes a whole text file, in place of what is there.',
    object(
      { path: PATH, content: string('The whole text.'), executable: { type: 'boolean', description: 'Left out: as the file is; a new one is not.' } },
      ['path', 'content'],
    ),
    writeFile,
  ],
  [
    'edit_file',
    'Replaces a text that is in a file exactly once.',
    object(
      { path: PATH, search: string('Text that is in the file exactly once.'), replace: string('The text in its place.') },
      ['path', 'search', 'replace'],
    ),
    editFile,
  ],
  ['delete_file', 'Removes a file.', object({ path: PATH }, ['path']), deleteFile],
  ['restore_file', 'Puts a file back as you found it; one that was not there goes.', object({ path: PATH }, ['path']), restoreFile],
] // prettier-ignore

/** Returns the tools of a work tree, those that look at it first. */
export const workTools = (tree: WorkTree): AgentTool[] => [
  ...readTools(tree),
  ...TOOLS.map(([name, description, schema, act]) => ({
    name,
    description,
    schema,
    async run(input: unknown, signal: AbortSignal): Promise<ToolAnswer> {
      try {
        return await act(tree, fieldsOf(input), signal)
      } catch (thrown) {
        const { kind, message } = asHyperionError(thrown)
        return no(kind === 'user' ? message : 'it cannot be done now')
      }
    },
  })),
]
