import { expect, test } from 'vitest'
import { foldComponent, inScope, isProtected, pathRefusal } from '../../main/engine/domain/paths.ts'
import { REFUSED_PATHS } from '../support/hostile-tables.ts'

test.each(REFUSED_PATHS)('%j is refused as %s, in one sentence with a remedy', (path, code) => {
  const refusal = pathRefusal(path)
  expect(refusal?.code).toBe(code)
  expect(refusal?.message).toMatch(/^[^;]+; [^;]+$/)
})

const ACCEPTED = [
  'a',
  'src/module/file.ts',
  '.github/workflows/ci.yml',
  '.gitignore',
  '.gitattributes',
  'docs/größe.md',
  '日本語/ファイル.txt',
  'pages/[slug].tsx',
  'a b/c d.txt',
  'say "hi".txt',
  '~/x',
  'git~x',
  'backup~',
  'longer-name~1.txt',
  'conf.ts',
  'com10',
  'console/nullable.ts',
  '...a',
  'execution/engine.ts',
  'sub/execution/verification_report.json',
  'src/.hyperion-notes',
  '-rf',
  `${'a'.repeat(255)}`,
  'a/'.repeat(2047) + 'bc',
]

test.each(ACCEPTED.map((path) => [path]))('%j may be changed', (path) => {
  expect(pathRefusal(path)).toBeNull()
})

test.each([
  ['README.md', 'readme.MD'],
  ['caf\u00e9', 'cafe\u0301'],
  ['CAF\u00c9', 'cafe\u0301'],
  ['stra\u00dfe', 'STRASSE'],
  ['\u039f\u03a3', '\u03bf\u03c2'],
  ['hu\u017fky', 'husky'],
  ['\u212aey', 'key'],
  ['a.', 'a'],
  ['a ', 'a'],
  ['a\u200db', 'ab'],
])('%j and %j clash in one folder', (one, other) => {
  expect(foldComponent(one)).toBe(foldComponent(other))
})

test.each([
  ['a', 'b'],
  ['a.b', 'ab'],
  ['resume', 'r\u00e9sum\u00e9'],
  ['x1', 'x\u00b9'],
])('%j and %j do not clash', (one, other) => {
  expect(foldComponent(one)).not.toBe(foldComponent(other))
})

test.each([
  '.gitmodules',
  '.GitModules',
  '.gitattributes',
  'deep/down/.gitattributes',
  '.husky/pre-commit',
  'packages/a/.husky/_/husky.sh',
  '.githooks/pre-push',
  '.hu\u017fky/pre-commit',
  '.github/workflows/ci.yml',
  '.GITHUB/CODEOWNERS',
  '.github',
  '.github/.hidden/x',
  '.gitlab-ci.yml',
  '.gitlab/ci/jobs.yml',
  '.circleci/config.yml',
  '.ci/run',
  'Jenkinsfile',
  'azure-pipelines.yml',
  'hyperion.config.json',
  'Hyperion.Config.JSON',
  '.pre-commit-config.yaml',
])('%s is protected whatever the configuration', (path) => {
  expect(isProtected(path, [])).toBe(true)
})

test.each(['src/index.ts', 'github/x', 'src/.github/x', 'docs/hyperion.config.json', 'ci/run', '.gitignore'])(
  '%s is not protected by itself',
  (path) => {
    expect(isProtected(path, [])).toBe(false)
  },
)

test.each([
  ['package.json', '**/package.json', true],
  ['a/b/package.json', '**/package.json', true],
  ['A/Package.JSON', '**/package.json', true],
  ['.hidden/package.json', '**/package.json', true],
  ['package.json5', '**/package.json', false],
  ['db/migrations/.keep', 'db/**', true],
  ['db/a/b.sql', 'db/', true],
  ['db', 'db/', false],
  ['DB/a.sql', 'db/*.sql', true],
  ['db/a/b.sql', 'db/*.sql', false],
  ['.env', '*', true],
  ['.env.local', '.env*', true],
  ['sub/.env', '**/.env', true],
  ['.npmrc', '{.npmrc,.yarnrc}', true],
  ['a.ts', 'a{.ts,.js}', true],
  ['a.ts', './a.ts', true],
  ['a.ts', '/a.ts', true],
  ['caf\u00e9/x', 'cafe\u0301/**', true],
  ['src/x.ts', 'lib/**', false],
])('%s against %s: %s', (path, glob, expected) => {
  expect(isProtected(path, [glob])).toBe(expected)
})

test('a scope covers exact paths and what is below folders', () => {
  const targets = ['src/a.ts', 'docs/']
  expect(inScope('src/a.ts', targets)).toBe(true)
  expect(inScope('docs/deep/x.md', targets)).toBe(true)
  expect(inScope('docs', targets)).toBe(false)
  expect(inScope('docs-old/x.md', targets)).toBe(false)
  expect(inScope('src/a.tsx', targets)).toBe(false)
  expect(inScope('src/A.ts', targets)).toBe(false)
  expect(inScope('src/a.ts/x', targets)).toBe(false)
  expect(inScope('anything', [])).toBe(false)
})
