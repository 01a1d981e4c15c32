/** One side took the lines away, the other edited them: whether they are still wanted only a person knows. */
import { RANKS } from './ranks.ts'
import { isBlank } from './text.ts'
import type { Move, Sides } from './types.ts'

export const isDeleteEdit = ({ base, cur, inc }: Sides): boolean =>
  !base.every(isBlank) && cur.every(isBlank) !== inc.every(isBlank)

export const deleteEdit: Move = (sides, { names }) => {
  if (!isDeleteEdit(sides)) return []
  const { cur, inc } = sides
  const gone = { cur: cur.every(isBlank) }
  const deleter = gone.cur ? names.cur : names.inc
  const editor = gone.cur ? names.inc : names.cur
  const why = `${deleter} removed these lines and ${editor} edited them.`
  return [
    {
      id: 'unwanted',
      lines: gone.cur ? cur : inc,
      label: 'Still wanted? No: leave them out',
      why,
      rank: RANKS.unwanted,
    },
    {
      id: 'wanted',
      lines: gone.cur ? inc : cur,
      label: 'Still wanted? Yes: keep the edit',
      why,
      rank: RANKS.wanted,
    },
  ]
}
