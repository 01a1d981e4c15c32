#!/usr/bin/env node
/**
 * Makes a cast from answers.
 *
 * Usage: node make-cast.mjs ANSWERS.json [--out FILE]
 *
 * Prints the cast, or writes it to FILE. `file` of a change is read from the folder of the answers. Exits with 1 and
 * one line for each problem where the answers cannot become a cast, with 2 where it is called otherwise.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const SMALL_MODEL_UP_TO = 3
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/
const KNOWN = [
  'request_id', 'summary', 'intent', 'complexity', 'sample_diff', 'telemetry_anchors', 'approvals', 'agent_model',
  'priority', 'context', 'acceptance_criteria', 'checks', 'base_commit', 'changes',
] // prettier-ignore

const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex')
const isText = (value) => typeof value === 'string' && value.trim() !== ''

/** Returns what is wrong with the answers, one sentence each. */
function problemsOf(answers) {
  if (typeof answers !== 'object' || answers === null || Array.isArray(answers))
    return ['the answers are no object']
  const problems = Object.keys(answers)
    .filter((key) => !KNOWN.includes(key))
    .map((key) => `${key} is no answer; it takes ${KNOWN.join(', ')}`)
  const { request_id, summary, intent, complexity, telemetry_anchors: anchors, approvals, changes } = answers
  if (typeof request_id !== 'string' || !ID.test(request_id))
    problems.push('request_id takes an id such as REQ-142')
  if (!isText(summary)) problems.push('summary takes one line: what is to be done')
  if (!isText(intent)) problems.push('intent takes a sentence: why it is to be done')
  if (!Number.isInteger(complexity) || complexity < 1 || complexity > 10)
    problems.push('complexity takes a whole number from 1 to 10')
  if (anchors !== undefined && !(Array.isArray(anchors) && anchors.every(isText)))
    problems.push('telemetry_anchors takes a list of names')
  if (approvals !== undefined && !Array.isArray(approvals)) problems.push('approvals takes a list')
  if (!Array.isArray(changes) || changes.length === 0) problems.push('changes takes at least one change')
  else
    changes.forEach((change, n) => {
      if (!isText(change?.path)) problems.push(`changes[${n}].path takes a path in the repository`)
      if (!isText(change?.summary)) problems.push(`changes[${n}].summary takes what is to happen to it`)
      if (change?.file !== undefined && !['add', 'update'].includes(change.operation))
        problems.push(`changes[${n}].operation takes add or update, where file gives the whole text`)
    })
  return problems
}

/** Returns the cast; `read` gives the text of a file that an answer names. */
function castOf(answers, read) {
  const { changes, intent, complexity, sample_diff, telemetry_anchors, approvals, agent_model, ...rest } =
    answers
  const { request_id, summary, ...more } = rest
  return {
    schema: 'hyperion.cast/1',
    request_id,
    summary,
    requested_changes: changes.map(({ path, summary: what, operation, file }) => ({
      path,
      summary: what,
      ...(file === undefined && operation !== 'delete'
        ? {}
        : { change: changeOf(path, operation, file, read) }),
    })),
    ...more,
    metadata: {
      intent,
      complexity,
      sample_diff: sample_diff ?? '',
      telemetry_anchors: telemetry_anchors ?? [],
      approvals: approvals ?? [],
      agent_model: agent_model ?? (complexity <= SMALL_MODEL_UP_TO ? 'gpt-4.1' : 'gpt-5-mini'),
    },
  }
}

function changeOf(path, operation, file, read) {
  if (operation === 'delete') return { path, operation, patch_hash: sha256('') }
  const replacement = read(file)
  return { path, operation, replacement, patch_hash: sha256(replacement) }
}

function main([file, flag, out, ...rest]) {
  if (
    file === undefined ||
    rest.length > 0 ||
    (flag !== undefined && (flag !== '--out' || out === undefined))
  ) {
    console.error('usage: make-cast.mjs ANSWERS.json [--out FILE]')
    return 2
  }
  try {
    const answers = JSON.parse(readFileSync(file, 'utf8'))
    const problems = problemsOf(answers)
    for (const problem of problems) console.error(`make-cast: ${problem}`)
    if (problems.length > 0) return 1
    const cast = castOf(answers, (name) => readFileSync(resolve(dirname(file), name), 'utf8'))
    const text = `${JSON.stringify(cast, null, 2)}\n`
    if (out === undefined) process.stdout.write(text)
    else writeFileSync(out, text)
    return 0
  } catch (error) {
    console.error(`make-cast: ${error.message}`)
    return 1
  }
}

process.exitCode = main(process.argv.slice(2))
