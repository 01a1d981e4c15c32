/** What the command line takes, read from the definitions it is made of: its manual and completions of shells come from it. */
import type { Argument, Command, Option } from 'commander'

/** What a value is: one of some words, a path, or anything. */
export type Takes = { kind: 'words'; words: readonly string[] } | { kind: 'file' | 'folder' | 'text' }

export interface OutlineOption {
  /** `--format`, or `-V` and `--version`. */
  names: readonly string[]
  /** `<format>` as help shows it; null for one that takes nothing. */
  placeholder: string | null
  takes: Takes
  description: string
}

export interface OutlineArgument {
  /** `<file|dir...>` as help shows it. */
  placeholder: string
  takes: Takes
  isMany: boolean
  description: string
}

export interface Outline {
  /** Words that lead to it: none for the program itself, `audit verify` for a part of a command. */
  path: readonly string[]
  /** `[options] <file>`: what follows those words. */
  usage: string
  description: string
  arguments: readonly OutlineArgument[]
  options: readonly OutlineOption[]
  commands: readonly Outline[]
}

/** A parser of values that knows all of them. */
export interface WordParser {
  words: readonly string[]
}

const wordsOf = (parse: unknown): readonly string[] | null =>
  typeof parse === 'function' && 'words' in parse ? (parse as unknown as WordParser).words : null

function takesOf(parse: unknown, placeholder: string | null): Takes {
  const words = wordsOf(parse)
  if (words !== null) return { kind: 'words', words }
  if (/\bfile\b/i.test(placeholder ?? '')) return { kind: 'file' }
  return { kind: /\bdir\b/i.test(placeholder ?? '') ? 'folder' : 'text' }
}

function optionOf({ short, long, flags, description, defaultValue, parseArg }: Option): OutlineOption {
  const placeholder = /[<[].*[>\]]/.exec(flags)?.[0] ?? null
  const otherwise =
    defaultValue === undefined || defaultValue === false ? '' : ` (default: ${String(defaultValue)})`
  return {
    names: [short, long].filter((name) => name !== undefined),
    placeholder,
    takes: takesOf(parseArg, placeholder),
    description: `${description}${otherwise}`,
  }
}

function argumentOf(argument: Argument): OutlineArgument {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  const placeholder = argument.required ? `<${name}>` : `[${name}]`
  return {
    placeholder,
    takes: takesOf(argument.parseArg, placeholder),
    isMany: argument.variadic,
    description: argument.description,
  }
}

/** Reads a command with all its parts; what only helps with itself (`help`) is left out. */
export function outlineOf(command: Command, path: readonly string[] = []): Outline {
  return {
    path,
    usage: command.usage(),
    description: command.description(),
    arguments: command.registeredArguments.map(argumentOf),
    options: [
      ...command.options.filter(({ hidden }) => !hidden).map(optionOf),
      {
        names: ['-h', '--help'],
        placeholder: null,
        takes: { kind: 'text' },
        description: 'say what it takes',
      },
    ],
    commands: command.commands.map((one) => outlineOf(one, [...path, one.name()])),
  }
}

/** A command and all its parts, each before its own. */
export const withParts = (outline: Outline): Outline[] => [outline, ...outline.commands.flatMap(withParts)]
