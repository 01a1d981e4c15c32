import { expect, it } from 'vitest'
import { chooseModel } from '../../main/engine/domain/model-policy.ts'

const config = { model: 'gpt-5-mini', smallModel: 'gpt-4.1', smallModelMaxComplexity: 3 }

it.each([
  [null, [], 'gpt-5-mini'],
  [1, [], 'gpt-4.1'],
  [3, [], 'gpt-4.1'],
  [4, [], 'gpt-5-mini'],
  [10, [null, undefined], 'gpt-5-mini'],
  [1, ['named'], 'named'],
  [9, [null, 'in the cast'], 'in the cast'],
  [9, ['option', 'in the cast'], 'option'],
])('complexity %j with %j named: %s', (complexity, explicit, model) => {
  expect(chooseModel({ complexity, explicit, config })).toBe(model)
})
