/** The files of a cast on a terminal: which, what is to happen to each, and the edit itself where it is there already. */
import { readFileSync } from 'node:fs'
import type { CastEdit } from '../../../schemas/cast-draft.ts'
import type { Talk, Turn } from './repl.ts'

const FIRST = 50

/** Asks for files until an empty line. */
export async function askItems(talk: Talk): Promise<Turn> {
  const { terminal, draft, casts } = talk
  const complete = async (line: string): Promise<string[]> =>
    (await casts.paths(line, FIRST)).map(({ path }) => path).filter((path) => path.startsWith(line))
  terminal.say('  Name each file; Tab completes. "-2" takes the second out. An empty line goes on.')
  for (;;) {
    tellItems(talk)
    const turn = await talk.ask('Path: ', { complete })
    if (turn.kind !== 'answer') return turn
    // Blanks may be part of a name.
    const path = turn.text
    if (path.trim() === '') return turn
    const gone = /^-(\d+)$/.exec(path.trim())
    if (gone !== null) {
      if (draft.view.draft.answers.items[Number(gone[1]) - 1] === undefined) {
        terminal.say(`! there is no file ${gone[1]}`)
        continue
      }
      await draft.change(({ items }) => ({
        items: items.filter((_, index) => index !== Number(gone[1]) - 1),
      }))
      continue
    }
    const ended = await askItem(talk, path)
    if (ended.kind !== 'answer' && ended.kind !== 'back') return ended
  }
}

function tellItems({ terminal, draft: { view } }: Talk): void {
  for (const [index, { path, summary, change, unfit }] of view.draft.answers.items.entries()) {
    const edit = view.examination.edits[index]
    const how =
      change === null
        ? unfit === undefined
          ? 'an agent makes it'
          : `a ${unfit.kind} that is not in the cast`
        : edit === null || edit === undefined
          ? change.operation
          : `+${edit.plus} −${edit.minus}`
    terminal.say(`  ${index + 1}. ${path}: ${summary} (${how})`)
  }
}

/** Asks about one file; adds it, or answers anew for one that is there. */
async function askItem(talk: Talk, path: string): Promise<Turn> {
  const { terminal, draft, casts } = talk
  const summary = await talk.ask('  What is to happen to it: ')
  if (summary.kind !== 'answer') return summary
  for (;;) {
    const how = await talk.ask('  Who makes it? Enter: an agent · text FILE · patch FILE · delete: ')
    if (how.kind !== 'answer') return how
    const edit = readEdit(how.text.trim())
    if (typeof edit === 'string') {
      terminal.say(`! ${edit}`)
      continue
    }
    let made: Awaited<ReturnType<typeof casts.author>> | null = null
    if (edit !== null) {
      made = await casts.author(path, draft.view.draft.answers.base_commit, edit)
      if (made.change === null) {
        terminal.say(`! ${made.problem ?? 'it is no edit'}`)
        continue
      }
      for (const note of made.notes) terminal.say(`· ${note}`)
      terminal.say(`  +${made.plus} −${made.minus} · applies to ${made.base_commit.slice(0, 7)}`)
    }
    const item = { path, summary: summary.text.trim(), change: made?.change ?? null }
    const base = made?.base_commit
    const refused = await draft.change(({ items }) => ({
      items: [...items, item],
      ...(base === undefined ? {} : { base_commit: base }),
    }))
    if (refused !== null) {
      terminal.say(`! ${refused}`)
      return how
    }
    const index = draft.view.draft.answers.items.length - 1
    for (const { field, message } of draft.view.examination.findings)
      if (field.startsWith(`items[${index}]`)) terminal.say(`· ${message}`)
    return how
  }
}

/** What was typed as an edit: null for none, words where it is not one. */
function readEdit(text: string): CastEdit | null | string {
  if (text === '') return null
  if (text === 'delete') return { kind: 'delete' }
  const [, kind, file] = /^(text|patch)\s+(.+)$/.exec(text) ?? []
  if (file === undefined) return 'it takes "text FILE", "patch FILE", "delete", or nothing'
  try {
    const bytes = readFileSync(file)
    const read = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return kind === 'patch' ? { kind, patch: read } : { kind: 'text', text: read, executable: false }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return `${file} ${code === 'ENOENT' ? 'does not exist' : code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8' : `cannot be read (${code})`}`
  }
}
