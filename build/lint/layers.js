/**
 * The linter's rules of this project: who may import whom, who may use which package, who may read the clock.
 *
 * ARCHITECTURE.md says why; the tables below are the whole law. A path is relative to the project, with `/`.
 */
import { dirname, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const LOW = ['schemas', 'base', 'domain']
const MIDDLE = ['store', 'git', 'checks', 'telemetry']
const HIGH = ['intake', 'landing', 'agents', 'casts', 'skills', 'audit', 'reports']
const ENGINE = [...LOW, ...MIDDLE, ...HIGH, 'workers', 'workspace', 'compose', 'engine']

/** Layer → the layers its files may import beside their own. */
const MAY_IMPORT = {
  schemas: [],
  base: ['schemas'],
  domain: ['base', 'schemas'],
  ...Object.fromEntries(MIDDLE.map((layer) => [layer, LOW])),
  ...Object.fromEntries(HIGH.map((layer) => [layer, [...LOW, ...MIDDLE]])),
  workers: [...LOW, ...MIDDLE, 'landing', 'compose'],
  workspace: [...LOW, ...MIDDLE, ...HIGH, 'compose'],
  compose: [...LOW, ...MIDDLE, ...HIGH],
  engine: ENGINE,
  worker: ['schemas', 'compose', 'engine', 'workers'],
  cli: ['schemas', 'engine', 'serve'],
  ipc: ['schemas', 'engine'],
  shell: ['schemas', 'ipc'],
  serve: ['schemas', 'engine', 'ipc'],
  entry: ['schemas', 'engine', 'ipc', 'shell'],
  preload: ['schemas'],
  renderer: ['schemas'],
}

/** First match decides; what matches nothing (tests, scripts) is under no law but may not be imported either. */
const LAYERS = [
  [/^schemas\//, () => 'schemas'],
  [/^main\/engine\/engine\.ts$/, () => 'engine'],
  [/^main\/engine\/compose\.ts$/, () => 'compose'],
  [/^main\/engine\/([^/]+)\//, (match) => match[1]],
  [/^main\/engine\//, () => 'unknown'],
  [/^main\/(cli|worker|ipc|shell)\//, (match) => match[1]],
  [/^main\/serve\.ts$/, () => 'serve'],
  [/^main\/index\.ts$/, () => 'entry'],
  [/^main\//, () => 'unknown'],
  [/^(preload|renderer)\//, (match) => match[1]],
]

/** What holds no code of ours and may be read by any layer. */
const NEUTRAL = /^(package\.json$|resources\/|skills\/|schemas\/json\/)/

/** Package → who may import it, and how to say so. */
const PACKAGE_DOORS = [
  {
    names: ['better-sqlite3'],
    files: /^main\/engine\/store\/database\.ts$/,
    door: 'main/engine/store/database.ts',
  },
  {
    names: ['simple-git'],
    files: /^main\/engine\/git\/porcelain\.ts$/,
    door: 'main/engine/git/porcelain.ts',
  },
  {
    names: ['child_process'],
    files: /^main\/engine\/(git\/git|base\/process)\.ts$/,
    door: 'main/engine/git/git.ts and main/engine/base/process.ts',
  },
  { names: ['@modelcontextprotocol/sdk'], files: /^main\/cli\/mcp\//, door: 'main/cli/mcp' },
  {
    names: ['@secretlint/secretlint-rule-preset-recommend'],
    files: /^main\/engine\/agents\/secrets\.ts$/,
    door: 'main/engine/agents/secrets.ts',
  },
  { names: ['monaco-editor'], files: /^renderer\/editor\//, door: 'renderer/editor' },
  {
    names: ['electron'],
    files: /^(main\/shell\/|main\/index\.ts$|preload\/)/,
    door: 'main/shell and preload',
  },
]

/** Layers that may import only some packages; a name ending in `:` stands for all of Node's own. */
const ONLY_PACKAGES = {
  schemas: {
    allowed: ['zod'],
    extra: {
      'schemas/ipc.ts': ['@orpc/contract'],
      'schemas/ipc-agents.ts': ['@orpc/contract'],
      'schemas/ipc-casts.ts': ['@orpc/contract'],
      'schemas/ipc-parts.ts': ['@orpc/contract'],
    },
  },
  preload: { allowed: ['electron'], extra: {} },
}

/** Node's own modules that do input or output; the domain is pure. */
// prettier-ignore
const IMPURE = new Set([
  'child_process', 'cluster', 'dgram', 'dns', 'fs', 'http', 'http2', 'https', 'inspector', 'net', 'os', 'process',
  'readline', 'sqlite', 'timers', 'tls', 'tty', 'worker_threads',
])

/** What of the schemas the page may run: it imports nothing. */
const WITHOUT_ZOD = new Set(['schemas/json-scan.ts'])

const CLOCK_DOORS = ['main/engine/base/clock.ts', 'renderer/state/clock.ts']

/** Returns the layer of a file, `unknown` for one that should be in a layer and is not, null outside the law. */
export function layerOf(path) {
  for (const [pattern, name] of LAYERS) {
    const match = pattern.exec(path)
    if (match === null) continue
    const layer = name(match)
    return Object.hasOwn(MAY_IMPORT, layer) ? layer : 'unknown'
  }
  return null
}

function whyNotFile(importer, layer, target) {
  if (NEUTRAL.test(target)) return null
  const found = layerOf(target)
  if (found === null) return `${layer} may not import ${target}: it belongs to no layer`
  if (found === 'unknown') return `${target} is in no layer that ARCHITECTURE.md knows`
  if (found === layer || MAY_IMPORT[layer].includes(found)) return null
  const allowed = MAY_IMPORT[layer].join(', ')
  return `${layer} may not import ${found} (${target})${allowed === '' ? '' : `; it may import ${allowed}`}`
}

function whyNotPackage(importer, layer, specifier) {
  const bare = specifier.replace(/^node:/, '')
  const name = bare.startsWith('@') ? bare.split('/').slice(0, 2).join('/') : bare.split('/')[0]
  const door = PACKAGE_DOORS.find(({ names }) => names.includes(name))
  if (door !== undefined && !door.files.test(importer)) return `${name} is imported only in ${door.door}`
  const only = ONLY_PACKAGES[layer]
  if (only !== undefined && ![...only.allowed, ...(only.extra[importer] ?? [])].includes(name)) {
    return `${layer} may import no package but ${only.allowed.join(', ')}, not ${specifier}`
  }
  if (layer === 'domain' && IMPURE.has(name)) return `domain is pure: it may not import ${specifier}`
  if (layer === 'renderer' && specifier.startsWith('node:')) return `renderer may not import ${specifier}`
  return null
}

/** Returns why a file may not import a specifier, or null when it may. */
export function whyForbidden(importer, specifier) {
  const layer = layerOf(importer)
  if (layer === null) return null
  if (layer === 'unknown') return `${importer} is in no layer that ARCHITECTURE.md knows`
  const path = specifier.replace(/\?.*$/, '')
  if (!path.startsWith('.')) return whyNotPackage(importer, layer, path)
  return whyNotFile(importer, layer, posix.normalize(posix.join(posix.dirname(importer), path)))
}

const pathOf = (context) => relative(projectRoot, context.filename).split(sep).join('/')

function stringOf(node) {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked
  return null
}

const nameOf = (node) =>
  node.type === 'Identifier' ? node.name : (node.property?.name ?? stringOf(node.property))

const layers = {
  meta: { type: 'problem', docs: { description: 'Imports follow the direction of ARCHITECTURE.md.' } },
  create(context) {
    const importer = pathOf(context)
    if (layerOf(importer) === null) return {}
    /** zod and all schemas would be in the window's bundle, for nothing: what arrives is checked by the engine. */
    const target = (specifier) => posix.normalize(posix.join(posix.dirname(importer), specifier))
    const heavy = (node, specifier) =>
      layerOf(importer) === 'renderer' &&
      node.type !== 'TSImportType' &&
      node.importKind !== 'type' &&
      node.exportKind !== 'type' &&
      layerOf(target(specifier)) === 'schemas' &&
      !WITHOUT_ZOD.has(target(specifier))
    const check = (node, source) => {
      const specifier = stringOf(source)
      const message = specifier === null ? null : whyForbidden(importer, specifier)
      if (message !== null) context.report({ node, message })
      else if (specifier !== null && heavy(node, specifier))
        context.report({ node, message: `renderer may import only types from ${specifier}` })
    }
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node, node.expression),
      CallExpression(node) {
        if (['require', 'getBuiltinModule'].includes(nameOf(node.callee))) check(node, node.arguments[0])
      },
    }
  },
}

const clock = {
  meta: { type: 'problem', docs: { description: 'Time is a dependency; one file reads it.' } },
  create(context) {
    const path = pathOf(context)
    if (layerOf(path) === null || CLOCK_DOORS.includes(path)) return {}
    const report = (node, what) =>
      context.report({
        node,
        message: `${what} reads the clock; take a Clock (${CLOCK_DOORS[path.startsWith('renderer/') ? 1 : 0]}) instead`,
      })
    return {
      MemberExpression(node) {
        const member = node.computed ? stringOf(node.property) : nameOf(node)
        const owner = nameOf(node.object)
        if (member === 'now' && (owner === 'Date' || owner === 'performance')) report(node, `${owner}.now`)
        if (member === 'hrtime' && owner === 'process') report(node, 'process.hrtime')
      },
      NewExpression(node) {
        if (nameOf(node.callee) === 'Date' && node.arguments.length === 0) report(node, 'new Date()')
      },
      CallExpression(node) {
        if (node.callee.type === 'Identifier' && node.callee.name === 'Date') report(node, 'Date()')
      },
      VariableDeclarator(node) {
        if (node.id.type !== 'ObjectPattern' || node.init?.type !== 'Identifier') return
        if (!['Date', 'performance'].includes(node.init.name)) return
        if (node.id.properties.some((property) => property.key?.name === 'now'))
          report(node, `${node.init.name}.now`)
      },
    }
  },
}

export default { meta: { name: 'hyperion' }, rules: { layers, clock } }
