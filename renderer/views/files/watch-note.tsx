/** Whether the files are watched, and what is not seen of them. */
import type { FileEvents } from '../../../schemas/intake.ts'
import { inertLine } from '../../ui/inert.ts'

export function WatchNote({ watching }: { watching: FileEvents['watching'] }) {
  if (watching === null) {
    return <>This window only looks on: the one that runs the workers watches the files.</>
  }
  if (watching.trouble !== null) return <>{inertLine(watching.trouble, 1000)}</>
  const folders =
    watching.folders === 1 ? '1 folder is' : `${watching.folders.toLocaleString('en')} folders are`
  return <>{folders} watched; what git ignores is left out.</>
}
