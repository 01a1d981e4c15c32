/** A request that was sent and not answered: told from another of its name by what it says. */
import { describe, expect, it } from 'vitest'
import { blankForm, checkForm, toTaskRequest } from '../../../renderer/views/requests/form.ts'
import { isSent, saysTheSame, sentWords } from '../../../renderer/views/requests/sent.ts'

const values = {
  ...blankForm('REQ-2'),
  summary: 'Greet',
  changes: [
    { path: 'b.ts', summary: 'say hello' },
    { path: 'a.ts', summary: 'say so' },
  ],
  checks: 'test',
}
const sent = toTaskRequest(values)

describe('what was sent', () => {
  it('is known again in whatever order its keys stand, and by nothing less than all it says', () => {
    const { request_id, requested_changes: changes, ...rest } = sent
    const asKept: unknown = {
      requested_changes: changes.map(({ path, summary }) => ({ summary, path })),
      request_id,
      ...rest,
    }
    expect(saysTheSame(asKept, sent)).toBe(true)
    const others: unknown[] = [
      { ...sent, summary: 'Greet!' },
      { ...sent, context: 'why' },
      { ...sent, requested_changes: changes.toReversed() },
      { ...sent, checks: undefined },
      { ...sent, checks: { 0: 'test' } },
      null,
    ]
    for (const other of others) expect([other, saysTheSame(other, sent)]).toEqual([other, false])
  })

  it('is taken back only from a record that is one', () => {
    expect(isSent(JSON.parse(JSON.stringify(sent)))).toBe(true)
    for (const value of [null, 'REQ-2', {}, { request_id: 'REQ-2' }, { ...sent, request_id: 2 }])
      expect(isSent(value)).toBe(false)
  })

  it('is not called wrong: it may have arrived, and its name is not taken by another', () => {
    expect(sentWords('REQ-2', true).message).toMatch(/may have arrived/)
    expect(sentWords('REQ-2', false).hint).toMatch(/under the same name/)
    const errorOf = (taken: string[], arrived: string | null): string | undefined =>
      checkForm(values, taken, arrived)['request_id']
    expect(errorOf(['REQ-2'], 'REQ-2')).toMatch(/^It arrived as it was sent/)
    expect(errorOf(['REQ-2'], 'REQ-1')).toMatch(/^Another request/)
    expect(errorOf(['REQ-1'], 'REQ-1')).toBeUndefined()
  })
})
