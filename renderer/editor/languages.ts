/** Which language a file is coloured in: by its name alone, for a patch has no more. */

const BY_NAME: Readonly<Record<string, string>> = {
  dockerfile: 'dockerfile',
  containerfile: 'dockerfile',
  gemfile: 'ruby',
  rakefile: 'ruby',
  '.bashrc': 'shell',
  '.profile': 'shell',
  '.zshrc': 'shell',
  '.editorconfig': 'ini',
  '.gitconfig': 'ini',
  '.npmrc': 'ini',
  'cargo.lock': 'ini',
  'poetry.lock': 'ini',
  'uv.lock': 'ini',
}

const ENDINGS: Readonly<Record<string, string>> = {
  bat: 'bat cmd',
  cpp: 'c cc cpp cxx h hh hpp hxx',
  csharp: 'cs',
  css: 'css',
  dart: 'dart',
  elixir: 'ex exs',
  go: 'go',
  graphql: 'graphql gql',
  hcl: 'tf tfvars hcl',
  html: 'html htm vue svelte',
  ini: 'ini cfg conf properties toml',
  java: 'java',
  javascript: 'js jsx mjs cjs',
  json: 'json jsonc webmanifest map',
  kotlin: 'kt kts',
  less: 'less',
  lua: 'lua',
  markdown: 'md markdown',
  php: 'php',
  powershell: 'ps1 psm1',
  protobuf: 'proto',
  python: 'py pyi',
  ruby: 'rb gemspec',
  rust: 'rs',
  scala: 'scala sbt',
  scss: 'scss',
  shell: 'sh bash zsh',
  sql: 'sql',
  swift: 'swift',
  typescript: 'ts tsx mts cts',
  xml: 'xml svg xsd plist csproj',
  yaml: 'yml yaml',
}

const BY_ENDING: ReadonlyMap<string, string> = new Map(
  Object.entries(ENDINGS).flatMap(([language, endings]) =>
    endings.split(' ').map((ending) => [ending, language] as const),
  ),
)

export const PLAIN = 'plaintext'

/** The languages a path can have. */
export const LANGUAGES: ReadonlySet<string> = new Set([
  PLAIN,
  ...Object.values(BY_NAME),
  ...Object.keys(ENDINGS),
])

export function languageOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  if (Object.hasOwn(BY_NAME, name)) return BY_NAME[name] ?? PLAIN
  return BY_ENDING.get(name.slice(name.lastIndexOf('.') + 1)) ?? PLAIN
}
