/** What the parts of the builder share: the draft, its questions, which findings are shown, where one is. */
import { createContext, use } from 'react'
import { useStore as useZustand } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CastExamination, CastFinding, CastGuide, CastStep } from '../../../schemas/cast-draft.ts'
import type { CastSession } from '../../cast/session.ts'
import { useCastState } from '../../cast/use-cast.ts'
import type { Work } from '../../cast/work.ts'

export const STEP_IDS: readonly CastStep[] = ['intent', 'files', 'anchors', 'approvals', 'review']

export interface BuilderUi {
  /** Fields that were left once: what is wrong with them is said. */
  touched: ReadonlySet<string>
  /** Steps of which all that is wrong is said. */
  tried: ReadonlySet<CastStep>
  /** Items that were just added: of what nobody came to yet nothing is said. */
  fresh: ReadonlySet<string>
  /** The item that is open, by its key. */
  open: string | null
  /** Where the keyboard is to go; `turn` grows with each wish. */
  focus: { field: string; turn: number } | null
  /** The field that has the keyboard. */
  here: string | null
}

/** What appears while a button of the pointer is down would move away from it what is being pressed. */
export interface Press {
  /** Runs at once, or once the pointer was let go. */
  after(run: () => void): void
  dispose(): void
}

export function watchPress(): Press {
  let down = false
  const waiting: (() => void)[] = []
  const press = (): void => void (down = true)
  const release = (): void => {
    down = false
    // Behind the click that comes of it.
    requestAnimationFrame(() => {
      for (const run of waiting.splice(0)) run()
    })
  }
  window.addEventListener('pointerdown', press, true)
  window.addEventListener('pointerup', release, true)
  window.addEventListener('pointercancel', release, true)
  return {
    after(run) {
      if (down) waiting.push(run)
      else run()
    },
    dispose() {
      window.removeEventListener('pointerdown', press, true)
      window.removeEventListener('pointerup', release, true)
      window.removeEventListener('pointercancel', release, true)
    },
  }
}

export interface Builder {
  session: CastSession
  guide: CastGuide
  ui: StoreApi<BuilderUi>
  press: Press
  go(step: CastStep): void
  /** Goes to a field, whichever step it is asked in. */
  jump(field: string): void
}

export const BuilderContext = createContext<Builder | null>(null)

export function useBuilder(): Builder {
  const builder = use(BuilderContext)
  if (builder === null) throw new Error('A part of the builder stands outside BuilderContext')
  return builder
}

export const createUi = (tried: readonly CastStep[]): StoreApi<BuilderUi> =>
  createStore(() => ({
    touched: new Set(),
    tried: new Set(tried),
    fresh: new Set(),
    open: null,
    focus: null,
    here: null,
  }))

export const useUi = <T>(pick: (ui: BuilderUi) => T): T => useZustand(useBuilder().ui, pick)

/** Inside the builder there always is something to work on. */
export const useWork = <T>(pick: (work: Work) => T): T =>
  useCastState(useBuilder().session, ({ work }) => {
    if (work === null) throw new Error('The builder is shown before its draft was read')
    return pick(work)
  })

export const useExamination = <T>(pick: (examination: CastExamination | null) => T): T =>
  useCastState(useBuilder().session, ({ examination }) => pick(examination))

/** "items[3]" of "items[3].change.patch", "summary" of "summary". */
export const rootOf = (field: string): string => /^items\[\d+\]|^\w+/.exec(field)?.[0] ?? field

const NONE: readonly CastFinding[] = []
const byRoot = new WeakMap<CastExamination, Map<string, CastFinding[]>>()

/** What is found at a field or item, the same list for the same examination. */
export function findingsAt(examination: CastExamination | null, root: string): readonly CastFinding[] {
  if (examination === null) return NONE
  let map = byRoot.get(examination)
  if (map === undefined) {
    map = new Map()
    for (const finding of examination.findings) {
      const at = rootOf(finding.field)
      const list = map.get(at)
      if (list === undefined) map.set(at, [finding])
      else list.push(finding)
    }
    byRoot.set(examination, map)
  }
  return map.get(root) ?? NONE
}

const PARTS: Readonly<Record<string, string>> = {
  path: 'the path of',
  summary: 'what is to happen to',
  change: 'the edit of',
}

/** Items are called by the number that stands before them. */
export const spoken = (text: string): string =>
  text.replace(/\bitems\[(\d+)\](?:\.(\w+)(?:[.[][\w.[\]]*)?)?/g, (_, index: string, part?: string) => {
    const file = `file ${Number(index) + 1}`
    const of = part === undefined ? undefined : PARTS[part]
    return of === undefined ? file : `${of} ${file}`
  })

/** What stands at a field needs no name of it. */
const said = (errors: readonly CastFinding[], field: string): string =>
  [...new Set(errors.map(({ message }) => message))]
    .map((message) =>
      message.startsWith(`${field} `) ? `This${message.slice(field.length)}` : spoken(message),
    )
    .join('; ')

/** A field of an item is known by the item's key: its number is another one as soon as one before it goes. */
const tokenOf = (field: string, item: string | null): string =>
  item === null ? field : field.replace(/^items\[\d+\]/, item)

const isAt = (finding: CastFinding, field: string): boolean =>
  finding.field === field || finding.field.startsWith(`${field}.`) || finding.field.startsWith(`${field}[`)

export interface FieldSays {
  error: string | undefined
  warnings: readonly string[]
}

/** What is said at a field: errors once it was left or its step was tried, what is worth knowing at once. */
export function useSays(field: string, step: CastStep, item: string | null = null): FieldSays {
  const found = useExamination((examination) => findingsAt(examination, rootOf(field)))
  const shown = useUi(
    ({ touched, tried, fresh }) =>
      touched.has(tokenOf(field, item)) || (tried.has(step) && (item === null || !fresh.has(item))),
  )
  const mine = found.filter((one) => isAt(one, field))
  const errors = mine.filter(({ level }) => level === 'error')
  return {
    error: shown && errors.length > 0 ? said(errors, field) : undefined,
    warnings: [
      ...new Set(mine.filter(({ level }) => level === 'warning').map(({ message }) => spoken(message))),
    ],
  }
}

export function touch({ ui, press }: Builder, field: string, item: string | null = null): void {
  const token = tokenOf(field, item)
  press.after(() =>
    ui.setState(({ touched }) => (touched.has(token) ? {} : { touched: new Set([...touched, token]) })),
  )
}

export function tryStep({ ui }: Pick<Builder, 'ui'>, step: CastStep): void {
  ui.setState(({ tried, fresh }) => ({
    tried: tried.has(step) ? tried : new Set([...tried, step]),
    fresh: step === 'files' ? new Set() : fresh,
  }))
}

/** What a field needs to be found again, and to say when it was left. */
export function placed(builder: Builder, field: string, item: string | null = null) {
  return {
    'data-field': field,
    onFocus: () => builder.ui.setState({ here: field }),
    onBlur: () => touch(builder, field, item),
  }
}

/** Puts the keyboard into the field, or into what it is a part of. */
export function focusField(root: HTMLElement, field: string): void {
  for (let at = field; at !== ''; at = at.replace(/(?:\.?\w+|\[\d+\])$/, '')) {
    const found = root.querySelector<HTMLElement>(`[data-field="${CSS.escape(at)}"]`)
    if (found === null) continue
    found.scrollIntoView({ block: 'center' })
    found.focus()
    return
  }
  root.querySelector<HTMLElement>('h2')?.focus()
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  count === 1 ? `1 ${one}` : `${count.toLocaleString('en')} ${many}`
