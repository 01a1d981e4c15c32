/**
 * Runs the benchmarks of test/bench one after the other; each prints a table and writes JSON to bench-results/.
 *
 * Usage: node build/bench.mjs [NAME…] [-- arguments of the benchmark]
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap, projectRoot, runToEnd } from './bootstrap.mjs'
import { build } from './build.mjs'

await bootstrap()
const given = process.argv.slice(2)
const split = given.includes('--') ? given.indexOf('--') : given.length
const names = given.slice(0, split)
const rest = given.slice(split + 1)
const folder = join(projectRoot, 'test/bench')
const all = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length))
const unknown = names.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${all.join(', ')}.`)
  process.exitCode = 2
} else if (!build(projectRoot, { quiet: true })) {
  process.exitCode = 1
} else {
  for (const name of names.length > 0 ? names : all) {
    const exitCode = await runToEnd(process.execPath, [join(folder, `${name}.bench.ts`), ...rest])
    if (exitCode !== 0) process.exitCode = 1
  }
}
