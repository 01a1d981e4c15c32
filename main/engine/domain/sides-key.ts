/** Names the three sides of a conflicted path, so that two looks at it can be told apart. */
import type { ConflictRecord } from '../../../schemas/conflict.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'

/** Another text wherever any side has other bytes, another mode, or is there where it was not. */
export const sidesKey = ({ base, ours, theirs }: Pick<ConflictRecord, 'base' | 'ours' | 'theirs'>): string =>
  sha256(canonicalJson([base, ours, theirs].map((side) => side && [side.oid, side.mode])))
