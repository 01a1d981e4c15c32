/** The way in for JSON: limits, syntax, and sentences a person can act on. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeRequestSchema } from '../../schemas/change-request.ts'
import { configSchema } from '../../schemas/config.ts'
import { HyperionError } from '../../main/engine/base/errors.ts'
import { checkShape, describeIssues, jsonProblem, readJson } from '../../main/engine/base/json.ts'

const limits = { maxBytes: 10_000, maxDepth: 8 }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function refusal(input: Uint8Array | string, own = limits): { code: string; message: string } {
  try {
    readJson(typeof input === 'string' ? bytes(input) : input, own, 'a.json')
  } catch (error) {
    if (!(error instanceof HyperionError) || error.kind !== 'user') throw error
    return { code: error.code, message: error.message }
  }
  throw new Error('was accepted')
}

describe('readJson', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        if (text.includes('__proto__')) return
        expect(readJson(bytes(text), { maxBytes: 1e6, maxDepth: 8 })).toEqual(JSON.parse(text))
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  test('refuses exactly what JSON.parse refuses', () => {
    // Fragments in random order are mostly wrong in interesting places.
    const parts = [
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"b\\n"',
      '"\\x"',
      '1',
      '-',
      '01',
      '1e5',
      '.5',
      'true',
      'nul',
      ' ',
      '\n',
      '"',
    ]
    let valid = 0
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 7 }), (chosen) => {
        const text = chosen.join('')
        let expected: 'fine' | 'malformed' = 'fine'
        try {
          JSON.parse(text)
          valid += 1
        } catch {
          expected = 'malformed'
        }
        let actual: string
        try {
          readJson(bytes(text), limits)
          actual = 'fine'
        } catch (error) {
          actual = (error as HyperionError).code
        }
        if (actual === 'duplicate_key') return
        expect(actual, text).toBe(expected === 'fine' ? 'fine' : 'malformed_json')
      }),
      { seed: 2, numRuns: 20_000 },
    )
    expect(valid).toBeGreaterThan(200)
  })

  test('skips a byte order mark', () => {
    expect(readJson(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes('{}')]), limits)).toEqual({})
  })

  test.each<[string, string, string]>([
    ['', 'malformed_json', 'a.json:1:1: expected a value, found the end'],
    ['{"a": 1', 'malformed_json', 'a.json:1:8: expected "," or the closing bracket, found the end'],
    ['{\n  "a": 1,\n}', 'malformed_json', 'a.json:3:1: expected a key in double quotes, found "}"'],
    ['[1,]', 'malformed_json', 'a.json:1:4: expected a value, found "]"'],
    ['[1}', 'malformed_json', 'a.json:1:3: expected "," or the closing bracket, found "}"'],
    ["{'a': 1}", 'malformed_json', `a.json:1:2: expected a key in double quotes or "}", found "'"`],
    ['{"a" 1}', 'malformed_json', 'a.json:1:6: expected ":" after the key, found "1"'],
    ['{} {}', 'malformed_json', 'a.json:1:4: expected nothing more after the value, found "{"'],
    ['"abc', 'malformed_json', 'a.json:1:5: expected a closing double quote, found the end'],
    [
      '"a\nb"',
      'malformed_json',
      'a.json:1:3: expected an escape such as \\n inside the text, found a bare "\\n"',
    ],
    [
      '"\\q"',
      'malformed_json',
      'a.json:1:2: expected an escape JSON knows (\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX)',
    ],
    ['{"a": \u001b[31m}', 'malformed_json', 'a.json:1:7: expected a value, found "\\x1b"'],
    ['NaN', 'malformed_json', 'a.json:1:1: expected a value, found "N"'],
    ['[[[[[[[[[]]]]]]]]]', 'too_deep', 'a.json:1:9: is nested deeper than 8 levels'],
    [
      '{"a":1,"b":{"a":1,"a":2}}',
      'duplicate_key',
      'a.json:1:19: has the key "a" twice in one object; keep one',
    ],
    ['{"a":1,"\\u0061":2}', 'duplicate_key', 'a.json:1:8: has the key "a" twice in one object; keep one'],
    ['{"__proto__":{"x":1}}', 'forbidden_key', 'a.json:1:2: has the key "__proto__"; rename it'],
    ['{"\\u005f_proto__":1}', 'forbidden_key', 'a.json:1:2: has the key "__proto__"; rename it'],
  ])('%j is refused as %s', (text, code, message) => {
    expect(refusal(text)).toEqual({ code, message })
  })

  test('refuses by size before looking inside', () => {
    expect(refusal('{', { maxBytes: 0, maxDepth: 8 }).code).toBe('too_large')
    expect(refusal('x'.repeat(10_001))).toEqual({
      code: 'too_large',
      message: 'a.json has 10001 bytes; at most 10000 are accepted',
    })
  })

  test('refuses invalid UTF-8', () => {
    expect(refusal(new Uint8Array([0x22, 0xff, 0x22])).code).toBe('not_utf8')
    expect(refusal(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])).code).toBe('not_utf8')
  })

  test('survives a million brackets', () => {
    expect(refusal('['.repeat(1_000_000), { maxBytes: 2e6, maxDepth: 64 }).code).toBe('too_deep')
    expect(refusal('{"a":'.repeat(200_000), { maxBytes: 2e6, maxDepth: 64 }).code).toBe('too_deep')
  })

  test('objects with the keys of every object are plain content', () => {
    const value = readJson(bytes('{"constructor":1,"toString":2,"hasOwnProperty":3}'), limits)
    expect(Object.keys(value as object)).toEqual(['constructor', 'toString', 'hasOwnProperty'])
  })
})

describe('jsonProblem', () => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  test.each<[string, unknown, string, string]>([
    ['a lone surrogate', { a: ['\ud800'] }, 'not_unicode', 'a[0]'],
    ['a lone surrogate in a key', { '\udc00': 1 }, 'not_unicode', ''],
    ['Infinity', { a: JSON.parse('1e999') }, 'not_json', 'a'],
    ['a date', { a: new Date(0) }, 'not_json', 'a'],
    ['a function', { a: () => 1 }, 'not_json', 'a'],
    ['undefined in a list', [undefined], 'not_json', '[0]'],
    ['a cycle', cyclic, 'too_deep', 'self'],
    ['text over the limit', ['x'.repeat(10_001)], 'too_large', ''],
    ['__proto__ as a key', JSON.parse('{"m":{"__proto__":{"x":1}}}'), 'forbidden_key', 'm'],
  ])('finds %s', (_, value, code, field) => {
    expect(jsonProblem(value, limits)).toMatchObject({ code, field })
  })
  test('passes plain JSON, a member that is undefined, an object without prototype', () => {
    expect(jsonProblem({ a: undefined, b: [null, true, 1.5, 'é'] }, limits)).toBeNull()
    expect(jsonProblem(Object.create(null), limits)).toBeNull()
  })
})

describe('describeIssues', () => {
  const change = { path: 'a', operation: 'update', patch: '@@', patch_hash: 'a'.repeat(64) }
  const request = { task_id: 'T', agent: 'a', changes: [change], checks: ['x'] }
  const sayings = (value: unknown): string[] => {
    const parsed = changeRequestSchema.safeParse(value)
    return parsed.success ? [] : describeIssues(parsed.error, value, 'the request').map((one) => one.message)
  }
  const withChange = (own: object): unknown => ({ ...request, changes: [{ ...change, ...own }] })

  test.each<[unknown, string[]]>([
    [5, ['the request takes an object, got 5']],
    [[], ['the request takes an object, got an empty list']],
    [
      { ...request, task_id: undefined },
      [
        'task_id is missing; it takes an id of 1 to 200 letters, digits, ".", "_" or "-" that begins with a letter or digit',
      ],
    ],
    [
      { ...request, agent: 'a b' },
      [
        'agent takes an id of 1 to 200 letters, digits, ".", "_" or "-" that begins with a letter or digit, got "a b"',
      ],
    ],
    [
      { ...request, extra: 1, 'two words': 1 },
      [
        'extra is not a key that belongs here; remove it',
        '["two words"] is not a key that belongs here; remove it',
      ],
    ],
    [{ ...request, priority: 'asap' }, ['priority takes "low", "normal", "high" or "urgent", got "asap"']],
    [{ ...request, changes: {} }, ['changes takes a list, got an object']],
    [{ ...request, changes: [] }, ['changes takes at least one change, got an empty list']],
    [
      { ...request, changes: ['x'] },
      [
        'changes[0] takes an object with "path", "operation", "patch_hash" and "patch" or "replacement", got "x"',
      ],
    ],
    [
      withChange({ operation: 'rename' }),
      ['changes[0].operation takes "add", "update" or "delete", got "rename"'],
    ],
    [
      withChange({ operation: undefined }),
      ['changes[0].operation is missing; it takes "add", "update" or "delete"'],
    ],
    [
      withChange({ patch: undefined }),
      [
        'changes[0].patch is missing; it takes a unified diff for this path (or give "replacement", the whole new text, instead)',
      ],
    ],
    [
      withChange({ replacement: 'x' }),
      [
        'changes[0].replacement takes nothing beside "patch": give exactly one of "patch" and "replacement", got "x"',
      ],
    ],
    [
      withChange({ executable: true }),
      [
        'changes[0].executable takes nothing here: only an added file has "executable", others keep their mode, got true',
      ],
    ],
    [
      withChange({ operation: 'delete', replacement: '' }),
      ['changes[0].replacement takes nothing here: a delete leaves no text behind, got ""'],
    ],
    [withChange({ mode: 1 }), ['changes[0].mode is not a key that belongs here; remove it']],
    [
      withChange({ patch_hash: '<sha256>' }),
      ['changes[0].patch_hash takes a SHA-256 as 64 lower-case hex digits, got "<sha256>"'],
    ],
    [
      withChange({ patch: 7 }),
      [
        'changes[0].patch takes a unified diff for this path (or give "replacement", the whole new text, instead), got 7',
      ],
    ],
    [{ ...request, checks: [7] }, ['checks[0] takes a command as text, or an object with "run", got 7']],
    [
      { ...request, checks: [{ run: 7 }] },
      ['checks[0].run takes a command, or the name of one on the allow-list, got 7'],
    ],
    [
      { ...request, checks: [{ run: 'x', expect: { exit_code: 256 } }] },
      ['checks[0].expect.exit_code takes an exit code from 0 to 255, got 256'],
    ],
    [
      { ...request, metadata: { complexity: 11 } },
      ['metadata.complexity takes a whole number from 1 to 10, got 11'],
    ],
    [
      { ...request, metadata: { approvals: [{ approver: 'x', approved_at: 'noon' }] } },
      [
        'metadata.approvals[0].approved_at takes whole seconds since 1970, or an ISO 8601 time with its offset, got "noon"',
      ],
    ],
    [
      { ...request, agent: '\u001b[2J\u202e' },
      [
        'agent takes an id of 1 to 200 letters, digits, ".", "_" or "-" that begins with a letter or digit, got "\\x1b[2J\\u{202e}"',
      ],
    ],
  ])('sentence %#', (value, expected) => expect(sayings(value)).toEqual(expected))

  test('reports every wrong field, but not more than anyone reads', () => {
    expect(sayings({ ...request, task_id: 1, agent: 2 })).toHaveLength(2)
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`k${index}`, 1]))
    expect(sayings({ ...request, ...many }).at(-1)).toBe('20 more like these')
  })

  test('each says one line, whatever was sent', () => {
    const texts = fc.constantFrom('\n', '\u001b[31m', '\u202e', 'a', '\u2028', '\u0007', '"')
    fc.assert(
      fc.property(
        fc.array(texts).map((parts) => parts.join('')),
        fc.dictionary(texts, fc.constant(1)),
        (text, extra) => {
          for (const message of sayings({ ...request, agent: text, priority: text, ...extra })) {
            expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
          }
        },
      ),
      { seed: 3, numRuns: 200 },
    )
  })

  test('a bad key of a record is named with what a key takes', () => {
    const shaped = checkShape(configSchema, { checks: { allow: { none: 'x' } } }, limits)
    expect(shaped).toMatchObject({
      ok: false,
      errors: [
        {
          field: 'checks.allow.none',
          message:
            'checks.allow.none is not a fitting key: it takes the name of a check, on one line, other than "none"',
        },
      ],
    })
  })
})
