/** Approvals of a cast on a terminal: recorded for exactly what it holds, shown with how they stand. */
import { CHANGED } from './draft.ts'
import type { Talk, Turn } from './repl.ts'

const WORDS = {
  recorded: 'recorded',
  void: 'void: content changed',
  claim: 'a claim of the file, which counts for nothing',
} as const

/** Asks for approvals until an empty line. */
export async function askApprovals(talk: Talk): Promise<Turn> {
  const { terminal, draft, casts } = talk
  terminal.say('  Whoever approves exactly this content; "-1" takes the first back. An empty line goes on.')
  for (;;) {
    const { approvals } = draft.view.draft.answers
    for (const [index, { approver, role }] of approvals.entries()) {
      const standing = draft.view.examination.approvals[index] ?? 'claim'
      terminal.say(`  ${index + 1}. ${approver}${role === undefined ? '' : ` (${role})`}: ${WORDS[standing]}`)
    }
    const name = await talk.ask(`Approved by (none; you are ${talk.operator}): `)
    if (name.kind !== 'answer' || name.text.trim() === '') return name
    const gone = /^-(\d+)$/.exec(name.text.trim())
    if (gone !== null) {
      const index = Number(gone[1]) - 1
      if (approvals[index] === undefined) terminal.say('! there is no such approval')
      else if (!(await draft.act((at) => casts.withdraw(at, index)))) terminal.say(CHANGED)
      continue
    }
    const role = await talk.ask('  Role (none): ')
    if (role.kind !== 'answer') return role
    const note = await talk.ask('  Note (none): ')
    if (note.kind !== 'answer') return note
    const said = (text: string): string | null => (text.trim() === '' ? null : text.trim())
    const given = { by: name.text.trim(), role: said(role.text), note: said(note.text) }
    // What was approved is what was shown; anything else has to be looked at first.
    if (!(await draft.act((at) => casts.approve(at, given)))) terminal.say(CHANGED)
  }
}
