/** The frame around every view. */
import { useRoute } from '../router.ts'
import { viewOf } from './views.tsx'

export function Shell() {
  return <main>{viewOf(useRoute())}</main>
}
