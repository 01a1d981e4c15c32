/** A review in one window and in two: what is kept when, what the other hears, and what stands after the target moved. */
import { afterEach, describe, expect, test } from 'vitest'
import { placing, type PlainChoice } from '../../../renderer/merge/result.ts'
import { stringDoc } from '../../../renderer/review/doc.ts'
import { openSession, SAVE_MS, type FileState, type Session } from '../../../renderer/review/session.ts'
import { manualClock } from '../manual-clock.ts'
import { standInEngine, type Sides, type StandIn } from './stand-in-engine.ts'

const three = (...words: string[]): string => words.map((word, at) => `${word}\nbetween ${at}\n`).join('')
const SIDES: Sides = {
  base: three('b0', 'b1', 'b2'),
  ours: three('c0', 'c1', 'c2'),
  theirs: three('i0', 'i1', 'i2'),
}

const clock = manualClock()
const sessions: Session[] = []
afterEach(() => {
  for (const session of sessions.splice(0)) session.close()
})

/** Lets everything that is under way come to rest; nothing here waits for time. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}

async function opened(engine: StandIn, tab = 'one'): Promise<Session> {
  const session = openSession({ api: engine.api, clock, id: 2, tab, makeDoc: stringDoc, offered: () => [] })
  sessions.push(session)
  await session.open()
  await rest()
  return session
}

const fileOf = (session: Session, path = 'a.txt'): FileState => {
  const found = session.store.getState().files.find((one) => one.path === path)
  if (found === undefined) throw new Error(`no ${path}`)
  return found
}
const choicesIn = (session: Session): readonly string[] => fileOf(session).choices
const textIn = (session: Session): string => fileOf(session).file?.doc()?.text() ?? ''

function choose(session: Session, index: number, choice: PlainChoice): void {
  const { file } = fileOf(session)
  const doc = file?.doc() ?? null
  const span = doc?.spans()[index]
  const conflict = file?.merged?.merge.conflicts[index]
  if (doc === null || span === undefined || conflict === undefined) throw new Error(`no conflict ${index}`)
  doc.edit([placing(span, conflict.texts[choice])])
}

/** Holds the engine's answers back until what it returns is called. */
function held(engine: StandIn): () => void {
  let open = (): void => undefined
  engine.gate = new Promise((resolve) => {
    open = resolve
  })
  return () => open()
}

async function twoWindows(): Promise<{ engine: StandIn; one: Session; two: Session }> {
  const engine = standInEngine({ 'a.txt': SIDES })
  return { engine, one: await opened(engine), two: await opened(engine, 'two') }
}

async function saved(): Promise<void> {
  await clock.advance(SAVE_MS)
  await rest()
}

describe('one window', () => {
  test('keeps what was decided soon after the first key, also where keys go on without a pause', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    choose(session, 0, 'current')
    await clock.advance(SAVE_MS - 100)
    choose(session, 1, 'incoming')
    await rest()
    expect(engine.draft('a.txt')).toBeNull()
    await clock.advance(100)
    await rest()
    expect(engine.draft('a.txt')).toMatchObject({
      choices: ['current', 'incoming', 'open'],
      tab: 'one',
      revision: 1,
    })
    expect(fileOf(session).saved).toBe('saved')
  })

  test('one that is opened again goes on where it was', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    choose(session, 2, 'both')
    await saved()
    session.close()
    const again = await opened(engine, 'two')
    expect(choicesIn(again)).toEqual(['open', 'open', 'both'])
    expect(fileOf(again).file?.doc()?.spans()).toHaveLength(3)
  })

  test('what cannot be kept is tried again until it is, and says so meanwhile', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    engine.broken = true
    choose(session, 0, 'current')
    await saved()
    expect(fileOf(session).saved).toBe('failed')
    engine.broken = false
    await clock.advance(10_000)
    await rest()
    expect([fileOf(session).saved, engine.draft('a.txt')?.choices[0]]).toEqual(['saved', 'current'])
  })

  test('what was typed last is sent when it closes', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    choose(session, 0, 'current')
    session.close()
    await rest()
    expect(engine.draft('a.txt')?.choices).toEqual(['current', 'open', 'open'])
  })

  test('says what is in the way of a requeue, and what would be sent once nothing is', async () => {
    const engine = standInEngine({
      'a.txt': {
        ...SIDES,
        ours: SIDES.ours?.replaceAll('\n', '\r\n') ?? '',
        base: SIDES.base?.replaceAll('\n', '\r\n') ?? '',
        theirs: SIDES.theirs?.replaceAll('\n', '\r\n') ?? '',
      },
    })
    const session = await opened(engine)
    expect(session.blockers()).toEqual(['a.txt: 3 conflicts are open'])
    for (const at of [0, 1, 2]) choose(session, at, 'incoming')
    expect(session.blockers()).toEqual([])
    expect(session.decisions()).toMatchObject([
      {
        path: 'a.txt',
        how: 'from',
        sides_key: 'a.txt 1',
        content: SIDES.theirs?.replaceAll('\n', '\r\n'),
        chunks: [{ choice: 'incoming', text: 'i0\n' }, {}, {}],
      },
    ])
    fileOf(session).file?.setPick('delete')
    expect(session.decisions()).toEqual([
      { path: 'a.txt', how: 'delete', content: null, sides_key: 'a.txt 1' },
    ])
  })

  test('the only text of a deleted file counts once it was begun, and not after it was left', async () => {
    const engine = standInEngine({ 'a.txt': { base: 'a\n', ours: null, theirs: 'b\n' } }, 'delete_modify')
    const session = await opened(engine)
    expect(session.blockers()).toEqual(['a.txt: nothing is decided'])
    fileOf(session)
      .file?.begin()
      ?.edit([{ from: 0, to: 1, text: 'typed' }])
    expect(session.decisions()).toMatchObject([{ how: 'from', content: 'typed\n' }])
    fileOf(session).file?.leave()
    expect(session.blockers()).toEqual(['a.txt: nothing is decided'])
    expect(fileOf(session).file?.begin()?.text()).toBe('typed\n')
  })
})

describe('two windows', () => {
  test('the second has the first’s decision as soon as it is kept', async () => {
    const { one, two } = await twoWindows()
    choose(one, 1, 'incoming')
    await saved()
    expect(choicesIn(two)).toEqual(['open', 'incoming', 'open'])
  })

  test('both at once: both have both, and what was decided in two ways stands in each as it was kept first', async () => {
    const { engine, one, two } = await twoWindows()
    choose(one, 0, 'current')
    choose(two, 1, 'incoming')
    choose(one, 2, 'current')
    choose(two, 2, 'incoming')
    await saved()
    await saved()
    await saved()
    expect(textIn(one)).toBe(textIn(two))
    expect(choicesIn(one).slice(0, 2)).toEqual(['current', 'incoming'])
    expect(engine.draft('a.txt')?.text).toBe(textIn(one))
    // The one whose decision does not stand is told, with the text.
    const told = [...one.store.getState().remarks, ...two.store.getState().remarks]
    expect(told.map(({ text }) => text)).toEqual([
      expect.stringContaining('decided conflict 3 of a.txt in another way'),
    ])
  })

  test('an undo in one window takes back what it did, with the other’s decision in between', async () => {
    const { one, two } = await twoWindows()
    choose(one, 0, 'current')
    await saved()
    choose(two, 1, 'incoming')
    await saved()
    fileOf(one).file?.doc()?.undo()
    await saved()
    await saved()
    expect(textIn(one)).toBe(textIn(two))
    expect(choicesIn(two)[0]).toBe(choicesIn(one)[0])
  })

  test('an answer that is on its way meanwhile does not bring back what was there before it', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    const open = held(engine)
    choose(session, 0, 'current')
    await clock.advance(SAVE_MS)
    await rest()
    choose(session, 1, 'current')
    open()
    await rest()
    expect(choicesIn(session)).toEqual(['current', 'current', 'open'])
    await saved()
    expect(engine.draft('a.txt')?.choices).toEqual(['current', 'current', 'open'])
  })
})

describe('the target moves', () => {
  const MOVED: Sides = { ...SIDES, ours: three('c0', 'other', 'c2') }

  test('decisions about what is as it was are kept, and it says how many', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    for (const at of [0, 1, 2]) choose(session, at, 'incoming')
    await saved()
    engine.move('a.txt', MOVED, 'REQ-150')
    await rest()
    expect(choicesIn(session)).toEqual(['incoming', 'open', 'incoming'])
    const [first, second] = session.store.getState().remarks
    expect(first?.text).toBe('main moved (REQ-150): 2 of 3 decisions kept in a.txt.')
    expect(second?.kept).toBe('i1\n')
    await saved()
    expect(engine.draft('a.txt')).toMatchObject({
      sides_key: 'a.txt 2',
      choices: ['incoming', 'open', 'incoming'],
    })
  })

  test('what nobody had kept yet is carried over as well', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    choose(session, 0, 'base')
    engine.move('a.txt', MOVED)
    await rest()
    expect(choicesIn(session)).toEqual(['base', 'open', 'open'])
  })

  test('a window that is opened afterwards carries the draft over by itself', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    for (const at of [0, 1, 2]) choose(session, at, 'incoming')
    await saved()
    session.close()
    engine.move('a.txt', MOVED)
    const later = await opened(engine, 'two')
    expect(choicesIn(later)).toEqual(['incoming', 'open', 'incoming'])
  })

  test('two windows, one draft: both end with the same', async () => {
    const { engine, one, two } = await twoWindows()
    choose(one, 0, 'current')
    await saved()
    choose(two, 2, 'incoming')
    engine.move('a.txt', MOVED)
    await rest()
    for (const _ of [1, 2, 3, 4]) await saved()
    expect(textIn(one)).toBe(textIn(two))
    expect(choicesIn(one)).toEqual(['current', 'open', 'incoming'])
  })

  test('a path that fits again leaves the list and says so', async () => {
    const engine = standInEngine({ 'a.txt': SIDES, 'b.txt': SIDES })
    const session = await opened(engine)
    engine.move('b.txt', null)
    await rest()
    expect(session.store.getState().files.map(({ path }) => path)).toEqual(['a.txt'])
    expect(session.store.getState().remarks.at(-1)?.text).toBe(
      'b.txt fits again as it is: nothing is left to decide there.',
    )
  })

  test('a whole side that was picked has to be picked again', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    fileOf(session).file?.setPick('ours')
    await saved()
    engine.move('a.txt', MOVED)
    await rest()
    expect(session.blockers()).toEqual(['a.txt: 3 conflicts are open'])
    expect(session.store.getState().remarks.at(-1)?.text).toContain('decide again')
  })

  test('a change that was tried again and comes back on other sides is read anew', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    choose(session, 0, 'current')
    await saved()
    engine.status('pending')
    await rest()
    expect(session.blockers()).toEqual(['The change is pending by now'])
    engine.move('a.txt', MOVED)
    await engine.api.conflicts.refresh({ id: 2 })
    engine.status('conflict')
    await rest()
    expect(choicesIn(session)).toEqual(['current', 'open', 'open'])
    expect(fileOf(session).file?.sidesKey).toBe('a.txt 2')
  })

  const kept = (session: Session): (string | null)[] =>
    session.store.getState().remarks.flatMap((one) => (one.kept === null ? [] : [one.kept]))

  test('where the file is deleted, given another name or fits again, what it had come to is handed back', async () => {
    for (const how of ['deleted', 'renamed', 'fits'] as const) {
      const engine = standInEngine({ 'a.txt': SIDES })
      const session = await opened(engine)
      choose(session, 0, 'both')
      await saved()
      const text = textIn(session)
      if (how === 'deleted') engine.kinds.set('a.txt', 'delete_modify')
      engine.move('a.txt', how === 'deleted' ? { ...SIDES, ours: null } : null)
      if (how === 'renamed') {
        engine.renamed.set('b.txt', 'a.txt')
        engine.move('b.txt', SIDES)
      }
      await rest()
      expect([how, kept(session)]).toEqual([how, [text]])
      const said = session.store
        .getState()
        .remarks.map((one) => one.text)
        .join(' ')
      expect(said).toMatch(
        { deleted: /decided anew/, renamed: /is named b\.txt by now/, fits: /fits again/ }[how],
      )
      // What is stored is no less than it was.
      expect(engine.draft('a.txt')?.text).toBe(text)
    }
  })

  test('the only text, edited, is handed back where the target has the file again', async () => {
    const engine = standInEngine({ 'a.txt': { base: 'a\n', ours: null, theirs: 'b\n' } }, 'delete_modify')
    const session = await opened(engine)
    fileOf(session)
      .file?.begin()
      ?.edit([{ from: 0, to: 1, text: 'typed' }])
    await saved()
    engine.kinds.set('a.txt', 'content')
    engine.move('a.txt', { base: 'a\n', ours: 'c\n', theirs: 'b\n' })
    await rest()
    expect(kept(session)).toEqual(['typed\n'])
    expect(choicesIn(session)).toEqual(['open'])
  })

  test('a target that moves without touching this change, or goes, is heard of', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    for (const at of [0, 1, 2]) choose(session, at, 'current')
    engine.tip = 'b'.repeat(40)
    engine.notify()
    await rest()
    expect(session.store.getState().review?.tip).toBe('b'.repeat(40))
    expect(session.blockers()).toEqual([])
    engine.tip = null
    engine.notify()
    await rest()
    expect(session.blockers()).toEqual(['the target is gone'])
  })
})

describe('leaving', () => {
  test('while the engine is away loses nothing: it is stored once that is back', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    engine.broken = true
    choose(session, 0, 'current')
    await saved()
    session.close()
    await rest()
    expect(engine.draft('a.txt')).toBeNull()
    engine.broken = false
    await clock.advance(10_000)
    await rest()
    expect(engine.draft('a.txt')?.choices).toEqual(['current', 'open', 'open'])
  })

  test('while a draft is on its way sends what came after it as well', async () => {
    const engine = standInEngine({ 'a.txt': SIDES })
    const session = await opened(engine)
    const open = held(engine)
    choose(session, 0, 'current')
    await clock.advance(SAVE_MS)
    choose(session, 1, 'incoming')
    session.close()
    open()
    await rest()
    expect(engine.draft('a.txt')?.choices).toEqual(['current', 'incoming', 'open'])
  })

  test('behind another window brings both together', async () => {
    const { engine, one, two } = await twoWindows()
    choose(one, 0, 'current')
    choose(two, 1, 'incoming')
    two.close()
    one.close()
    await rest()
    const again = await opened(engine, 'three')
    expect(choicesIn(again)).toEqual(['current', 'incoming', 'open'])
  })
})
