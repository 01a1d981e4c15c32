/** The config file as it is at the target's tip: what is in force, and what an edit of it is written against. */
import { CONFIG_FILE } from '../compose.ts'
import { readRef } from '../git/refs.ts'
import { treeOf } from '../git/trees.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { fileAt } from '../landing/sides.ts'

/** The config file as a commit has it; null where it has none. */
export async function configAt(
  { objects }: Pick<LandingDeps, 'objects'>,
  commit: string,
): Promise<string | null> {
  const found = await fileAt(objects, await treeOf(objects, commit), CONFIG_FILE)
  return found.kind === 'file' ? found.file.bytes.toString('utf8') : null
}

/** `text` is null where there is no such file, `tip` where there is no target. */
export async function configAtTip({
  repoGit,
  target,
  objects,
}: Pick<LandingDeps, 'repoGit' | 'target' | 'objects'>): Promise<{
  tip: string | null
  text: string | null
}> {
  const tip = await readRef(repoGit, target)
  if (tip === null) return { tip, text: null }
  return { tip, text: await configAt({ objects }, tip) }
}
