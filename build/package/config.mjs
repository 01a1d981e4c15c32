/** What an installer holds and how it is made: the configuration of electron-builder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FUSES } from './fuses.mjs'

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** Files of the build at hand, and none that an earlier one left beside them. */
const builtFiles = (root) => readJson(join(root, 'out/build.json')).files.map((path) => `out/${path}`)

const FONTS = ['inter', 'jetbrains-mono']

/** Ends of names that double-clicking opens in the cast builder; plain `.json` stays with whatever has it. */
const CAST = {
  ext: 'hyperion-cast',
  name: 'Hyperion cast',
  description: 'Hyperion cast',
  mimeType: 'application/vnd.hyperion.cast+json',
  role: 'Editor',
  icon: 'resources/icons/hyperion',
}

/** Casts are JSON as well: they can be opened with Hyperion, which takes no file type from another program. */
const OPENS_TOO = ['application/json']

/** Where a Debian system looks for what helps with a command; `share` has it made of the command's definitions. */
const helpOnDebian = (share) => [
  `${share}/command=/usr/bin/hyperion`,
  `${share}/hyperion.1.gz=/usr/share/man/man1/hyperion.1.gz`,
  `${share}/hyperion.bash=/usr/share/bash-completion/completions/hyperion`,
  `${share}/hyperion.zsh=/usr/share/zsh/vendor-completions/_hyperion`,
  `${share}/hyperion.fish=/usr/share/fish/vendor_completions.d/hyperion.fish`,
  `${share}/copyright=/usr/share/doc/hyperion/copyright`,
]

/**
 * Returns the configuration for a project folder whose out/ is built.
 *
 * @param {string} root
 * @param {object} options
 * @param {string} options.share folder with the help of the command line
 * @param {NodeJS.Platform} options.platform the system that is packed for
 * @param {NodeJS.ProcessEnv} [options.env] HYPERION_HOMEPAGE and HYPERION_MAINTAINER name who publishes;
 *   HYPERION_UPDATE_URL is where an installed app may ask for a newer one: without it none asks anywhere
 */
export function packageConfig(root, { share, platform, env = process.env }) {
  const { description } = readJson(join(root, 'package.json'))
  const feed = env.HYPERION_UPDATE_URL
  return {
    appId: 'dev.hyperion.app',
    productName: 'Hyperion',
    copyright: 'The Hyperion authors, MIT License',
    // Names that are nobody's (RFC 2606) until a publisher gives theirs.
    extraMetadata: {
      main: 'out/main/index.js',
      desktopName: 'hyperion.desktop',
      homepage: env.HYPERION_HOMEPAGE ?? 'https://hyperion.invalid/',
    },
    directories: { output: 'dist', buildResources: 'resources/icons' },
    artifactName: '${name}-${version}-${os}-${arch}.${ext}',
    electronVersion: readJson(join(root, 'node_modules/electron/package.json')).version,
    electronFuses: FUSES,
    electronLanguages: ['en-US'],
    // The one native module brings a binary for each system, made for Node-API: nothing is compiled.
    npmRebuild: false,
    publish: feed === undefined || feed === '' ? null : [{ provider: 'generic', url: feed }],
    asar: { smartUnpack: false },
    // A library is loaded by the system, which knows no archives.
    asarUnpack: ['**/*.node'],
    // Only what is named: everything that is needed is in the bundle but for the native module.
    files: [
      '!**/*',
      'package.json',
      'LICENSE',
      ...builtFiles(root),
      'skills/**',
      'schemas/json/**',
      'scripts/cast_builder.sh',
      'resources/templates/**',
      'node_modules/better-sqlite3/package.json',
      'node_modules/better-sqlite3/LICENSE',
      'node_modules/better-sqlite3/lib/**',
      // The packager's own name for a system is that of the machine it runs on.
      `node_modules/better-sqlite3/prebuilds/${platform}-\${arch}.node`,
      // Of what else is in the bundle the licences are in out/*/licenses.json.
      ...FONTS.map((font) => ({
        from: `node_modules/@fontsource-variable/${font}`,
        to: `licenses/${font}`,
        filter: ['LICENSE'],
      })),
    ],
    protocols: [{ name: 'Hyperion', schemes: ['hyperion'], role: 'Viewer' }],
    fileAssociations: [CAST],
    // The static runtime: it brings its own FUSE, and lets the app keep its sandbox.
    toolsets: { appimage: '1.0.3' },
    linux: {
      target: ['AppImage', 'deb'],
      executableName: 'hyperion',
      syncDesktopName: true,
      category: 'Development',
      synopsis: description,
      description:
        'A desktop app and a command line over one queue: a task request becomes a brief, isolated assignments, change requests of agents, and commits that land one after another, checked. Every conflict is shown to a person.',
      icon: 'resources/icons/png',
      maintainer: env.HYPERION_MAINTAINER ?? 'The Hyperion authors <hyperion@hyperion.invalid>',
      desktop: { entry: { Keywords: 'agents;merge queue;git;', StartupNotify: 'true' } },
      extraResources: [{ from: 'resources/bin', to: 'bin', filter: ['hyperion'] }],
    },
    appImage: { mimeTypes: [...OPENS_TOO] },
    deb: {
      mimeTypes: [...OPENS_TOO],
      packageCategory: 'devel',
      // Git does the work; bubblewrap is what checks and agents are shut in with.
      depends: [
        'libgtk-3-0',
        'libnotify4',
        'libnss3',
        'libxtst6',
        'libatspi2.0-0',
        'xdg-utils',
        'git (>= 1:2.38)',
      ],
      recommends: ['bubblewrap'],
      fpm: helpOnDebian(share),
      afterInstall: 'build/package/deb/after-install.sh',
      afterRemove: 'build/package/deb/after-remove.sh',
    },
    mac: {
      target: ['dmg', 'zip'].map((target) => ({ target, arch: ['arm64', 'x64'] })),
      category: 'public.app-category.developer-tools',
      // Among the programs a JSON file can be opened with, never the one that it is opened with by itself.
      fileAssociations: [{ ext: 'json', name: 'JSON', role: 'Editor', rank: 'Alternate' }],
      icon: 'resources/icons/hyperion.icns',
      extraResources: [
        { from: 'resources/bin', to: 'bin', filter: ['hyperion'] },
        { from: share, to: 'share', filter: ['hyperion.*'] },
      ],
    },
    win: {
      target: [{ target: 'nsis', arch: ['x64'] }],
      icon: 'resources/icons/hyperion.ico',
      extraResources: [{ from: 'resources/bin', to: 'bin', filter: ['hyperion.cmd', 'path.ps1'] }],
    },
    // For one user, without an administrator; drafts and preferences outlive it.
    nsis: { oneClick: true, perMachine: false, include: 'build/package/installer.nsh' },
  }
}
