/** The sample workspace and the shipped sample documents: what a newcomer tries first works as it says. */
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { hyperion, PROJECT, workspace } from './support.ts'

test('sample makes a workspace whose own instructions work', async () => {
  const w = await workspace()
  try {
    const folder = join(dirname(w.dir), 'sample')
    const ran = await hyperion(['sample', folder])
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    expect(ran.stdout).toMatch(new RegExp(`^Made the sample workspace ${folder}\nTry:\n`))
    const tries = [...ran.stdout.matchAll(/npx hyperion (.*)/g)].map((match) => (match[1] ?? '').split(' '))
    expect(tries).toHaveLength(2)
    for (const args of tries) expect((await hyperion(args)).code).toBe(0)
    const full = await hyperion(['sample', folder])
    expect([full.code, full.stderr]).toEqual([
      1,
      `hyperion: ${folder} is not empty; name a folder that is empty or does not exist\n`,
    ])
  } finally {
    w.dispose()
  }
})

test('sample --drive shows what lands, what waits for a person and why', async () => {
  const w = await workspace()
  try {
    const folder = join(dirname(w.dir), 'driven')
    const ran = await hyperion(['sample', folder, '--drive'])
    expect([ran.code, ran.stdout.split('\n')[0]]).toEqual([0, `Made the sample workspace ${folder}`])
    expect(ran.stdout).toMatch(/^Landed on hyperion\/main: 6 of 8 changes$/m)
    expect(ran.stdout).toMatch(/^ {2}\d+ +REQ-104-1 +conflict +/m)
    expect(ran.stdout).toMatch(/^ {2}\d+ +REQ-105-1 +(failed|pending) +/m)
    expect(ran.stdout).toMatch(/^Try next$/m)
  } finally {
    w.dispose()
  }
})

test('the shipped samples are valid', async () => {
  const ran = await hyperion(['validate-change', join(PROJECT, 'sample-change.json')])
  expect([ran.code, ran.stdout]).toEqual([0, 'valid\n'])
})
