/** What keeps a change from being requeued, as sentences. */
import type { ReviewState } from './session.ts'

export function blockersOf({ review, files, failure, refreshing }: ReviewState): string[] {
  if (review === null) return ['It is being read']
  if (review.status !== 'conflict') return [`The change is ${review.status} by now`]
  const problem = review.target_problem
  // Looking again fails for what is wrong with the target, in the same words.
  const isTold = failure !== null && problem?.startsWith(failure.message) === true
  return [
    ...(problem === null ? [] : [problem]),
    ...(failure === null || isTold ? [] : [failure.message]),
    ...(refreshing ? [`${review.target} moved: it is being looked at`] : []),
    ...files.flatMap((file) =>
      file.failure === null
        ? file.open.map((why) => `${file.path}: ${why}`)
        : [`${file.path}: ${file.failure.message}`],
    ),
  ]
}
