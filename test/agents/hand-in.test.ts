/** What an agent wrote, read as a submission: whole ones wherever they stand, and none where something is missing. */
import { describe, expect, test } from 'vitest'
import { readHandIn } from '../../main/engine/agents/hand-in.ts'
import { checkShape } from '../../main/engine/base/json.ts'
import { REQUEST_LIMITS } from '../../main/engine/domain/limits.ts'
import { submissionSchema } from '../../schemas/submission.ts'

/** What a Developer's message comes to: read, and then looked at as the guard does. */
function readSubmission(message: string) {
  const read = readHandIn(message, 'files')
  if (!read.ok) return read
  const shaped = checkShape(submissionSchema, read.value, REQUEST_LIMITS, 'the submission')
  return shaped.ok ? { ok: true, draft: shaped.value } : { ok: false, code: 'invalid' }
}

const DRAFT = {
  summary: 'Say hello',
  files: [{ path: 'a.js', action: 'edit', edits: [{ search: 'one', replace: '{ "two" }' }] }],
}
const JSON_TEXT = JSON.stringify(DRAFT, null, 2)
const fence = (text: string, language = 'json'): string => `\`\`\`${language}\n${text}\n\`\`\``

describe('is read', () => {
  test.each([
    ['alone', JSON_TEXT],
    ['in a fence', fence(JSON_TEXT)],
    ['in a fence without a language, between words', `Here it is:\n\n${fence(JSON_TEXT, '')}\n\nDone.`],
    ['between words without a fence', `I did it. ${JSON.stringify(DRAFT)} That is all {really}.`],
    ['with a comma too many', fence(JSON_TEXT.replace(/\n\}$/, ',\n}').replace('}\n  ]', '},\n  ]'))],
    ['the last of two', `${fence(JSON.stringify({ ...DRAFT, summary: 'First try' }))}\nNo, rather:\n${fence(JSON_TEXT)}`],
    ['after an example that is no submission', `${fence('{"a": 1}')}\n${fence(JSON_TEXT)}`],
    ['in a fence that never ends', `~~~ text\n${fence(JSON_TEXT)}`],
    ['in tildes, with a fence within', `~~~~json\n${JSON_TEXT}\n~~~~\n~~~\n{}\n~~~`],
  ])('%s', (_, message) => {
    const read = readSubmission(message)
    expect(read).toEqual({ ok: true, draft: DRAFT })
  }) // prettier-ignore
})

describe('is not read', () => {
  test.each([
    ['nothing', '', 'no_submission'],
    ['words', 'I cannot do this.', 'no_submission'],
    ['one that is cut off', JSON_TEXT.slice(0, -10), 'invalid'],
    ['one that is cut off in a fence', `\`\`\`json\n${JSON_TEXT.slice(0, 60)}`, 'invalid'],
    ['one that is cut off within a string', JSON.stringify(DRAFT).slice(0, 24), 'invalid'],
    ['one without files', fence('{"summary": "x", "files": []}'), 'invalid'],
    ['an unknown action', fence('{"summary": "x", "files": [{"path": "a", "action": "rename"}]}'), 'invalid'],
    ['a key of its own', fence(JSON.stringify({ ...DRAFT, patch: 'x' })), 'invalid'],
    ['an edit without what is searched', fence('{"summary": "x", "files": [{"path": "a", "action": "edit", "edits": [{"search": "", "replace": "x"}]}]}'), 'invalid'],
    ['the same key twice', fence('{"summary": "x", "files": [{"path": "a", "action": "delete"}], "files": [{"path": "b", "action": "delete"},],}'), 'invalid'],
    ['an alias of YAML', fence('{"summary": &a "x", "files": [{"path": *a, "action": "delete"},]}'), 'invalid'],
    ['half a surrogate pair', fence('{"summary": "\\ud800", "files": [{"path": "a", "action": "delete"}]}'), 'invalid'],
  ])('%s', (_, message, code) => {
    const read = readSubmission(message)
    expect(read).toMatchObject({ ok: false, code })
  }) // prettier-ignore

  test.each([
    ['cut off', JSON_TEXT.slice(0, -10), 'the JSON of the submission is cut off; send it whole'],
    ['of another shape', fence('{"summary": "x", "changes": []}'), 'the JSON has no key "files"; send the submission in the form that is asked for'],
    ['with the key one level down', fence('{"submission": {"files": []}}'), 'the JSON has no key "files"; send the submission in the form that is asked for'],
    ['whole and broken', fence('{"files": [}, "x"]}'), 'the JSON of the submission is missing or broken; send it whole'],
    ['a patch in a fence', fence('- one', 'diff'), 'the JSON of the submission is missing or broken; send it whole'],
  ])('one that is %s is told what is wrong with it', (_, message, said) => {
    expect(readSubmission(message)).toEqual({ ok: false, code: 'invalid', message: said })
  }) // prettier-ignore

  test('a message of a megabyte is read or refused in no time that counts', () => {
    const deep = '{"a":'.repeat(200_000)
    expect(readSubmission(deep)).toMatchObject({ ok: false, code: 'invalid' })
    for (const line of ['~~~ x\n', '``` \n{\n', '{"a": [\n', '{files}\n'])
      expect(readSubmission(line.repeat(150_000)).ok).toBe(false)
    const large = {
      summary: 'Large',
      files: [{ path: 'a', action: 'create', content: 'x{\n'.repeat(350_000) }],
    }
    expect(readSubmission(fence(JSON.stringify(large)))).toMatchObject({ ok: true })
  })
})
