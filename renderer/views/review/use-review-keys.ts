/** The keys of the reviewer, plain beside the text and with Alt inside it. */
import type { Suggestion } from '../../merge/suggest/index.ts'
import type { ReviewSettings } from '../../review/settings.ts'
import { useCommands, type Command } from '../../state/commands.ts'
import type { Decide } from './use-decide.ts'

interface KeyParts {
  decide: Decide
  /** Whether the path is decided as a whole. */
  isWhole: boolean
  checksOff: string | null
  suggestions: readonly Suggestion[]
  settings: ReviewSettings
}

const GROUP = 'Conflict'

/** To the first line that can be picked; from there the arrows lead on. */
function toLines(): void {
  const first = document.querySelector('[data-picked=true]') ?? document.querySelector('[data-picked]')
  if (first instanceof HTMLElement) first.focus()
}

export function useReviewKeys({ decide: act, isWhole, checksOff, suggestions, settings }: KeyParts): void {
  const noLines = isWhole ? 'This path is decided as a whole' : null
  const onOff = (is: boolean, what: string): string => `${is ? 'Hide' : 'Show'} ${what}`
  const list: (Omit<Command, 'group'> & { keys: string })[] = [
    { id: 'next', label: 'Next conflict', keys: 'j', run: act.next },
    { id: 'previous', label: 'Previous conflict', keys: 'k', run: act.previous },
    { id: 'next-file', label: 'Next file', keys: ']', run: act.nextFile },
    { id: 'previous-file', label: 'Previous file', keys: '[', run: act.previousFile },
    {
      id: 'keep',
      label: act.asksOrder ? 'The target’s first' : 'Keep what landed',
      keys: '1',
      run: act.keep,
    },
    {
      id: 'take',
      label: act.asksOrder ? 'The incoming first' : 'Take the incoming',
      keys: '2',
      run: act.take,
    },
    { id: 'both', label: 'Both; again: swap', keys: '3', reason: noLines, run: act.both },
    { id: 'base', label: 'Back to the base', keys: '0', run: act.toBase },
    {
      id: 'delete',
      label: 'Delete the file',
      keys: 'd',
      reason: isWhole ? null : 'Only where a path is decided as a whole',
      run: act.remove,
    },
    ...[0, 1, 2].map((which) => ({
      id: `suggestion-${which + 1}`,
      label: `Take suggestion ${which + 1}`,
      keys: String(which + 4),
      reason: suggestions[which] === undefined ? 'There is no such suggestion' : null,
      run: () => act.suggestion(which),
    })),
    { id: 'lines', label: 'Pick single lines', keys: 'l', reason: noLines, run: toLines },
    { id: 'edit', label: 'Edit the text', keys: 'e', run: act.edit },
    { id: 'reopen', label: 'Reopen', keys: 'u', run: act.reopen },
    { id: 'show-base', label: onOff(settings.base, 'the base'), keys: 'b', run: () => act.toggle('base') },
    { id: 'why', label: onOff(settings.why, 'why'), keys: 'w', run: () => act.toggle('why') },
    {
      id: 'advance',
      label: settings.advance ? 'Stay after a decision' : 'Go on after a decision',
      keys: 'a',
      run: () => act.toggle('advance'),
    },
    {
      id: 'suggest',
      label: settings.suggest ? 'Suggest nothing' : 'Suggest',
      keys: 's',
      run: () => act.toggle('suggest'),
    },
    {
      id: 'wrap',
      label: settings.wrap ? 'Do not wrap lines' : 'Wrap lines',
      keys: 'z',
      run: () => act.toggle('wrap'),
    },
    { id: 'layout', label: 'Next layout', keys: 'v', run: act.layout },
    {
      id: 'checks',
      label: 'Run or stop the checks on the result',
      keys: 'p',
      reason: checksOff,
      run: act.checks,
    },
  ]
  const always: Command[] = [
    { id: 'review-undo', label: 'Undo', group: GROUP, keys: 'mod+z', run: act.undo },
    { id: 'review-redo', label: 'Redo', group: GROUP, keys: 'mod+shift+z', run: act.redo },
    { id: 'review-find', label: 'Find in the result', group: GROUP, keys: 'mod+f', run: act.find },
    {
      id: 'review-file-done',
      label: 'File resolved: on to the next',
      group: GROUP,
      keys: 'mod+Enter',
      inText: true,
      run: act.fileDone,
    },
    {
      id: 'review-requeue',
      label: 'Requeue',
      group: GROUP,
      keys: 'mod+shift+Enter',
      inText: true,
      run: act.requeue,
    },
    ...(act.asksOrder
      ? [
          {
            id: 'review-order',
            label: 'Not both',
            group: GROUP,
            keys: 'Escape',
            palette: false,
            run: () => act.askOrder(false),
          },
        ]
      : []),
  ]
  const plain = list.map((one): Command => ({ ...one, id: `review-${one.id}`, group: GROUP }))
  const inside = list.map((one): Command => ({
    ...one,
    id: `review-in-${one.id}`,
    group: 'Conflict, inside the text',
    keys: `alt+${one.keys}`,
    inText: true,
    palette: false,
  }))
  useCommands([...inside, ...plain, ...always])
}
