/** How much a kill of the engine takes of what is typed, or one of the whole window with it. */
import { CAST_FILES, beginCast } from '../../e2e/cast-acts.ts'
import { openStage } from '../../e2e/support.ts'
import { quantile, spread, type Figure } from '../screen/figure.ts'
import { pause } from '../screen/ground.ts'

/** The age, when the engine was killed, of the oldest letter that a window opened afterwards does not have. */
async function killedWhileTyping(round: number): Promise<number> {
  const stage = await openStage({ files: CAST_FILES })
  try {
    const { page, host } = await beginCast(stage)
    await page.evaluate(`
      window.typed = []
      document.addEventListener('input', ({ target }) => window.typed.push([Date.now(), target.value.length]))
    `)
    await page.getByRole('textbox', { name: 'Intent' }).focus()
    const typing = page.keyboard.type('x'.repeat(110), { delay: 25 })
    // At another moment between two of its writes each time.
    await pause(1_500 + ((round * 137) % 700))
    const at = Date.now()
    await host.kill()
    await typing
    const typed = await page.evaluate<[number, number][]>('window.typed')
    await page.close()
    const again = await stage.serve(true)
    const other = await stage.tab(again.url)
    await other.goto(new URL('/cast-builder', again.url).href)
    await other.getByRole('link', { name: /REQ-1/ }).click()
    const had = (await other.getByRole('textbox', { name: 'Intent' }).inputValue()).length
    const lost = typed.find(([, length]) => length > had)
    return lost === undefined ? 0 : Math.max(0, at - lost[0])
  } finally {
    await stage.dispose()
  }
}

export async function killing(rounds: number): Promise<Figure> {
  const ages: number[] = []
  for (let round = 0; round < rounds; round += 1) ages.push(await killedWhileTyping(round))
  return {
    name: 'engine killed and window closed while typing: the oldest letter lost',
    unit: 'ms',
    target: 1_000,
    measured: quantile(ages, 1),
    detail: `${spread(ages)}, ${rounds} kills`,
  }
}
