/** What Copilot is started with so that it asks a scripted model, without an account. */
import { join } from 'node:path'

/** It keeps its own under `home`; without a model it is not signed in. */
export const copilotEnv = (home: string, model: { url: string } | null): Record<string, string> => ({
  COPILOT_HOME: join(home, '.copilot'),
  ...(model === null
    ? {}
    : {
        COPILOT_OFFLINE: 'true',
        COPILOT_PROVIDER_BASE_URL: model.url,
        // It stars out its key wherever it stands in what it says.
        COPILOT_PROVIDER_API_KEY: 'scripted-key-of-this-test',
      }),
})

/** Laid over that: not signed in after all. */
export const NOT_SIGNED_IN: NodeJS.ProcessEnv = {
  COPILOT_OFFLINE: undefined,
  COPILOT_PROVIDER_BASE_URL: undefined,
  COPILOT_PROVIDER_API_KEY: undefined,
}
