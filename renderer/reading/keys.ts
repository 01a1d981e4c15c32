/** Keys of a reader: one list for the window, the palette and the key sheet, and for the editor that has the keyboard. */
import { chordOf, normalKeys } from '../shell/keys.ts'
import { useCommands, type Command } from '../state/commands.ts'
import { isMac } from '../ui/kbd.tsx'

/** Registers commands; returns what hears the same keys inside an editor, where the window leaves them alone. */
export function useReaderKeys(commands: readonly Command[]): (event: KeyboardEvent) => boolean {
  useCommands(commands)
  return (event) => {
    const chord = chordOf(event, isMac())
    const command = commands.find(({ keys }) => keys !== undefined && normalKeys(keys) === chord)
    if (command === undefined) return false
    if (typeof command.reason !== 'string') command.run()
    return true
  }
}
