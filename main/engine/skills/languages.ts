/** Which languages a project is written in, judged by the names of its files. */
import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'

const LANGUAGES: Readonly<Record<string, string>> = {
  '.ts': 'TypeScript', '.tsx': 'TypeScript', '.mts': 'TypeScript', '.cts': 'TypeScript',
  '.js': 'JavaScript', '.jsx': 'JavaScript', '.mjs': 'JavaScript', '.cjs': 'JavaScript',
  '.py': 'Python', '.rs': 'Rust', '.go': 'Go', '.java': 'Java', '.kt': 'Kotlin', '.kts': 'Kotlin',
  '.scala': 'Scala', '.c': 'C', '.h': 'C', '.cc': 'C++', '.cpp': 'C++', '.cxx': 'C++', '.hpp': 'C++',
  '.cs': 'C#', '.fs': 'F#', '.swift': 'Swift', '.m': 'Objective-C', '.rb': 'Ruby', '.php': 'PHP', '.pl': 'Perl',
  '.lua': 'Lua', '.r': 'R', '.jl': 'Julia', '.ex': 'Elixir', '.exs': 'Elixir', '.erl': 'Erlang', '.hs': 'Haskell',
  '.ml': 'OCaml', '.clj': 'Clojure', '.dart': 'Dart', '.zig': 'Zig', '.nim': 'Nim', '.sh': 'Shell',
  '.bash': 'Shell', '.ps1': 'PowerShell', '.sql': 'SQL', '.html': 'HTML', '.css': 'CSS', '.scss': 'CSS',
  '.vue': 'Vue', '.svelte': 'Svelte', '.tf': 'Terraform',
} // prettier-ignore

const MOST_NAMED = 5

/** Returns the languages of these files, the one with the most files first; none where no name tells. */
export function languagesOf(paths: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const path of paths) {
    const language = LANGUAGES[extname(path).toLowerCase()]
    if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1)
  }
  const ranked = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return ranked.slice(0, MOST_NAMED).map(([language]) => language)
}

/** Where other people's code or results of builds lie. */
const PASSED_OVER = new Set([
  'node_modules',
  'vendor',
  'target',
  'dist',
  'build',
  'out',
  '__pycache__',
  'venv',
])
const MOST_LOOKED_AT = 20_000

/** Lists files below a folder that no git knows, as far as it takes to tell languages. */
export function someFilesBelow(folder: string): string[] {
  const files: string[] = []
  const folders = ['']
  for (let at = folders.shift(); at !== undefined && files.length < MOST_LOOKED_AT; at = folders.shift()) {
    for (const entry of listed(join(folder, at))) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.isFile()) files.push(path)
      else if (entry.isDirectory() && !entry.name.startsWith('.') && !PASSED_OVER.has(entry.name))
        folders.push(path)
    }
  }
  return files
}

/** What may not be read says nothing of its languages. */
function listed(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
