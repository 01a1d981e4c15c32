/** A checkout with work in it, and what has to be as it was. */
import { expect } from 'vitest'
import { fingerprint } from '../support/fingerprint.ts'
import { hyperion, sentence, type Workspace } from './support.ts'

/** The checkout and what git knows of it, without the index's notes of file times. */
export const state = (w: Workspace): object => [
  fingerprint(w.dir, { without: ['.git', '.hyperion'] }),
  w.repo.git('ls-files', '--stage'),
  w.repo.git('for-each-ref'),
  w.repo.git('rev-parse', 'HEAD'),
]

/** Runs a command that must be refused so, and finds the checkout as it was. */
export async function refuses(
  w: Workspace,
  args: readonly string[],
  code: number,
  said: string | RegExp,
): Promise<void> {
  const before = state(w)
  const ran = await hyperion(args, { cwd: w.dir })
  const found = sentence(ran)
  const fits = typeof said === 'string' ? found === said : said.test(found)
  expect([found, fits, ran.code]).toEqual([found, true, code])
  expect(state(w)).toEqual(before)
}

export const FILES = {
  'src/x.txt': 'x\n',
  'run.sh': { content: '#!/bin/sh\n', executable: true },
  '.gitignore': '.env\nbuild/\n',
}
