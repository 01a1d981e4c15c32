/** A shipped folder of a few small files, targets, and the program on PATH as an operator has it. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = join(PROJECT, 'out/main/cli.js')

const made: string[] = []
afterEach(() => {
  for (const one of made.splice(0)) rmSync(one, { recursive: true, force: true })
})

export function folder(): string {
  const one = mkdtempSync(join(tmpdir(), 'skills-'))
  made.push(one)
  return one
}

export function put(dir: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
}

export const SKILL = '---\nname: cast-builder\ndescription: Composes casts.\n---\n\nCompose.\n'

/** What is shipped, small enough to be killed at every step. */
export function shipped(): string {
  const root = folder()
  put(root, {
    'skills/cast-builder/SKILL.md': SKILL,
    'skills/cast-builder/scripts/run.sh': '#!/bin/sh\nexit 0\n',
    'scripts/cast_builder.sh': '#!/bin/sh\nexec hyperion cast "$@"\n',
    'resources/templates/EXPORT_GUIDE.template.md':
      '# {{TARGET_PATH}}\n\n{{LANGUAGES}}, {{GIT_STATUS}}\n\n{{SKILLS}}\n',
    'resources/templates/BUNDLE_README.md': '# Bundle\n',
  })
  return root
}

/** Every file below a folder with its content and mode; folders by their name alone. */
export function snapshot(dir: string, prefix = ''): Record<string, string> {
  const all: Record<string, string> = {}
  for (const entry of readdirSync(join(dir, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory()) Object.assign(all, { [`${path}/`]: '' }, snapshot(dir, path))
    else if (entry.isFile())
      all[path] =
        `${(statSync(join(dir, path)).mode & 0o777).toString(8)} ${readFileSync(join(dir, path), 'latin1')}`
    else all[path] = 'other'
  }
  return all
}

/** Runs a program as somebody does who has `hyperion` on PATH. */
export function onPath(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): SpawnSyncReturns<string> {
  const bin = folder()
  writeFileSync(join(bin, 'hyperion'), `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`)
  chmodSync(join(bin, 'hyperion'), 0o755)
  const path = [bin, dirname(process.execPath), process.env['PATH']].join(delimiter)
  return spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, PATH: path, ...env } })
}
