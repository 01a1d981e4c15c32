/** What holds for every command: the variables it looks at and the exit codes it ends with (note 03). */

export const ENVIRONMENT: readonly (readonly [name: string, means: string])[] = [
  ['HYPERION_AGENT', 'which agents draft: stub (the default), copilot, claude, codex, gemini, opencode, acp'],
  ['HYPERION_CONFIG', "the config file to use instead of the workspace's hyperion.config.json"],
  ['HYPERION_LOG', '1 logs every event to stderr'],
]

export const EXITS: readonly (readonly [code: number, means: string])[] = [
  [0, 'done'],
  [1, 'bad input or configuration'],
  [2, 'usage'],
  [3, 'not landed, not applied'],
  [4, 'busy, try again'],
  [5, 'database newer than this program'],
  [70, 'a bug'],
  [130, 'interrupted'],
]

const widest = Math.max(...ENVIRONMENT.map(([name]) => name.length))
const exits = (some: typeof EXITS): string =>
  `  ${some.map(([code, means]) => `${code} ${means}`).join('   ')}`

/** The same as lines below the help of the program. */
export const MORE_HELP = `
Environment:
${ENVIRONMENT.map(([name, means]) => `  ${name.padEnd(widest)}  ${means}`).join('\n')}

Exit codes:
${exits(EXITS.slice(0, 5))}
${exits(EXITS.slice(5))}`
