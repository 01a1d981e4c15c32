/** Names of branches as people type them. */
export const branchName = (ref: string): string => ref.replace('refs/heads/', '')
