/** How the two branches stand, in words, and what may be done about it. */
import type { UpstreamState } from '../../../schemas/upstream.ts'
import { inertLine } from '../../ui/inert.ts'

const counted = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`

const commits = (count: number | null): string =>
  count === null ? 'an unknown number of commits' : counted(count, 'commit')

/** "hyperion/main is 3 commits ahead of main." */
export function relationSentence(state: UpstreamState): string {
  const target = inertLine(state.target)
  if (state.upstream === null) return `${target} follows no branch.`
  const upstream = inertLine(state.upstream)
  switch (state.relation) {
    case 'same':
      return `${upstream} has everything that landed.`
    case 'target_ahead':
      return `${upstream} lacks ${commits(state.ahead)} of ${target}.`
    case 'upstream_ahead':
      return `${target} lacks ${commits(state.behind)} of ${upstream}${state.follow ? ' and takes them in by itself' : ''}.`
    case 'diverged':
      return `Both moved on: ${commits(state.ahead)} landed, ${commits(state.behind)} of ${upstream} not taken in yet.`
    case 'upstream_rewritten':
      return `The history of ${upstream} was written anew.`
    case 'unknown':
      return 'How the two stand to each other is not known.'
  }
}

/** "Bring 3 landed commits to main". */
export const bringLabel = ({ ahead, upstream }: UpstreamState): string =>
  upstream === null
    ? 'Bring landed commits over'
    : ahead === null || ahead === 0
      ? `Bring landed commits to ${inertLine(upstream, 60)}`
      : `Bring ${counted(ahead, 'landed commit')} to ${inertLine(upstream, 60)}`

/** Why nothing can be brought over now, or null. */
export function whyNotBring(state: UpstreamState): string | null {
  if (state.upstream === null) return 'No branch is followed: name one as landing.upstream in Settings'
  switch (state.relation) {
    case 'same':
      return 'It has everything that landed'
    case 'diverged':
      return state.merge === null ? null : `Change ${state.merge.change_id} merges the two first`
    case 'upstream_rewritten':
      return 'Its history was written anew: say first whether to go on from it'
    case 'unknown':
      return state.trouble?.sentence ?? 'How the two stand is not known'
    default:
      return null
  }
}

/** What moves when landed commits are brought over, where that is more than a branch; null where no file does. */
export function movesSentence({ upstream, checkouts, ahead }: UpstreamState): string | null {
  if (upstream === null || checkouts.length === 0 || ahead === 0) return null
  return `${inertLine(upstream)} is checked out at ${checkouts.map((folder) => inertLine(folder)).join(' and ')}. The files there that ${commits(ahead)} changed are brought to what landed. Edits of yours are kept: if one of them is in the way, nothing is moved and it is named.`
}
