/**
 * How likely each move is what somebody wants: about the share of real conflicts in which it was what they committed,
 * where it was offered at all, on the half that rules are tuned on (`npm run bench -- conflicts`). Only their order counts.
 */
export const RANKS = {
  precedent: 1,
  onlyBlanks: 0.97,
  higher: 0.93,
  sorted: 0.9,
  sameButBlanks: 0.88,
  contains: 0.84,
  touching: 0.67,
  words: 0.65,
  /** Few were offered, and were indented otherwise by hand; below what does not touch indents. */
  reindented: 0.6,
  /** In that half 0.4, in a larger collection 0.57, most others differing in order alone. */
  imports: 0.57,
  /** Of both orders of two entries one is as likely as the other; the target's stands first as with `both`. */
  wordsReversed: 0.56,
  unwanted: 0.55,
  /** `side` where both changed as much, up to `side` + `sideLead` for the one that alone changed anything. */
  side: 0.45,
  sideLead: 0.1,
  /** In a larger collection 0.44, and then in two of three the target's first. */
  both: 0.5,
  bothReversed: 0.4,
  sideAgainstBlanks: 0.5,
  sideOfInserts: 0.3,
  wanted: 0.3,
  otherSide: 0.2,
  /** Below both sides: who repeats a line or a key has hardly ever merged what was meant. */
  repeating: 0.16,
  wordsPreferred: 0.15,
  bothOfEdits: 0.05,
  bothOfEditsReversed: 0.04,
  base: 0.02,
} as const
