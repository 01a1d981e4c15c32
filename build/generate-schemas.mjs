/**
 * Writes schemas/json/*.json, the JSON Schema (draft 2020-12) of every contract in schemas/catalogue.ts.
 *
 * `--check` writes nothing and exits 1 naming the files that are stale, missing or left over. Needs a Node that
 * strips types (22.18 or newer).
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { CATALOGUE } from '../schemas/catalogue.ts'

const folder = new URL('../schemas/json/', import.meta.url)

function generated() {
  const files = new Map()
  for (const [name, schema] of Object.entries(CATALOGUE)) {
    // What a file may hold counts, not what parsing makes of it: defaults are not required.
    const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' })
    const json = { $schema, $id: `urn:hyperion:schema:${name}`, ...rest }
    files.set(`${name}.json`, `${JSON.stringify(json, null, 2)}\n`)
  }
  return files
}

function onDisk() {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
}

function read(name) {
  try {
    return readFileSync(new URL(name, folder), 'utf8')
  } catch {
    return null
  }
}

const files = generated()
const stale = [...files].filter(([name, text]) => read(name) !== text).map(([name]) => name)
const leftOver = onDisk().filter((name) => !files.has(name))

if (process.argv.includes('--check')) {
  for (const name of stale) console.error(`schemas/json/${name} is stale; run: npm run generate`)
  for (const name of leftOver)
    console.error(`schemas/json/${name} belongs to no contract; run: npm run generate`)
  process.exitCode = stale.length + leftOver.length === 0 ? 0 : 1
} else {
  mkdirSync(folder, { recursive: true })
  for (const name of leftOver) rmSync(new URL(name, folder))
  for (const name of stale) writeFileSync(new URL(name, folder), files.get(name))
  console.log(`${files.size} schemas in ${fileURLToPath(folder)}, ${stale.length} rewritten`)
}
