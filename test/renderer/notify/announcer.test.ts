/** One tab speaks for all, knows whether somebody looks at any of them, and is followed by another when it goes. */
import { describe, expect, it } from 'vitest'
import { createAnnouncer, type Announcer } from '../../../renderer/notify/announcer.ts'
import { GATHER_MS } from '../../../renderer/notify/decide.ts'
import { silent } from '../../../renderer/notify/outside.ts'
import { openTabs } from '../../../renderer/notify/tabs.ts'
import type { InboxItem } from '../../../schemas/view.ts'
import { manualClock } from '../manual-clock.ts'

const item = (key: string): InboxItem => ({
  key,
  kind: 'failed',
  change_id: 1,
  task_id: key,
  request_id: null,
  agent: null,
  title: key,
  reason: '',
  code: null,
  since: 5,
})

interface Tab {
  announcer: Announcer
  told: string[]
  focused: boolean
  wanted: boolean
  quiets: number
}

/** Tabs of one browser: they have its locks (Node's are the same) and a clock in common. */
function openWindow(workspace: string) {
  const clock = manualClock()
  const all: Tab[] = []
  const open = (focused = false): Tab => {
    const tab: Tab = { told: [], focused, wanted: true, quiets: 0, announcer: null as never }
    tab.announcer = createAnnouncer({
      clock,
      outside: {
        ...silent,
        notify: ({ title }) => void tab.told.push(title),
        quiet: () => void (tab.quiets += 1),
      },
      tabs: openTabs(navigator.locks, workspace),
      workspace: 'shop',
      wanted: () => tab.wanted,
      focused: () => tab.focused,
    })
    all.push(tab)
    return tab
  }
  return {
    open,
    /** Everybody reads the same list; then what was gathered is told. */
    async hear(...keys: string[]) {
      await answered()
      for (const { announcer } of all) announcer.hear(keys.map(item))
      await clock.advance(GATHER_MS)
      await answered()
    },
    later: (ms: number) => clock.advance(ms),
    close: () => all.forEach(({ announcer }) => announcer.close()),
  }
}

/** What the locks were asked for before is answered before this. */
async function answered(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await navigator.locks.query()
}

describe('several tabs', () => {
  it('tell once', async () => {
    const window = openWindow('one')
    const [a, b] = [window.open(), window.open()]
    await window.hear()
    await window.hear('x')
    expect([a.told, b.told]).toEqual([['Failed: x'], []])
    window.close()
  })

  it('go on without the one that spoke, and repeat nothing of it', async () => {
    const window = openWindow('two')
    const [a, b] = [window.open(), window.open()]
    await window.hear()
    await window.hear('x')
    a.announcer.close()
    await window.later(20_000)
    await window.hear('x', 'y')
    expect([a.told, b.told]).toEqual([['Failed: x'], ['Failed: y']])
    window.close()
  })

  it('tell nothing while somebody looks at any of them', async () => {
    const window = openWindow('three')
    const [a, b] = [window.open(), window.open(true)]
    await window.hear()
    await window.hear('x')
    expect([a.told, b.told]).toEqual([[], []])
    b.focused = false
    b.announcer.looked()
    await window.later(20_000)
    await window.hear('x', 'y')
    expect([a.told, b.told]).toEqual([['Failed: y'], []])
    window.close()
  })

  it('of two workspaces do not speak for each other', async () => {
    const [one, two] = [openWindow('four'), openWindow('five')]
    const [a, b] = [one.open(true), two.open()]
    await one.hear()
    await two.hear()
    await one.hear('x')
    await two.hear('y')
    expect([a.told, b.told]).toEqual([[], ['Failed: y']])
    one.close()
    two.close()
  })
})

describe('one tab', () => {
  it('is quiet where the person does not want it, and takes back what it told once they come', async () => {
    const window = openWindow('six')
    const tab = window.open()
    await window.hear()
    tab.wanted = false
    await window.hear('x')
    expect(tab.told).toEqual([])
    tab.focused = true
    tab.announcer.looked()
    expect(tab.quiets).toBe(1)
    window.close()
  })

  it('speaks where the browser has no locks', async () => {
    const tabs = openTabs(undefined, 'seven')
    expect([tabs.speaks(), await tabs.someoneLooks()]).toEqual([true, false])
  })
})
