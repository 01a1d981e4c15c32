/** The Agent Skills format (agentskills.io): what a SKILL.md must hold, and what it says. Pure. */
import { parseDocument } from 'yaml'

/** Bounds of the format. */
export const SKILL_LIMITS = { name: 64, description: 1024, compatibility: 500, bodyLines: 500 } as const

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const KEYS = ['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools'] as const

export interface SkillText {
  name: string
  description: string
  license: string | null
  compatibility: string | null
  metadata: Readonly<Record<string, string>>
  allowedTools: readonly string[]
  /** The text behind the front matter. */
  body: string
}

export interface SkillProblem {
  code: string
  /** One clause: what of SKILL.md is wrong, and what it takes. */
  message: string
}

export type ReadSkill = { ok: true; skill: SkillText } | { ok: false; problems: SkillProblem[] }

type Add = (code: string, message: string) => void

/** Reads a SKILL.md that lies in a folder of this name; every rule that it breaks is told. */
export function readSkill(folder: string, text: string): ReadSkill {
  const problems: SkillProblem[] = []
  const add: Add = (code, message) => void problems.push({ code, message })
  const parts = partsOf(text.replaceAll('\r\n', '\n'))
  if (parts === null) {
    add('no_front_matter', 'SKILL.md must begin with front matter: YAML between two lines of ---')
    return { ok: false, problems }
  }
  const fields = fieldsOf(parts.front, add)
  const { body } = parts
  judgeBody(body, add)
  if (fields === null) return { ok: false, problems }
  for (const key of Object.keys(fields))
    if (!(KEYS as readonly string[]).includes(key))
      add('unknown_field', `the front matter has a field "${key.slice(0, 80)}"; it takes ${KEYS.join(', ')}`)
  const skill: SkillText = {
    name: nameOf(fields['name'], folder, add),
    description: textOf(fields, 'description', SKILL_LIMITS.description, add) ?? '',
    license: textOf(fields, 'license', Infinity, add),
    compatibility: textOf(fields, 'compatibility', SKILL_LIMITS.compatibility, add),
    metadata: metadataOf(fields['metadata'], add),
    allowedTools: (textOf(fields, 'allowed-tools', Infinity, add) ?? '').split(/\s+/).filter(Boolean),
    body,
  }
  if (fields['description'] === undefined)
    add('description_missing', 'description is missing; say what the skill does and when to use it')
  return problems.length === 0 ? { ok: true, skill } : { ok: false, problems }
}

function partsOf(text: string): { front: string; body: string } | null {
  const match = /^---\n([^]*?)(?:^|\n)---[ \t]*(?:\n([^]*))?$/.exec(text)
  return match === null ? null : { front: match[1] ?? '', body: match[2] ?? '' }
}

function fieldsOf(front: string, add: Add): Record<string, unknown> | null {
  try {
    const document = parseDocument(front, { uniqueKeys: true, stringKeys: true })
    const [first] = document.errors
    if (first === undefined) {
      // Aliases could make a small text a huge value; no field of the format needs one.
      const value: unknown = document.toJS({ maxAliasCount: 0 })
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return value as Record<string, unknown>
      add('bad_yaml', 'the front matter must be a list of fields, as in `name: my-skill`')
      return null
    }
    add('bad_yaml', `the front matter is no YAML: ${(first.message.split('\n')[0] ?? '').slice(0, 200)}`)
  } catch (thrown) {
    add('bad_yaml', `the front matter is refused: ${thrown instanceof Error ? thrown.message : 'unknown'}`)
  }
  return null
}

function nameOf(value: unknown, folder: string, add: Add): string {
  if (value === undefined) add('name_missing', 'name is missing; it takes the name of the folder')
  else if (typeof value !== 'string' || !NAME.test(value) || value.length > SKILL_LIMITS.name)
    add('bad_name', `name takes 1 to ${SKILL_LIMITS.name} of a–z and 0–9, with single hyphens between them`)
  else if (value !== folder)
    add('name_differs', `name is "${value}", its folder "${folder}"; both must be one`)
  else return value
  return ''
}

function textOf(fields: Record<string, unknown>, key: string, longest: number, add: Add): string | null {
  const value = fields[key]
  if (value === undefined) return null
  const takes = longest === Infinity ? 'a text' : `a text of 1 to ${longest} characters`
  if (typeof value === 'string' && value.trim() !== '' && [...value].length <= longest) return value
  add(`bad_${key.replace('-', '_')}`, `${key} takes ${takes}`)
  return null
}

function metadataOf(value: unknown, add: Add): Record<string, string> {
  if (value === undefined) return {}
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isMap && Object.values(value).every((one) => typeof one === 'string'))
    return value as Record<string, string>
  add('bad_metadata', 'metadata takes names with texts; put numbers in quotes')
  return {}
}

function judgeBody(body: string, add: Add): void {
  if (body.trim() === '') add('body_empty', 'nothing stands behind the front matter; say what to do')
  const lines = body.trimEnd().split('\n').length
  if (lines >= SKILL_LIMITS.bodyLines)
    add(
      'body_long',
      `the text has ${lines} lines; keep it under ${SKILL_LIMITS.bodyLines}, the rest in references/`,
    )
}
