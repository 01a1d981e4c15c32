import { expect, test } from 'vitest'
import { probesOf, readCriterion } from '../../main/engine/domain/criteria.ts'

test.each([
  ['two is a digit', 'two is a digit', null],
  ['two is a digit (probe: `grep -q 2 a.js`)', 'two is a digit', 'grep -q 2 a.js'],
  ['two is a digit (probe: grep -q 2 a.js)', 'two is a digit', 'grep -q 2 a.js'],
  ['it calls f() (twice) (probe: `node -e "f(1)"`) ', 'it calls f() (twice)', 'node -e "f(1)"'],
  ['(probe: `test -f a`)', 'test -f a', 'test -f a'],
  ['an empty one (probe: ``)', 'an empty one (probe: ``)', null],
  ['one in the middle (probe: `a`) and on', 'one in the middle (probe: `a`) and on', null],
])('%s', (criterion, text, probe) => {
  expect(readCriterion(criterion)).toEqual({ text, probe })
})

test('each criterion with a probe counts once', () => {
  expect(probesOf(['a', 'b (probe: `x`)', 'b (probe: `x`)', 'c (probe: `x`)'])).toEqual([
    { criterion: 'b (probe: `x`)', probe: 'x' },
    { criterion: 'c (probe: `x`)', probe: 'x' },
  ])
})

test('a text made to take long does not', () => {
  const criterion = `${' (probe: '.repeat(50_000)}x)`
  expect(readCriterion(criterion).text.length).toBeGreaterThan(0)
})
