/** A host on a repository with so many paths, and a tab with the probe in a cast that was just begun. */
import { beginCast, CAST_FILES, importCast, type Built } from '../../e2e/cast-acts.ts'
import { commitPaths } from '../../e2e/many-paths.ts'
import { probe } from '../../e2e/probe.ts'
import { openStage, type Stage } from '../../e2e/support.ts'

export interface Ground extends Built {
  stage: Stage
  dispose(): Promise<void>
}

/** A path like those of a program; the same each time. */
export function pathAt(at: number): string {
  const name = (Math.imul(at + 1, 2_654_435_761) >>> 0).toString(36)
  return `packages/part-${at % 40}/src/${at % 7 === 0 ? 'größe ' : ''}module-${name}.ts`
}

/** `count` paths are committed beside the few of every stage; `cast` is imported, or a blank one begun. */
export async function openGround(count: number, cast: unknown = null): Promise<Ground> {
  const stage = await openStage({ files: CAST_FILES })
  try {
    if (count > 0)
      commitPaths(
        stage,
        Array.from({ length: count }, (_, at) => pathAt(at)),
      )
    const built = cast === null ? await beginCast(stage) : await importCast(stage, cast)
    await probe(built.page)
    return { ...built, stage, dispose: () => stage.dispose() }
  } catch (error) {
    await stage.dispose()
    throw error
  }
}
