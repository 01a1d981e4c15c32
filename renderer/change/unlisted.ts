/** Commands a change asks to be run that are not among the allowed checks, and what a check of each could be called. */
import type { CheckEntry } from '../../schemas/check.ts'
import type { ChangeDetail } from '../../schemas/view.ts'

/** What the queue calls a change that waits, or failed, because of one. */
const CODES = new Set(['unlisted_check', 'check_not_allowed'])

export const asksForUnlisted = ({
  status,
  reason_code,
}: Pick<ChangeDetail, 'status' | 'reason_code'>): boolean =>
  (status === 'held' || status === 'failed') && reason_code !== null && CODES.has(reason_code)

export interface Unlisted {
  /** Commands that can be allowed. */
  commands: string[]
  /** Commands that are to fail: the allow-list is of checks that pass. */
  toFail: string[]
}

/** As the engine resolves them: by name or by the very command, expected to pass. */
export function unlistedIn(
  entries: readonly CheckEntry[],
  allow: Readonly<Record<string, unknown>>,
): Unlisted {
  const commands = new Set<string>()
  const toFail = new Set<string>()
  const listed = new Set(Object.values(allow))
  for (const entry of entries) {
    const run = typeof entry === 'string' ? entry : entry.run
    if (run === 'none') continue
    const expected = typeof entry === 'string' ? 0 : (entry.expect?.exit_code ?? 0)
    if (expected !== 0) toFail.add(run)
    else if (!Object.hasOwn(allow, run) && !listed.has(run)) commands.add(run)
  }
  return { commands: [...commands], toFail: [...toFail] }
}

/** "test" for `npm run test -- --ci`: its first telling words; one that is taken gets a number. */
export function nameFor(command: string, taken: Iterable<string>): string {
  const words = command
    .replaceAll(/\S*=\S*/g, ' ')
    .split(/\s+/)
    .filter((word) => /^[\w@./-]+$/.test(word) && !word.startsWith('-'))
    .map((word) => (word.split('/').at(-1) ?? word).replaceAll(/[^\w.-]/g, ''))
    .filter((word) => word !== '' && !RUNNERS.has(word))
  const wanted = words.slice(0, 2).join('-').toLowerCase().slice(0, 60)
  const first = wanted === '' || wanted === 'none' ? 'check' : wanted
  const others = new Set(taken)
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? first : `${first}-${number}`
    if (!others.has(name)) return name
  }
}

/** Programs that only run what is named after them. */
const RUNNERS = new Set(['npm', 'npx', 'pnpm', 'yarn', 'run', 'sh', 'bash', 'env', 'exec'])

/** The command that a proposal allows, from the words it is queued with; null where it is another one. */
export const allowedBy = (intent: string | null): string | null =>
  /^Allow the check (?:(?!: ).)+: (?<command>.*)$/s.exec(intent ?? '')?.groups?.['command'] ?? null
