import { describe, expect, test } from 'vitest'
import { setMember } from '../../main/engine/domain/json-edit.ts'

const ALLOW = ['checks', 'allow', 'lint']

test.each([
  ['an empty object', '{}', '{\n  "checks": {\n    "allow": {\n      "lint": "x"\n    }\n  }\n}'],
  ['after the last member', '{\n  "checks": {\n    "allow": {\n      "test": "t"\n    }\n  }\n}\n', '{\n  "checks": {\n    "allow": {\n      "test": "t",\n      "lint": "x"\n    }\n  }\n}\n'],
  ['with tabs', '{\n\t"checks": {\n\t\t"sandbox": "off"\n\t}\n}\n', '{\n\t"checks": {\n\t\t"sandbox": "off",\n\t\t"allow": {\n\t\t\t"lint": "x"\n\t\t}\n\t}\n}\n'],
  ['with four spaces and CRLF', '{\r\n    "landing": {}\r\n}\r\n', '{\r\n    "landing": {},\r\n    "checks": {\r\n        "allow": {\r\n            "lint": "x"\r\n        }\r\n    }\r\n}\r\n'],
  ['on one line', '{"checks": {"allow": {"test": "t"}}}', '{"checks": {"allow": {"test": "t", "lint": "x"}}}'],
  ['one line within many', '{\n  "checks": { "allow": { "test": "a, \\"}" } },\n  "z": 1\n}', '{\n  "checks": { "allow": { "test": "a, \\"}", "lint": "x" } },\n  "z": 1\n}'],
  ['in place of what is there', '{\n  "checks": {"allow": {"lint": "old" , "z": 1}}\n}', '{\n  "checks": {"allow": {"lint": "x" , "z": 1}}\n}'],
  ['an empty object on the way', '{\n  "checks": {\n    "allow": {}\n  },\n  "b": [1, {"c": "]"}]\n}', '{\n  "checks": {\n    "allow": {\n      "lint": "x"\n    }\n  },\n  "b": [1, {"c": "]"}]\n}'],
])('%s', (_, before, after) => expect(setMember(before, ALLOW, 'x')).toBe(after)) // prettier-ignore

describe('whatever the text looks like', () => {
  const VALUES = [
    1,
    -2.5e3,
    true,
    null,
    'a"b\\c{}[],:\n',
    [],
    [1, [2, { k: ']' }]],
    {},
    { allow: 1, 'k"': { d: 2 } },
  ]
  test('it means what it meant, with the member set', () => {
    for (const [n, value] of VALUES.entries()) {
      for (const indent of [0, 1, 2, 4, '\t']) {
        for (const order of [
          ['first', 'checks'],
          ['checks', 'last'],
        ]) {
          const checks = n % 2 === 0 ? { a: value, allow: { 't{': value } } : { allow: {}, z: value }
          const config = Object.fromEntries(order.map((key) => [key, key === 'checks' ? checks : value]))
          const text = JSON.stringify(config, null, indent)
          const edited = setMember(text, ALLOW, 'x')
          const wanted = structuredClone(config) as unknown as { checks: { allow: Record<string, unknown> } }
          wanted.checks.allow['lint'] = 'x'
          expect(JSON.parse(edited)).toEqual(wanted)
          // Nothing but the member came in: without it the text is the old one, white space of an empty object aside.
          expect(edited.length).toBeLessThan(text.length + 60)
        }
      }
    }
  })
})
