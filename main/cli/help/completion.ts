/** What shells complete of a command line: scripts made of the definitions of the commands. */
import { withParts, type Outline, type OutlineOption, type Takes } from './outline.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** One word of a POSIX shell. */
const word = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const namesOf = (options: readonly OutlineOption[]): string[] => options.flatMap(({ names }) => names)

const bashWords = (words: readonly string[]): string =>
  `COMPREPLY=($(compgen -W ${word(words.join(' '))} -- "$current"))`

/** A name may have spaces in it: the lines are the names. */
const PATHS = `compopt -o filenames; local IFS=$'\\n'; `

/** Nothing for free text: what a shell offers instead would be wrong. */
function bashTakes(takes: Takes): string {
  switch (takes.kind) {
    case 'words':
      return bashWords(takes.words)
    case 'file':
      return `${PATHS}COMPREPLY=($(compgen -f -- "$current"))`
    case 'folder':
      return `${PATHS}COMPREPLY=($(compgen -d -- "$current"))`
    case 'text':
      return 'COMPREPLY=()'
  }
}

const takesValue = ({ placeholder }: OutlineOption): boolean => placeholder !== null

function bash(program: Outline): string {
  const all = withParts(program)
  const key = ({ path }: Outline): string => path.join(' ')
  const everywhere = program.options.filter(takesValue)
  const afterOption = all.flatMap((one) =>
    one.options
      .filter(takesValue)
      .flatMap(({ names, takes }) =>
        names.map((name) => `    ${word(`${key(one)} ${name}`.trim())}) ${bashTakes(takes)}; return ;;`),
      ),
  )
  // Those of the program may stand before and after a command.
  const global = everywhere.flatMap(({ names, takes }) => names.map((name) => `    ${word(name)}|*${word(` ${name}`)}) ${bashTakes(takes)}; return ;;`)) // prettier-ignore
  const options = all.map((one) => `      ${word(key(one))}) ${bashWords([...namesOf(one.options), ...(one === program ? [] : namesOf(everywhere))])} ;;`) // prettier-ignore
  const rest = all.map((one) => {
    const [first] = one.arguments
    const act = one.commands.length > 0 ? bashWords(one.commands.map(({ path }) => path.at(-1) ?? '')) : bashTakes(first?.takes ?? { kind: 'text' }) // prettier-ignore
    return `    ${word(key(one))}) ${act} ;;`
  })
  const withValue = [
    ...new Set(all.flatMap((one) => one.options.filter(takesValue).flatMap(({ names }) => names))),
  ]
  const known = all.filter(({ path }) => path.length > 0).map((one) => word(key(one)))
  return `# Completion of hyperion for bash: source <(hyperion completion bash)
_hyperion() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command='' at one
  for ((at = 1; at < COMP_CWORD; at++)); do
    one=\${COMP_WORDS[at]}
    case $one in
      ${withValue.join('|')}) ((at++)) ;;
      -*) ;;
      *)
        case "\${command:+$command }$one" in
          ${known.join('|')}) command="\${command:+$command }$one" ;;
          *) command=\${command:-?} ;;
        esac
        ;;
    esac
  done
  case "\${command:+$command }$previous" in
${[...afterOption.filter((line) => !global.includes(line)), ...global].join('\n')}
  esac
  if [[ $current == -* ]]; then
    case $command in
${options.join('\n')}
    esac
    return
  fi
  case $command in
${rest.join('\n')}
  esac
}
complete -F _hyperion hyperion
`
}

const zsh = (program: Outline): string =>
  `# Completion of hyperion for zsh: source <(hyperion completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bash(program)
  .replace(/^#.*\n/, '')
  .replaceAll('compopt -o filenames; ', '')}`

const fishTakes = (takes: Takes): string => {
  switch (takes.kind) {
    case 'words':
      return `-x -a ${word(takes.words.join(' '))}`
    case 'file':
      return '-r -F'
    case 'folder':
      return `-x -a '(__fish_complete_directories)'`
    case 'text':
      return '-x'
  }
}

function fish(program: Outline): string {
  const top = program.commands.map(({ path }) => path[0] ?? '').join(' ')
  const lines = [`set -l commands ${top}`, 'complete -c hyperion -f']
  const option = (where: string, { names, takes, placeholder, description }: OutlineOption): string => {
    const named = names
      .map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
      .join(' ')
    return `complete -c hyperion ${where}${named} ${placeholder === null ? '' : `${fishTakes(takes)} `}-d ${word(description)}`
  }
  for (const one of program.options) lines.push(option('', one))
  for (const one of withParts(program).slice(1)) {
    const [name = '', part] = one.path
    const siblings =
      program.commands.find(({ path }) => path[0] === name)?.commands.map(({ path }) => path[1]) ?? []
    const where =
      part === undefined ? `-n "not __fish_seen_subcommand_from $commands" -a ${name} ` : `-n "__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${siblings.join(' ')}" -a ${part} ` // prettier-ignore
    lines.push(`complete -c hyperion ${where}-d ${word(one.description)}`)
    const inside = `-n "__fish_seen_subcommand_from ${name}${part === undefined ? '' : `; and __fish_seen_subcommand_from ${part}`}" ` // prettier-ignore
    for (const given of one.options.filter(({ names }) => !names.includes('--help')))
      lines.push(option(inside, given))
    const [first] = one.arguments
    if (first !== undefined && first.takes.kind !== 'text')
      lines.push(`complete -c hyperion ${inside}${fishTakes(first.takes)}`)
  }
  return `# Completion of hyperion for fish: hyperion completion fish | source\n${lines.join('\n')}\n`
}

/** Returns the script that a shell reads; it starts no program while one types. */
export const completionScript = (shell: Shell, program: Outline): string =>
  ({ bash, zsh, fish })[shell](program)
