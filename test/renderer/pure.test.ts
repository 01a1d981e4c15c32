/** The renderer's pure rules: paths, inert text, keys, the palette's order, layout, sparkline, checks, times. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePath, pathOf } from '../../renderer/router.ts'
import { chordOf, match, normalKeys } from '../../renderer/shell/keys.ts'
import { fits, groupsOf, jumpsOf } from '../../renderer/shell/palette.tsx'
import { crumbsOf } from '../../renderer/shell/top-bar.tsx'
import type { Command } from '../../renderer/state/commands.ts'
import { joinLogs } from '../../renderer/state/log-tail.ts'
import { clipText, inertLine, inertText } from '../../renderer/ui/inert.ts'
import { sparkPath } from '../../renderer/ui/sparkline.tsx'
import { spell, spellMs } from '../../renderer/ui/time.tsx'
import { columnHeight, defaultLayout, layoutFrom, LEFT, sizesOf } from '../../renderer/views/home/layout.ts'
import { checksOf, wrongWith } from '../../renderer/views/onboarding/checks.ts'
import { log } from './stand-in-client.ts'

describe('paths', () => {
  it('lead to a view and back', () => {
    for (const path of ['/home', '/cast-builder', '/request/REQ-1', '/change/87', '/file']) {
      expect(pathOf(parsePath(path))).toBe(path)
    }
    expect(parsePath('/')).toEqual({ view: 'home' })
    expect(parsePath('/queue/')).toEqual({ view: 'queue' })
  })

  it('lead nowhere where they name nothing', () => {
    for (const path of [
      '/nothing',
      '/change/0',
      '/change/1e3',
      '/change/9999999999999999',
      '/request/..',
      '/request/a/b',
      '/home/x',
    ]) {
      expect(parsePath(path), path).toEqual({ view: 'nowhere', path })
    }
  })

  it('name request, task and change on the way', () => {
    const labels = crumbsOf({ view: 'change', id: 87 }, { request_id: 'REQ-142', task_id: 'REQ-142-3' })
    expect(labels.map(({ label }) => label)).toEqual(['REQ-142', 'REQ-142-3', 'change 87'])
    expect(crumbsOf({ view: 'change', id: 87 }, undefined).map(({ label }) => label)).toEqual([
      'Queue',
      'change 87',
    ])
  })
})

describe('inert text', () => {
  it('spells out what would steer, hide or reorder', () => {
    expect(inertText('a\u001b[31mb\u202ec\u200bd\r\ne\rf')).toBe('a\\x1b[31mb\\u{202e}c\\u{200b}d\ne\\rf')
    expect(inertLine('a\nb\tc')).toBe('a\\nb c')
  })

  it('leaves no control, format or half character in any text, and no line longer than asked', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, (given) => {
        expect(inertText(given)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/u)
        expect(inertLine(given, 20).length).toBeLessThanOrEqual(21)
      }),
    )
  })

  it('clips between characters', () => {
    expect(clipText('ab😀', 3)).toEqual({ shown: 'ab', left: 2 })
    expect(clipText('abc', 3)).toEqual({ shown: 'abc', left: 0 })
  })
})

describe('keys', () => {
  const press = (key: string, more = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...more,
  })
  const command = (id: string, keys: string): Command => ({
    id,
    keys,
    label: id,
    group: 'G',
    run: () => undefined,
  })

  it('are the same however they are written', () => {
    expect(chordOf(press('K', { ctrlKey: true }), false)).toBe(normalKeys('mod+K'))
    expect(chordOf(press('k', { metaKey: true }), true)).toBe(normalKeys('mod+K'))
    expect(chordOf(press('J', { shiftKey: true }), false)).toBe(normalKeys('J'))
    expect(chordOf(press('?', { shiftKey: true }), false)).toBe('?')
  })

  it('wait for the rest of a sequence, and run the nearest command', () => {
    const all = [[command('far', 'g q'), command('outer', 'j')], [command('near', 'j')]]
    expect(match(all, 'g')).toEqual({ kind: 'wait' })
    expect(match(all, 'g q')).toMatchObject({ kind: 'run', command: { id: 'far' } })
    expect(match(all, 'j')).toMatchObject({ kind: 'run', command: { id: 'near' } })
    expect(match(all, 'x')).toEqual({ kind: 'none' })
  })

  it('stand in the palette nearest first, each once', () => {
    const all = [
      [command('a', 'a'), command('b', 'b')],
      [{ ...command('c', 'c'), group: 'Near' }, command('a', 'a')],
    ]
    expect(groupsOf(all).map(([group, list]) => [group, list.map(({ id }) => id)])).toEqual([
      ['Near', ['c']],
      ['G', ['a', 'b']],
    ])
  })

  it('find commands by words, changes by number and requests by id', () => {
    expect(fits('Window Use the dark theme', 'theme da')).toBe(1)
    expect(fits('Home Reset the panes of Home', 'theme')).toBe(0)
    expect(jumpsOf('#87')[0]?.to).toBe('/change/87')
    expect(jumpsOf('REQ-142')[0]?.to).toBe('/request/REQ-142')
    expect(jumpsOf('go home')).toEqual([])
  })
})

describe('the layout of Home', () => {
  it('takes nothing from preferences that is no layout', () => {
    for (const bad of [undefined, null, 7, [], { left: { queue: 'wide' }, collapsed: 'queue' }]) {
      expect(layoutFrom(bad)).toEqual(defaultLayout)
    }
    expect(layoutFrom({ columns: { left: 40, right: 60 }, collapsed: ['queue'] })).toMatchObject({
      columns: { left: 40, right: 60 },
      collapsed: ['queue'],
    })
  })

  it('leaves every open pane its least height', () => {
    expect(columnHeight(LEFT, [])).toBeGreaterThanOrEqual(LEFT.length * 240)
    expect(columnHeight(LEFT, ['queue'])).toBeLessThan(columnHeight(LEFT, []))
    expect(sizesOf({ a: 50 }, ['a', 'b'])).toBeUndefined()
  })
})

describe('small things', () => {
  it('draws gaps where nothing was measured', () => {
    expect(sparkPath([null, null])).toEqual({ line: '', dots: '' })
    const { line, dots } = sparkPath([1, 2, null, 3])
    expect(line.match(/M/g)).toHaveLength(1)
    expect(dots.match(/M/g)).toHaveLength(1)
  })

  it('spells durations, and says so where there is no data', () => {
    expect([0, 59, 60, 3599, 3600, 200_000].map(spell)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '59 min',
      '1 h',
      '2 d',
    ])
    expect([null, 0.4, 12, 1400, 125_000].map(spellMs)).toEqual([
      'no data',
      '0.4 ms',
      '12 ms',
      '1.4 s',
      '2 min 5 s',
    ])
  })

  it('joins read and live log rows without a gap or a double', () => {
    const ids = joinLogs([log(1), log(2), log(3)], [log(3), log(4)], 3).map(({ id }) => id)
    expect(ids).toEqual([2, 3, 4])
  })

  it('writes only whole checks', () => {
    const row = (id: number, name: string, command: string) => ({ id, name, command })
    expect(wrongWith([row(0, 'test', '')])).toMatch(/what the check “test” runs/)
    expect(wrongWith([row(0, '', 'npm test')])).toMatch(/a name/)
    expect(wrongWith([row(0, 'a', 'x'), row(1, 'a', 'y')])).toMatch(/Two checks/)
    expect(wrongWith([row(0, ' ', '')])).toMatch(/Add a check/)
    expect(checksOf([row(0, ' test ', 'npm test'), row(1, '', '')])).toEqual({ test: 'npm test' })
  })
})
