/** What an installer holds and how it is made: the configuration of electron-builder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** Files of the build at hand, and none that an earlier one left beside them. */
const builtFiles = (root) => readJson(join(root, 'out/build.json')).files.map((path) => `out/${path}`)

/**
 * The desktop's runtime as the app needs it, and no further (https://www.electronjs.org/docs/latest/tutorial/fuses).
 *
 * The installed command line and the workers are this runtime as a plain Node; nothing from outside may make it load
 * other code or listen for a debugger.
 */
export const FUSES = {
  runAsNode: true,
  enableCookieEncryption: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
}

const FONTS = ['inter', 'jetbrains-mono']

/** Returns the configuration for a project folder whose out/ is built. */
export function packageConfig(root) {
  return {
    appId: 'dev.hyperion.app',
    productName: 'Hyperion',
    extraMetadata: { main: 'out/main/index.js' },
    directories: { output: 'dist' },
    electronVersion: readJson(join(root, 'node_modules/electron/package.json')).version,
    electronFuses: FUSES,
    // The one native module brings a binary for each system, made for Node-API: nothing is compiled.
    npmRebuild: false,
    publish: null,
    asar: { smartUnpack: false },
    // A library is loaded by the system, which knows no archives.
    asarUnpack: ['**/*.node'],
    // Only what is named: everything that is needed is in the bundle but for the native module.
    files: [
      '!**/*',
      'package.json',
      ...builtFiles(root),
      'skills/**',
      'schemas/json/**',
      'scripts/cast_builder.sh',
      'resources/templates/**',
      'node_modules/better-sqlite3/package.json',
      'node_modules/better-sqlite3/LICENSE',
      'node_modules/better-sqlite3/lib/**',
      'node_modules/better-sqlite3/prebuilds/${platform}-${arch}.node',
      // Of what else is in the bundle the licences are in out/*/licenses.json.
      ...FONTS.map((font) => ({
        from: `node_modules/@fontsource-variable/${font}`,
        to: `licenses/${font}`,
        filter: ['LICENSE'],
      })),
    ],
    linux: { target: ['AppImage', 'deb'], category: 'Development' },
  }
}
