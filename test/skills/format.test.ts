/** Each rule of the Agent Skills format, kept and broken. */
import { describe, expect, test } from 'vitest'
import { readSkill, SKILL_LIMITS } from '../../main/engine/skills/format.ts'

const skill = (front: string, body = 'Do it.\n'): string => `---\n${front}\n---\n${body}`
const codes = (text: string, folder = 'my-skill'): string[] => {
  const read = readSkill(folder, text)
  return read.ok ? [] : read.problems.map(({ code }) => code)
}
const LEAST = 'name: my-skill\ndescription: Does it, when asked.'

describe('taken', () => {
  test('the least there can be', () => {
    expect(readSkill('my-skill', skill(LEAST))).toEqual({
      ok: true,
      skill: {
        name: 'my-skill',
        description: 'Does it, when asked.',
        license: null,
        compatibility: null,
        metadata: {},
        allowedTools: [],
        body: 'Do it.\n',
      },
    })
  })

  test('everything there can be, with the line ends of another system', () => {
    const front = `${LEAST}\nlicense: MIT\ncompatibility: Needs git.\nmetadata:\n  author: me\n  version: "1.0"\nallowed-tools: Bash(git:*) Read`
    const read = readSkill('my-skill', skill(front).replaceAll('\n', '\r\n'))
    expect(read).toMatchObject({
      ok: true,
      skill: {
        license: 'MIT',
        metadata: { author: 'me', version: '1.0' },
        allowedTools: ['Bash(git:*)', 'Read'],
      },
    })
  })

  test.each(['a', 'a1', '1-2-3', 'x'.repeat(SKILL_LIMITS.name)])('the name %s', (name) => {
    expect(codes(skill(`name: "${name}"\ndescription: d`), name)).toEqual([])
  })

  test('fields exactly as long as they may be', () => {
    const front = `name: my-skill\ndescription: ${'ä'.repeat(1024)}\ncompatibility: ${'c'.repeat(500)}`
    expect(codes(skill(front, 'line\n'.repeat(499)))).toEqual([])
  })
})

describe('refused', () => {
  test.each([
    ['no front matter', 'Do it.\n', ['no_front_matter']],
    ['front matter that does not end', `---\n${LEAST}\n`, ['no_front_matter']],
    ['front matter behind something', `\n${skill(LEAST)}`, ['no_front_matter']],
    ['what is no YAML', skill('name: [my-skill'), ['bad_yaml']],
    ['a list', skill('- name'), ['bad_yaml']],
    ['a key twice', skill(`${LEAST}\nname: my-skill`), ['bad_yaml']],
    [
      'aliases, which can grow without end',
      skill(`${LEAST}\nmetadata: &a { b: c }\nlicense: *a`),
      ['bad_yaml'],
    ],
    ['an unknown field', skill(`${LEAST}\nversion: "1"`), ['unknown_field']],
    ['no name', skill('description: d'), ['name_missing']],
    ['a name that is no text', skill('name: 7\ndescription: d'), ['bad_name']],
    ['no description', skill('name: my-skill'), ['description_missing']],
    ['an empty description', skill('name: my-skill\ndescription: " "'), ['bad_description']],
    [
      'a description that is too long',
      skill(`name: my-skill\ndescription: ${'d'.repeat(1025)}`),
      ['bad_description'],
    ],
    ['an empty license', skill(`${LEAST}\nlicense: ""`), ['bad_license']],
    [
      'a compatibility that is too long',
      skill(`${LEAST}\ncompatibility: ${'c'.repeat(501)}`),
      ['bad_compatibility'],
    ],
    ['metadata that is no map', skill(`${LEAST}\nmetadata: [a]`), ['bad_metadata']],
    ['metadata with a number', skill(`${LEAST}\nmetadata:\n  version: 1.0`), ['bad_metadata']],
    ['allowed-tools that are a list', skill(`${LEAST}\nallowed-tools: [Read]`), ['bad_allowed_tools']],
    ['no text', skill(LEAST, ' \n'), ['body_empty']],
    ['500 lines', skill(LEAST, 'line\n'.repeat(500)), ['body_long']],
    [
      'several things at once',
      skill('name: My_Skill\nversion: 1'),
      ['unknown_field', 'bad_name', 'description_missing'],
    ],
  ])('%s', (_, text, expected) => {
    expect(codes(text)).toEqual(expected)
  })

  test.each(['My-skill', 'my_skill', '-a', 'a-', 'a--b', 'a b', 'ä', 'x'.repeat(65)])(
    'the name %s',
    (name) => {
      expect(codes(skill(`name: "${name}"\ndescription: d`), name)).toEqual(['bad_name'])
    },
  )

  test('a name that is not that of its folder, which it says', () => {
    const read = readSkill('other', skill(LEAST))
    expect(read).toEqual({
      ok: false,
      problems: [
        { code: 'name_differs', message: 'name is "my-skill", its folder "other"; both must be one' },
      ],
    })
  })
})
