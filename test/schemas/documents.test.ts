/** SCHEMAS.md shows only what is accepted, and leaves no contract out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../schemas/catalogue.ts'
import { defaultConfig } from '../../schemas/config.ts'
import { EXIT_CODES } from '../../schemas/errors.ts'
import { LOG_DETAILS } from '../../schemas/log-event.ts'
import { readJson } from '../../main/engine/base/json.ts'
import { REQUEST_LIMITS } from '../../main/engine/domain/limits.ts'
import { payloadHash } from '../../main/engine/domain/payload-hash.ts'
import { validateChangeRequest } from '../../main/engine/domain/validate-change.ts'
import { validateCast, validateTaskRequest } from '../../main/engine/domain/validate-task.ts'

const text = readFileSync(join(import.meta.dirname, '..', '..', 'SCHEMAS.md'), 'utf8')
const examples = [...text.matchAll(/<!-- example: (\S+) -->\n+```json\n([^]*?)```/g)].map((match, index) => {
  const [, name = '', json = ''] = match
  return { name, index, value: readJson(Buffer.from(json), REQUEST_LIMITS, 'SCHEMAS.md') }
})
const example = (name: string): unknown => examples.find((one) => one.name === name)?.value

test('every JSON block is a named example', () => {
  expect(text.match(/```json/g)).toHaveLength(examples.length)
})

test.each(examples)('example $index, a $name, parses', ({ name, value }) => {
  const parsed = CATALOGUE[name]?.safeParse(value)
  expect(parsed?.error?.issues).toBeUndefined()
  expect(parsed?.success).toBe(true)
})

const VALIDATORS: Readonly<Record<string, (value: unknown) => { ok: boolean }>> = {
  'change-request': validateChangeRequest,
  'task-request': validateTaskRequest,
  cast: validateCast,
}

test.each(examples.filter(({ name }) => name in VALIDATORS))(
  'example $index, a $name, holds beyond its shape: paths, hashes, patches',
  ({ name, value }) => expect(VALIDATORS[name]?.(value)).toMatchObject({ ok: true }),
)

test('the payload hash shown is that of the payload shown', () => {
  const change = CATALOGUE['change']?.parse(example('change')) as { payload: never; payload_hash: string }
  expect(change.payload_hash).toBe(payloadHash(change.payload))
})

test('the configuration shown is the one that holds when nothing is given', () => {
  expect(example('config')).toEqual(defaultConfig)
})

describe('nothing is left out', () => {
  test.each(Object.keys(CATALOGUE))('%s has an example and names its JSON Schema', (name) => {
    expect(example(name)).toBeDefined()
    expect(text).toContain(`schemas/json/${name}.json`)
  })
  test.each(Object.entries(LOG_DETAILS))('log message "%s"', (message, details) => {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${message}\` `)) ?? ''
    expect([...row.matchAll(/`(\w+)`/g)].map((match) => match[1]).filter((word) => word !== message)).toEqual(
      Object.keys(details.shape),
    )
  })
  test.each(Object.entries(EXIT_CODES))('exit code of %s', (kind, code) => {
    expect(text).toMatch(new RegExp(`^\\| ${code} .*\`${kind}\``, 'm'))
  })
})
