import { expect, test } from 'vitest'
import { foldComponent, inScope, isProtected, pathRefusal } from '../../main/engine/domain/paths.ts'

const REFUSED: readonly [string, string][] = [
  ['', 'path_empty'],
  ['a\ud800b', 'path_not_unicode'],
  ['\udc00', 'path_not_unicode'],
  ['a\0b', 'path_nul'],
  ['a\nb', 'path_control_character'],
  ['a\tb', 'path_control_character'],
  ['a\u007fb', 'path_control_character'],
  ['a\u009bb', 'path_control_character'],
  ['a\u2028b', 'path_control_character'],
  ['\u001b[31mred', 'path_control_character'],
  ['a\u202eb', 'path_bidi_control'],
  ['a\u2066b', 'path_bidi_control'],
  ['a\u061cb', 'path_bidi_control'],
  ['a\u200fb', 'path_bidi_control'],
  ['.g\u200cit/config', 'path_ignorable_character'],
  ['.git\ufeff/config', 'path_ignorable_character'],
  ['a\u00adb', 'path_ignorable_character'],
  ['a\u2060b', 'path_ignorable_character'],
  ['a\u{e0041}b', 'path_ignorable_character'],
  ['cafe\u0301.txt', 'path_not_nfc'],
  ['\u212bngstrom', 'path_not_nfc'],
  ['a/'.repeat(2048) + 'b', 'path_too_long'],
  ['a\\b', 'path_backslash'],
  ['..\\x', 'path_backslash'],
  ['\\\\server\\share', 'path_backslash'],
  ['/etc/passwd', 'path_absolute'],
  ['//server/share', 'path_absolute'],
  ['C:/x', 'path_drive_letter'],
  ['c:x', 'path_drive_letter'],
  ['src/', 'path_trailing_slash'],
  ['a//b', 'path_empty_component'],
  ['./a', 'path_dot_component'],
  ['a/./b', 'path_dot_component'],
  ['..', 'path_parent_component'],
  ['../x', 'path_parent_component'],
  ['a/../../x', 'path_parent_component'],
  ['.git', 'path_git_folder'],
  ['.git/config', 'path_git_folder'],
  ['.GIT/hooks/pre-commit', 'path_git_folder'],
  ['.Git/x', 'path_git_folder'],
  ['sub/.git/config', 'path_git_folder'],
  ['git~1/config', 'path_git_folder'],
  ['GIT~1', 'path_git_folder'],
  ['.git./config', 'path_git_folder'],
  ['.git /config', 'path_git_folder'],
  ['.git . ./config', 'path_git_folder'],
  ['.git::$INDEX_ALLOCATION/config', 'path_git_folder'],
  ['.git:x', 'path_git_folder'],
  ['.g\u0131t/config', 'path_git_folder'],
  ['git~2', 'path_short_name'],
  ['GITMOD~1', 'path_short_name'],
  ['gi7eba~1', 'path_short_name'],
  ['HYPERI~1.JSO', 'path_short_name'],
  ['x/HUSKY~1/pre-commit', 'path_short_name'],
  ['a.txt:stream', 'path_alternate_stream'],
  ['a.txt::$DATA', 'path_alternate_stream'],
  ['dir:x/y', 'path_alternate_stream'],
  ['a.', 'path_trailing_dot_or_space'],
  ['a ', 'path_trailing_dot_or_space'],
  ['dir./x', 'path_trailing_dot_or_space'],
  ['...', 'path_trailing_dot_or_space'],
  ['con', 'path_reserved_name'],
  ['CON.txt', 'path_reserved_name'],
  ['src/aux.c', 'path_reserved_name'],
  ['nul.tar.gz', 'path_reserved_name'],
  ['com1', 'path_reserved_name'],
  ['COM\u00b2.log', 'path_reserved_name'],
  ['lpt9/x', 'path_reserved_name'],
  ['CONIN$', 'path_reserved_name'],
  ['prn .txt', 'path_reserved_name'],
  [`${'a'.repeat(256)}`, 'path_component_too_long'],
  [`src/${'é'.repeat(128)}`, 'path_component_too_long'],
  ['.hyperion/hyperion.db', 'path_kept_by_hyperion'],
  ['.Hyperion/inbox/x.json', 'path_kept_by_hyperion'],
  ['.hyperion', 'path_kept_by_hyperion'],
  ['execution', 'path_kept_by_hyperion'],
  ['execution/verification_report.json', 'path_kept_by_hyperion'],
  ['Execution/Next_Task_Context.json', 'path_kept_by_hyperion'],
]

test.each(REFUSED)('%j is refused as %s, in one sentence with a remedy', (path, code) => {
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
