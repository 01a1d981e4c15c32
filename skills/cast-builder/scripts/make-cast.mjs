#!/usr/bin/env node
/**
 * Makes a cast from answers.
 *
 * Usage: node make-cast.mjs ANSWERS.json [--out FILE]
 *
 * Prints the cast, or writes it to FILE. `file` of a change is read from the folder of the answers; it has to be UTF-8,
 * and in the git repository around that folder (without one: in that folder). Exits with 1 and one line for each problem
 * where the answers cannot become a cast, with 2 where it is called otherwise.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

const SMALL_MODEL_UP_TO = 3
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
const PRIORITIES = ['low', 'normal', 'high', 'urgent']
const OPERATIONS = ['add', 'update', 'delete']

class Problem extends Error {}

const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex')
const isText = (value) => typeof value === 'string' && value.trim() !== ''
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (test) => (value) => Array.isArray(value) && value.every(test)
const optional = (test) => (value) => value === undefined || test(value)
const isComplexity = (value) => Number.isInteger(value) && value >= 1 && value <= 10
const isCheck = (value) => isText(value) || (isObject(value) && isText(value.run))
const isTime = (value) =>
  (Number.isInteger(value) && value >= 0) || (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value))
const isApproval = (value) => isObject(value) && isText(value.approver) && isTime(value.approved_at)

/** Each answer, what it takes, and whether a value is that. */
const ANSWERS = {
  request_id: ['an id such as REQ-142', (value) => typeof value === 'string' && ID.test(value)],
  summary: ['one line: what is to be done', isText],
  intent: ['a sentence: why it is to be done', isText],
  complexity: ['a whole number from 1 to 10', isComplexity],
  sample_diff: ['a text', optional((value) => typeof value === 'string')],
  telemetry_anchors: ['a list of names', optional(listOf(isText))],
  approvals: ['a list of {"approver": NAME, "approved_at": TIME}', optional(listOf(isApproval))],
  agent_model: ['the name of a model', optional(isText)],
  priority: [PRIORITIES.join(', '), optional((value) => PRIORITIES.includes(value))],
  context: ['a text', optional((value) => typeof value === 'string')],
  acceptance_criteria: ['a list of texts', optional(listOf((value) => typeof value === 'string'))],
  checks: ['a list of names or commands', optional((value) => listOf(isCheck)(value) && value.length > 0)],
  base_commit: ['a full commit id', optional((value) => typeof value === 'string' && COMMIT.test(value))],
  changes: ['at least one change', (value) => Array.isArray(value) && value.length > 0],
}

const CHANGE_KEYS = ['path', 'summary', 'operation', 'file']

/** Returns what is wrong with the answers, one sentence each. */
function problemsOf(answers) {
  if (!isObject(answers)) return ['the answers are no object']
  const known = Object.keys(ANSWERS)
  return [
    ...Object.keys(answers)
      .filter((key) => !known.includes(key))
      .map((key) => `${JSON.stringify(key).slice(1, -1)} is no answer; it takes ${known.join(', ')}`),
    ...known.flatMap((key) => {
      const [takes, fits] = ANSWERS[key]
      return fits(answers[key]) ? [] : [`${key} takes ${takes}`]
    }),
    ...(Array.isArray(answers.changes) ? answers.changes.flatMap(changeProblems) : []),
  ]
}

function changeProblems(change, n) {
  const at = `changes[${n}]`
  if (!isObject(change)) return [`${at} takes an object with ${CHANGE_KEYS.join(', ')}`]
  const { path, summary, operation, file } = change
  const problems = Object.keys(change)
    .filter((key) => !CHANGE_KEYS.includes(key))
    .map((key) => `${at} takes ${CHANGE_KEYS.join(', ')}, and no ${JSON.stringify(key)}`)
  if (!isText(path)) problems.push(`${at}.path takes a path in the repository`)
  if (!isText(summary)) problems.push(`${at}.summary takes what is to happen to it`)
  if (file !== undefined && !isText(file)) problems.push(`${at}.file takes the name of a file`)
  if (file !== undefined && !['add', 'update'].includes(operation))
    problems.push(`${at}.operation takes add or update, where file gives the whole text`)
  else if (operation !== undefined && !OPERATIONS.includes(operation))
    problems.push(`${at}.operation takes ${OPERATIONS.join(', ')}`)
  else if (operation !== undefined && operation !== 'delete' && file === undefined)
    problems.push(`${at}.file is missing; ${operation} takes the whole text from it`)
  return problems
}

/** Reads a text; one that is no UTF-8 could not be sent as it is. */
function textOf(file, named) {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new Problem(`${named} is not there`)
  if (!found.isFile()) throw new Problem(`${named} is no file`)
  const bytes = readFileSync(file)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes) || text.includes('\0'))
    throw new Problem(`${named} is no UTF-8 text`)
  return text
}

/** The repository around a folder, or the folder itself: nothing outside of it goes into a cast. */
function rootAround(folder) {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return folder
  }
}

function finishedEdit(folder, name, n) {
  const file = resolve(folder, name)
  const named = `changes[${n}].file ${name}`
  if (!existsSync(file)) throw new Problem(`${named} is not there`)
  const root = rootAround(realpathSync(folder))
  const way = relative(root, realpathSync(file))
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw new Problem(`${named} is outside of ${root}`)
  return textOf(file, named)
}

/** Returns the cast; `read` gives the text of the file that the nth change names. */
function castOf(answers, read) {
  const { changes, intent, complexity, sample_diff, telemetry_anchors, approvals, agent_model, ...rest } =
    answers
  const { request_id, summary, ...more } = rest
  return {
    schema: 'hyperion.cast/1',
    request_id,
    summary,
    requested_changes: changes.map(({ path, summary: what, operation, file }, n) => ({
      path,
      summary: what,
      ...(operation === undefined ? {} : { change: changeOf(path, operation, () => read(file, n)) }),
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

function changeOf(path, operation, read) {
  if (operation === 'delete') return { path, operation, patch_hash: sha256('') }
  const replacement = read()
  return { path, operation, replacement, patch_hash: sha256(replacement) }
}

function answersIn(file) {
  const text = textOf(file, file)
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(`${file} is no JSON`)
  }
}

/** What the system says of a place, in one line. */
const told = (error, file) =>
  error instanceof Problem ? error.message : `${error.path ?? file}: ${error.code ?? error.message}`

function main([file, flag, out, ...rest]) {
  if (!file || rest.length > 0 || (flag !== undefined && (flag !== '--out' || !out?.trim()))) {
    console.error('usage: make-cast.mjs ANSWERS.json [--out FILE]')
    return 2
  }
  try {
    const answers = answersIn(file)
    const problems = problemsOf(answers)
    for (const problem of problems) console.error(`make-cast: ${problem}`)
    if (problems.length > 0) return 1
    const cast = castOf(answers, (name, n) => finishedEdit(dirname(resolve(file)), name, n))
    const text = `${JSON.stringify(cast, null, 2)}\n`
    if (out === undefined) process.stdout.write(text)
    else writeFileSync(out, text)
    return 0
  } catch (error) {
    console.error(`make-cast: ${told(error, file)}`)
    return 1
  }
}

process.exitCode = main(process.argv.slice(2))
