/** How a file of each kind holds a comment line of its own. */
import path from 'node:path'

/** What stands before and after the text. */
export interface CommentSyntax {
  open: string
  close: string
}

const line = (open: string): CommentSyntax => ({ open: `${open} `, close: '' })
const SLASHES = line('//')
const HASH = line('#')
const DASHES = line('--')
const SEMICOLONS = line(';;')
const PERCENT = line('%')
const BLOCK: CommentSyntax = { open: '/* ', close: ' */' }
const MARKUP: CommentSyntax = { open: '<!-- ', close: ' -->' }

const words = (text: string): string[] => text.split(' ')

const BY_EXTENSION = new Map<string, CommentSyntax>([
  ...words(
    'js mjs cjs jsx ts mts cts tsx java c h cc cpp cxx hpp hh cs go rs swift kt kts scala dart groovy gradle ' +
      'proto zig sol v sv fs fsx jsonc json5 less scss php m mm',
  ).map((name) => [name, SLASHES] as const),
  ...words(
    'py pyi rb rake gemspec sh bash zsh fish pl pm r yml yaml toml cfg conf env properties tf hcl nix jl ex exs ' +
      'ps1 psm1 graphql gql coffee cmake mk awk sed tcl cr nim bzl bazel dockerfile gitignore dockerignore',
  ).map((name) => [name, HASH] as const),
  ...words('sql lua hs elm adb ads vhd vhdl').map((name) => [name, DASHES] as const),
  ...words('clj cljs cljc edn lisp el scm rkt').map((name) => [name, SEMICOLONS] as const),
  ...words('ini asm').map((name) => [name, line(';')] as const),
  ...words('tex sty erl hrl').map((name) => [name, PERCENT] as const),
  ['css', BLOCK],
  ...words('md markdown html htm xhtml xml svg vue svelte xsd xsl').map((name) => [name, MARKUP] as const),
])

const BY_NAME = new Map<string, CommentSyntax>(
  words(
    'makefile gnumakefile dockerfile containerfile jenkinsfile gemfile rakefile procfile vagrantfile brewfile ' +
      'cmakelists.txt requirements.txt robots.txt codeowners .gitignore .dockerignore .npmignore .npmrc .nvmrc ' +
      '.gitattributes .editorconfig .prettierignore .eslintignore .env .bashrc .profile .zshrc build workspace',
  ).map((name) => [name, name === 'jenkinsfile' ? SLASHES : HASH]),
)

/** Returns how the file at `file` holds a comment, or null where its kind has none or is not known. */
export function commentSyntax(file: string): CommentSyntax | null {
  const name = path.posix.basename(file).toLowerCase()
  return BY_NAME.get(name) ?? BY_EXTENSION.get(path.posix.extname(name).slice(1)) ?? null
}

/** Returns the comment that says `text`, or null where the file's kind has none that can say it. */
export function commentLine(file: string, text: string): string | null {
  const syntax = commentSyntax(file)
  if (syntax === null || /[\r\n]/.test(text)) return null
  // XML knows no comment with two hyphens in a row; HTML reads on to the next "-->".
  if (syntax === MARKUP && (text.includes('--') || text.endsWith('-'))) return null
  if (syntax === BLOCK && text.includes('*/')) return null
  return `${syntax.open}${text}${syntax.close}`
}
