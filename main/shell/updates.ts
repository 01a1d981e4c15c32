/** Newer versions: looked for only when the operator asks, downloaded only when they say so. */
import type { MessageBoxOptions } from 'electron'

/** What is used of electron-updater. */
export interface Updater {
  autoDownload: boolean
  checkForUpdates(): Promise<{ isUpdateAvailable: boolean; updateInfo: { version: string } } | null>
  downloadUpdate(): Promise<unknown>
  quitAndInstall(): void
}

export interface UpdateDeps {
  updater(): Promise<Updater>
  /** The version that runs. */
  version: string
  /** Shows a message; resolves to the index of the button that was chosen. */
  ask(options: MessageBoxOptions): Promise<number>
  /** Closes every window, drafts saved, and lets landing steps finish. */
  leave(): Promise<void>
}

/** Never throws: what fails is said. */
export async function checkForUpdates({ updater, version, ask, leave }: UpdateDeps): Promise<void> {
  const say = (message: string, detail: string): Promise<number> =>
    ask({ type: 'info', title: 'Hyperion', message, detail, buttons: ['OK'] })
  const choose = async (message: string, detail: string, yes: string): Promise<boolean> =>
    (await ask({ type: 'question', title: 'Hyperion', message, detail, buttons: [yes, 'Not Now'], defaultId: 0, cancelId: 1 })) === 0 // prettier-ignore
  try {
    const updates = await updater()
    updates.autoDownload = false
    const found = await updates.checkForUpdates()
    if (found === null || !found.isUpdateAvailable) {
      await say('Hyperion is up to date.', `${version} is the newest version there is.`)
      return
    }
    const next = found.updateInfo.version
    if (!(await choose(`Hyperion ${next} is there.`, `This is ${version}.`, 'Download'))) return
    await updates.downloadUpdate()
    const restart = await choose(
      `Hyperion ${next} is ready.`,
      'Hyperion saves drafts, finishes the landing step that runs, and starts again as the new version. Queues and workspaces stay as they are.',
      'Install and Restart',
    )
    if (!restart) return
    await leave()
    updates.quitAndInstall()
  } catch (error) {
    await ask({
      type: 'error',
      title: 'Hyperion',
      message: 'No newer version could be had.',
      detail: `${error instanceof Error ? error.message : 'The reason is unknown.'}\n\nThis version goes on working. Try again when the network is there.`,
      buttons: ['OK'],
    })
  }
}
