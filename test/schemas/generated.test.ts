/** The generated JSON Schema: fresh, and noticed when it is not. */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
let copy: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'hyperion-schemas-'))
  cpSync(join(root, 'schemas'), join(copy, 'schemas'), { recursive: true })
  cpSync(join(root, 'build', 'generate-schemas.mjs'), join(copy, 'build', 'generate-schemas.mjs'))
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const check = (cwd: string) =>
  spawnSync(process.execPath, ['build/generate-schemas.mjs', '--check'], { cwd, encoding: 'utf8' })

test('the generated files of the project are fresh', () => {
  const { status, stderr } = check(root)
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

test('a stale and a left-over file are named, and generating mends both', () => {
  appendFileSync(join(copy, 'schemas', 'json', 'cast.json'), ' ')
  writeFileSync(join(copy, 'schemas', 'json', 'gone.json'), '{}')
  const { status, stderr } = check(copy)
  expect(status).toBe(1)
  expect(stderr).toContain('schemas/json/cast.json is stale')
  expect(stderr).toContain('schemas/json/gone.json belongs to no contract')
  execFileSync(process.execPath, ['build/generate-schemas.mjs'], { cwd: copy })
  expect(check(copy).status).toBe(0)
})
