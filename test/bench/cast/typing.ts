/** Keys in the cast builder: those that pick a path, and those that write into one file among many. */
import { timedKey, watchKeys } from '../../e2e/probe.ts'
import { goStep } from '../../e2e/cast-acts.ts'
import { quantile, timesFigure, type Figure } from '../screen/figure.ts'
import { pause } from '../screen/ground.ts'
import { pathAt, type Ground } from './ground.ts'

/** What was typed last that the offers on screen answer. */
const ANSWERED = `(() => {
  const list = document.querySelector('[role=listbox]')
  if (list.ariaBusy === 'false') window.answered = document.activeElement.value
  return window.answered
})()`

/** Types a path's name letter by letter; a letter counts once what is offered belongs to it and is drawn. */
async function pick({ page }: Ground, at: number): Promise<number[]> {
  await page.bringToFront()
  const field = page.getByRole('combobox', { name: 'Path' })
  await field.fill('')
  await page.getByRole('option').first().waitFor()
  await watchKeys(page, ANSWERED)
  const times: number[] = []
  for (const letter of /module-\w{6}/.exec(pathAt(at))?.[0] ?? '') {
    times.push(await timedKey(page, letter))
    await pause(80)
  }
  return times
}

/** The same names in both, in turns, so that both have the same machine. */
export async function picking(many: Ground, few: Ground, rounds: number): Promise<Figure[]> {
  for (const { page } of [many, few]) {
    await goStep(page, 2)
    await page.keyboard.press('Alt+a')
    await page.getByRole('option').first().waitFor()
  }
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    // One that both have.
    const at = (round * 37) % 500
    for (const [index, ground] of [many, few].entries()) times[index]?.push(...(await pick(ground, at)))
  }
  const [inMany, inFew] = times
  return [
    timesFigure('path picker, 20,000 paths: letter → what is offered drawn', 100, inMany),
    timesFigure('path picker, 500 paths: the same letters', 100, inFew),
    {
      name: 'path picker, 20,000 paths to 500, medians',
      unit: '×',
      target: null,
      measured: (quantile(inMany, 0.5) ?? 0) / (quantile(inFew, 0.5) ?? 1),
      detail: 'in turns, letter by letter',
    },
  ]
}

const WORDS = 'what happens to this file, and why '

async function write({ page }: Ground, letters: number): Promise<number[]> {
  await page.bringToFront()
  await page.getByRole('textbox', { name: 'What is to happen to it' }).focus()
  await watchKeys(page, 'document.activeElement.value')
  const times: number[] = []
  for (let n = 0; n < letters; n += 1) {
    times.push(await timedKey(page, WORDS.charAt(n % WORDS.length).replace(' ', 'Space')))
    await pause(60)
  }
  return times
}

/** Letters written into what is to happen to one file, kept and examined meanwhile; in turns. */
export async function writing(many: Ground, one: Ground, rounds: number): Promise<Figure[]> {
  for (const { page } of [many, one]) {
    await goStep(page, 2)
    await page.getByRole('button', { name: /src\/made\/file-0\.ts/ }).press('Enter')
  }
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1)
    for (const [index, ground] of [many, one].entries()) times[index]?.push(...(await write(ground, 10)))
  return [
    timesFigure('a cast of 500 files: letter typed → drawn', 50, times[0]),
    timesFigure('a cast of one file: the same letters', 50, times[1]),
  ]
}
