/** Where this user's own things are kept on this machine: preferences, recent workspaces, the browser's token. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Returns the folder that the desktop's runtime would choose too, so that both faces share it. */
export function dataFolder(
  env: NodeJS.ProcessEnv,
  home: string | null,
  platform: NodeJS.Platform = process.platform,
): string {
  const base = home ?? tmpdir()
  if (platform === 'win32') return join(env['APPDATA'] ?? join(base, 'AppData', 'Roaming'), 'hyperion')
  if (platform === 'darwin') return join(base, 'Library', 'Application Support', 'hyperion')
  return join(env['XDG_CONFIG_HOME'] || join(base, '.config'), 'hyperion')
}
