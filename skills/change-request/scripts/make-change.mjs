#!/usr/bin/env node
/**
 * Makes a change request from two versions of a file, with the SHA-256 that it needs.
 *
 * Usage: node make-change.mjs --task-id ID --agent NAME --path PATH [--before FILE] [--after FILE] [--base COMMIT]
 *          [--check CHECK]... [--replacement] [--intent TEXT] [--complexity N] [--model NAME] [--out FILE]
 *
 * Without --before the file is added, without --after it is deleted. Prints the change request. Exits with 1 where the
 * files cannot become one, with 2 where it is called otherwise. Needs git, for the difference.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const OPTIONS = {
  'task-id': { type: 'string' },
  agent: { type: 'string' },
  path: { type: 'string' },
  before: { type: 'string' },
  after: { type: 'string' },
  base: { type: 'string' },
  check: { type: 'string', multiple: true },
  replacement: { type: 'boolean' },
  intent: { type: 'string' },
  complexity: { type: 'string' },
  model: { type: 'string' },
  out: { type: 'string' },
}

class Usage extends Error {}

const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex')

/** Reads a text; one that is no UTF-8 could not be sent as it is. */
function textOf(file) {
  const bytes = readFileSync(file)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes) || text.includes('\0'))
    throw new Error(`${file} is no UTF-8 text`)
  return text
}

/** Returns the hunks that lead from one file to the other. */
function hunksBetween(before, after) {
  const args = [
    'diff',
    '--no-index',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--unified=3',
    '--',
    before,
    after,
  ]
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined) throw new Error(`git could not be started: ${error.message}`)
  if (status === 0) throw new Error(`${before} and ${after} are the same; there is nothing to change`)
  const begin = stdout.search(/^@@/m)
  if (status !== 1 || begin < 0)
    throw new Error(`git found no difference of lines: ${stderr.trim() || 'no hunks'}`)
  return stdout.slice(begin)
}

function changeOf({ path, before, after, replacement }) {
  if (after === undefined) return { path, operation: 'delete', patch_hash: sha256('') }
  const text = textOf(after)
  if (before === undefined) return { path, operation: 'add', replacement: text, patch_hash: sha256(text) }
  textOf(before)
  const patch = hunksBetween(before, after)
  if (replacement) return { path, operation: 'update', replacement: text, patch_hash: sha256(text) }
  return { path, operation: 'update', patch, patch_hash: sha256(patch) }
}

function metadataOf({ intent, complexity, model }, change) {
  const rating = Number(complexity ?? 2)
  if (!Number.isInteger(rating) || rating < 1 || rating > 10)
    throw new Usage('--complexity takes a whole number from 1 to 10')
  return {
    intent: intent ?? `Change ${change.path}`,
    complexity: rating,
    sample_diff: (change.patch ?? '').split('\n').slice(0, 8).join('\n'),
    telemetry_anchors: [],
    approvals: [],
    agent_model: model ?? 'unknown',
  }
}

function requestOf(flags) {
  for (const name of ['task-id', 'agent', 'path']) if (!flags[name]) throw new Usage(`--${name} is missing`)
  if (flags.before === undefined && flags.after === undefined)
    throw new Usage('give --before, --after or both')
  const change = changeOf(flags)
  return {
    task_id: flags['task-id'],
    agent: flags.agent,
    ...(flags.base === undefined ? {} : { base_commit: flags.base }),
    changes: [change],
    checks: flags.check ?? ['none'],
    metadata: metadataOf(flags, change),
  }
}

function main(args) {
  let flags
  try {
    flags = parseArgs({ args, options: OPTIONS }).values
    const text = `${JSON.stringify(requestOf(flags), null, 2)}\n`
    if (flags.out === undefined) process.stdout.write(text)
    else writeFileSync(flags.out, text)
    return 0
  } catch (error) {
    console.error(`make-change: ${error.message}`)
    return flags === undefined || error instanceof Usage ? 2 : 1
  }
}

process.exitCode = main(process.argv.slice(2))
