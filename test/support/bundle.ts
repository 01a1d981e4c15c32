/** Bundles programs for tests that start real processes, into a folder of their own beside the project's modules. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'

const project = fileURLToPath(new URL('../..', import.meta.url))

/** One replacement in one source file, which has to occur exactly once. */
export interface Mutation {
  /** Path from the project's root. */
  file: string
  from: string
  to: string
}

export interface Bundle {
  /** The program, to be given to Node. */
  entry: string
  dispose(): void
}

function mutate(mutations: readonly Mutation[], done: Set<Mutation>): Plugin {
  return {
    name: 'mutate',
    enforce: 'pre',
    transform(code, id) {
      let text = code
      for (const mutation of mutations) {
        if (id !== join(project, mutation.file)) continue
        const times = text.split(mutation.from).length - 1
        if (times !== 1) throw new Error(`${mutation.file} holds ${times} times: ${mutation.from}`)
        text = text.replace(mutation.from, () => mutation.to)
        done.add(mutation)
      }
      return text === code ? null : { code: text, map: null }
    },
  }
}

/** Bundles a program of the project for Node; throws unless every mutation was made exactly once. */
export async function bundle(source: string, mutations: readonly Mutation[] = []): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  const dispose = (): void => rmSync(folder, { recursive: true, force: true })
  const done = new Set<Mutation>()
  try {
    // Native modules are not bundled; they are found from where the program lies.
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
    mkdirSync(join(folder, 'out'))
    await build({
      configFile: false,
      envFile: false,
      root: project,
      logLevel: 'silent',
      plugins: [mutate(mutations, done)],
      ssr: { noExternal: true, external: ['better-sqlite3'] },
      build: {
        ssr: true,
        outDir: join(folder, 'out'),
        target: 'node22',
        minify: false,
        rolldownOptions: {
          input: { program: join(project, source) },
          output: { format: 'es', entryFileNames: '[name].mjs' },
        },
      },
    })
    const missing = mutations.filter((mutation) => !done.has(mutation))
    if (missing.length > 0)
      throw new Error(`not part of the program: ${missing.map(({ file }) => file).join(', ')}`)
  } catch (error) {
    dispose()
    throw error
  }
  return { entry: join(folder, 'out', 'program.mjs'), dispose }
}
