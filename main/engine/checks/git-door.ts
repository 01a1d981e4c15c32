/** How this layer reaches git: by the function it is handed, since layers of one rank do not import each other. */
export interface GitDoorOptions {
  gitDir?: string
  workTree?: string
  cwd?: string
  env?: Readonly<Record<string, string>>
  signal?: AbortSignal
  timeoutMs?: number
}

/** Runs git and resolves when it exits with 0; throws a HyperionError otherwise. */
export type GitDoor = (args: readonly string[], options: GitDoorOptions) => Promise<{ stdout: Buffer }>
