/**
 * Checks types, lint (layers included), formatting and that generated files are fresh; reports all of them.
 *
 * Usage: node build/check.mjs [--fix]
 */
import { join } from 'node:path'
import { bootstrap, projectRoot, runToEnd } from './bootstrap.mjs'

const fix = process.argv.includes('--fix')

const CHECKS = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
  {
    name: 'types of the renderer',
    args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.renderer.json'],
  },
  {
    name: 'lint',
    args: [
      'node_modules/oxlint/bin/oxlint',
      '--deny-warnings',
      '--report-unused-disable-directives',
      ...(fix ? ['--fix'] : []),
    ],
  },
  {
    name: 'formatting',
    args: ['node_modules/prettier/bin/prettier.cjs', fix ? '--write' : '--check', '--log-level=warn', '.'],
  },
  { name: 'generated files', args: ['build/generate-schemas.mjs', ...(fix ? [] : ['--check'])] },
]

await bootstrap()
const failed = []
for (const { name, args } of CHECKS) {
  const [script, ...rest] = args
  const exitCode = await runToEnd(process.execPath, [join(projectRoot, script), ...rest])
  console.log(`${exitCode === 0 ? '✓' : '✗'} ${name}`)
  if (exitCode !== 0) failed.push(name)
}
if (failed.length > 0) {
  console.log(
    `Not in order: ${failed.join(', ')}. \`npm run format\` repairs what can be repaired by itself.`,
  )
  process.exitCode = 1
}
