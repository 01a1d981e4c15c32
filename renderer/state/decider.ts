/** Who decides: the name of the settings, else the one git knows; written into every form that asks. */
import { useStore } from './hooks.ts'

export const useDecider = (): string =>
  useStore(({ preferences, workspace }) =>
    preferences.name !== ''
      ? preferences.name
      : workspace?.state === 'open'
        ? (workspace.operator ?? '')
        : '',
  )
