/** The config file as it is at the target's tip: what is in force, and what an edit of it is written against. */
import { CONFIG_FILE } from '../compose.ts'
import { readRef } from '../git/refs.ts'
import { treeOf } from '../git/trees.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { fileAt } from '../landing/sides.ts'

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
  const found = await fileAt(objects, await treeOf(objects, tip), CONFIG_FILE)
  return { tip, text: found.kind === 'file' ? found.file.bytes.toString('utf8') : null }
}
