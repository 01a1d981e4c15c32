/** Choosing by keys from what is offered for a text: a key that is faster than the offers counts once they have come. */

export interface Offer {
  value: string
  /** What a person should know before taking it. */
  note?: string
}

type Step = 'down' | 'up'
export type Key = Step | 'enter' | 'escape'

export interface Choosing {
  open: boolean
  /** What was offered last, and for which text; null while that has to be asked for once more. */
  offers: { to: string | null; list: readonly Offer[] }
  /** Of what is shown; -1 for none. */
  active: number
  /** Steps that were pressed before there was anything to step to. */
  ahead: readonly Step[]
  /** The one that those lead to is to be taken as soon as it is known. */
  taking: boolean
}

export const CLOSED: Choosing = {
  open: false,
  offers: { to: null, list: [] },
  active: -1,
  ahead: [],
  taking: false,
}

/** Whether what is offered was asked for with another text than what stands there now. */
export const isBehind = ({ offers }: Choosing, text: string): boolean => offers.to !== text

/** What can be pointed at: nothing of what stands there already. */
export const shownOf = ({ open, offers }: Choosing, text: string): readonly Offer[] =>
  open ? offers.list.filter(({ value }) => value !== text) : []

export const closed = ({ offers }: Choosing): Choosing => ({ ...CLOSED, offers })

/** Offers are looked for; what was chosen of others does not count any more. */
export const opened = ({ offers }: Choosing): Choosing => ({
  ...CLOSED,
  open: true,
  offers: { ...offers, to: null },
})

/** The keyboard is elsewhere; what was to be taken is taken all the same. */
export const left = (of: Choosing): Choosing => (of.taking ? { ...of, open: false } : closed(of))

function stepped(active: number, step: Step, count: number): number {
  if (count === 0) return -1
  return step === 'down' ? (active + 1) % count : active <= 0 ? count - 1 : active - 1
}

export interface Chosen {
  next: Choosing
  /** What is taken by it. */
  take: Offer | null
}

/** Null where the key means nothing here. */
export function pressed(of: Choosing, text: string, key: Key): Chosen | null {
  const stay = (next: Choosing): Chosen => ({ next, take: null })
  const isWaiting = !of.open || isBehind(of, text)
  const shown = shownOf(of, text)
  switch (key) {
    case 'down':
    case 'up':
      if (!of.open) return stay({ ...opened(of), ahead: [key] })
      if (isWaiting) return stay({ ...of, active: -1, ahead: [...of.ahead, key], taking: false })
      return stay({ ...of, active: stepped(of.active, key, shown.length) })
    case 'enter': {
      if (of.open && isWaiting && of.ahead.length > 0) return stay({ ...of, taking: true })
      const take = isWaiting ? undefined : shown[of.active]
      return take === undefined ? null : { next: closed(of), take }
    }
    case 'escape':
      return shown.length > 0 || of.ahead.length > 0 ? stay(closed(of)) : null
  }
}

/** The offers for a text have come. */
export function arrived(of: Choosing, to: string, list: readonly Offer[]): Chosen {
  const now: Choosing = { ...of, offers: { to, list }, ahead: [], taking: false }
  const shown = shownOf({ ...now, open: true }, to)
  const active = of.ahead.reduce((at, step) => stepped(at, step, shown.length), -1)
  if (!of.taking) return { next: { ...now, active }, take: null }
  // Where there is none to take, it stands as it was typed.
  return { next: closed(now), take: shown[active] ?? null }
}
