import { describe, expect, it } from 'vitest'
import type { MenuItemConstructorOptions } from 'electron'
import { parseArguments } from '../../main/shell/arguments.ts'
import { isPlace, parseLink } from '../../main/shell/deep-links.ts'
import { menuTemplate } from '../../main/shell/menu.ts'
import { fitBounds } from '../../main/shell/window-state.ts'

describe('links', () => {
  it.each([
    ['hyperion://request/REQ-142', '/request/REQ-142'],
    ['hyperion://request/REQ-1.2_b', '/request/REQ-1.2_b'],
    ['hyperion://change/87', '/change/87'],
    ['hyperion://change/87/', '/change/87'],
    ['HYPERION://Change/87', '/change/87'],
  ])('%s leads to %s', (link, path) => expect(parseLink(link)).toBe(path))

  it.each([
    'hyperion://change/0',
    'hyperion://change/-1',
    'hyperion://change/1e3',
    'hyperion://change/9999999999999999',
    'hyperion://change/87?x=1',
    'hyperion://change/87#x',
    'hyperion://change/87/../../settings',
    'hyperion://change/%38',
    'hyperion://request/..',
    'hyperion://request/.hidden',
    'hyperion://request/-x',
    'hyperion://request/a%2Fb',
    'hyperion://request/a\nb',
    'hyperion://request/a\u202eb',
    'hyperion://request/<b>',
    `hyperion://request/${'a'.repeat(201)}`,
    'hyperion://user@request/a',
    'hyperion://request:80/a',
    'hyperion://settings/a',
    'hyperion:request/a',
    'hyperion:///request/a',
    ' hyperion://change/1',
    'https://change/1',
    'javascript:alert(1)',
    '',
  ])('%j is refused', (link) => expect(parseLink(link)).toBeNull())
})

describe('arguments', () => {
  const cwd = '/srv/someone'
  it.each([
    [[], null, null, false],
    [['--workspace', 'repo'], '/srv/someone/repo', null, false],
    [['--workspace=/srv/repo'], '/srv/repo', null, false],
    [['../repo'], '/srv/repo', null, false],
    [['--no-sandbox', '--inspect=0', 'repo'], '/srv/someone/repo', null, false],
    [['hyperion://change/87'], null, '/change/87', false],
    [['--workspace', 'repo', 'hyperion://change/87'], '/srv/someone/repo', '/change/87', false],
    // What follows a link was smuggled in with it.
    [['hyperion://change/87', '--workspace', '/evil'], null, '/change/87', false],
    [['hyperion://evil', '/evil'], null, null, true],
    [['--workspace'], null, null, true],
    [['--workspace', 'a\0b'], null, null, true],
    [['a'.repeat(5000)], null, null, true],
  ])('%j', (args, folder, path, refused) => {
    expect(parseArguments(args, cwd)).toEqual({ folder, db: null, cast: null, path, refused })
  })

  it.each([
    [['taskjson/REQ-1.json'], null, '/srv/someone/taskjson/REQ-1.json'],
    [['/tmp/A.HYPERION-CAST'], null, '/tmp/A.HYPERION-CAST'],
    [['--workspace', 'x.json', 'a.json'], '/srv/someone/x.json', '/srv/someone/a.json'],
    [['hyperion://change/87', 'a.json'], null, null],
    [['notes.txt'], '/srv/someone/notes.txt', null],
  ])('%j names the folder %s and the cast %s', (args, folder, cast) => {
    expect(parseArguments(args, cwd)).toMatchObject({ folder, cast, refused: false })
  })

  it.each([
    [['--workspace', 'repo', '--db', 'q.db'], '/srv/someone/q.db', false],
    [['--db=/srv/q.db', 'repo'], '/srv/q.db', false],
    [['repo', '--db'], null, true],
    [['repo', '--db', ''], null, true],
    [['hyperion://change/87', '--db', '/evil.db'], null, false],
  ])('%j names the queue %s', (args, db, refused) => {
    expect(parseArguments(args, cwd)).toMatchObject({ db, refused })
  })
})

describe('places of the page', () => {
  it.each(['/inbox', '/inbox?item=held-12', '/change/87', '/'])('%s is one', (path) =>
    expect(isPlace(path)).toBe(true),
  )
  it.each([
    '',
    'inbox',
    '//evil',
    '/\\evil',
    '/a?b',
    '/inbox?item=',
    '/inbox?item=a&b',
    '/inbox?item=%2e',
    '/a#b',
  ])('%j is none', (path) => expect(isPlace(path)).toBe(false))
})

describe('the place of a window', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1040 }
  const second = { x: 1920, y: 0, width: 1280, height: 720 }
  const place = (x: number, y: number, width = 1000, height = 600) => ({
    x,
    y,
    width,
    height,
    maximized: false,
  })

  it('is kept where it can be seen, on any display', () => {
    expect(fitBounds(place(100, 50), [screen])).toEqual({ x: 100, y: 50, width: 1000, height: 600 })
    expect(fitBounds(place(2000, 20), [screen, second])).toEqual({ x: 2000, y: 20, width: 1000, height: 600 })
  })

  it('comes back to the primary display from one that is gone', () => {
    expect(fitBounds(place(2000, 20), [screen])).toEqual({ x: 460, y: 220, width: 1000, height: 600 })
  })

  it('comes back when its bar cannot be grasped', () => {
    expect(fitBounds(place(100, -300), [screen]).y).toBeGreaterThanOrEqual(0)
    expect(fitBounds(place(1850, 50), [screen]).x).toBeLessThan(1850)
  })

  it('is never larger than its display and never too small to use', () => {
    expect(fitBounds(place(2000, 0, 5000, 5000), [screen, second])).toMatchObject({
      width: 1280,
      height: 720,
    })
    expect(fitBounds(place(0, 0, 10, 10), [screen])).toMatchObject({ width: 800, height: 560 })
  })

  it('is in the middle where nothing is remembered', () => {
    expect(fitBounds(null, [screen])).toEqual({ x: 240, y: 60, width: 1440, height: 920 })
  })
})

describe('the menu', () => {
  const acts = { newWindow() {}, openRepository() {}, go() {}, checkForUpdates: null, installCommand: null }
  const itemsOf = (items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? itemsOf(item.submenu) : [])])
  const templateOf = (platform: NodeJS.Platform, devTools = false) =>
    menuTemplate({ platform, devTools }, acts)
  const keyOf = (platform: NodeJS.Platform, wanted: string): string | undefined =>
    itemsOf(templateOf(platform)).find(({ role, label }) => (role ?? label) === wanted)?.accelerator as
      string | undefined

  it.each(['darwin', 'win32', 'linux'] as const)('has each key once on %s', (platform) => {
    const keys = itemsOf(templateOf(platform)).flatMap(({ accelerator }) => accelerator ?? [])
    const plain = keys.map((key) => String(key).replace('CmdOrCtrl', platform === 'darwin' ? 'Cmd' : 'Ctrl'))
    expect(new Set(plain).size).toBe(plain.length)
    expect(plain.length).toBeGreaterThan(12)
    // The palette and the reviewer's keys are the page's.
    for (const key of ['Cmd+K', 'Ctrl+K', 'Ctrl+Enter']) expect(plain).not.toContain(key)
  })

  it('has the keys each platform expects', () => {
    expect(keyOf('win32', 'redo')).toBe('Ctrl+Y')
    expect(keyOf('linux', 'redo')).toBe('Shift+CmdOrCtrl+Z')
    expect(keyOf('linux', 'quit')).toBe('Ctrl+Q')
    expect(keyOf('win32', 'quit')).toBeUndefined()
    expect(keyOf('darwin', 'togglefullscreen')).toBe('Ctrl+Cmd+F')
    expect(keyOf('linux', 'togglefullscreen')).toBe('F11')
    expect(keyOf('darwin', 'Settings…')).toBe('CmdOrCtrl+,')
    expect(keyOf('linux', 'Settings')).toBe('CmdOrCtrl+,')
  })

  it('has the menu of the application on macOS alone, with quit and settings in it', () => {
    const rolesOf = (platform: NodeJS.Platform) =>
      itemsOf(templateOf(platform).slice(0, 1)).map(({ role }) => role)
    expect(rolesOf('darwin')).toEqual(expect.arrayContaining(['about', 'hide', 'quit']))
    expect(rolesOf('linux')).not.toContain('about')
    expect(templateOf('darwin').map(({ label, role }) => role ?? label)).toEqual([
      'Hyperion',
      'File',
      'Edit',
      'View',
      'Go',
      'windowMenu',
    ])
    expect(templateOf('win32').map(({ label, role }) => role ?? label)).toEqual([
      '&File',
      '&Edit',
      '&View',
      '&Go',
      '&Window',
      'help',
    ])
  })

  it('has tools for developers only where asked for', () => {
    const has = (devTools: boolean): boolean =>
      itemsOf(templateOf('linux', devTools)).some(({ role }) => role === 'toggleDevTools')
    expect([has(true), has(false)]).toEqual([true, false])
  })
})
