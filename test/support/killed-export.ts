/** An export, or only its plan, that kills its own process at the nth step, or the one of a name: verb, root, target, step. */
import { systemClock } from '../../main/engine/base/clock.ts'
import { openSkills } from '../../main/engine/skills/skills.ts'

const [verb, root = '', dest = '', at] = process.argv.slice(2)
let seen = 0
const skills = openSkills({
  root,
  clock: systemClock(),
  onStep(step) {
    seen += 1
    if (step === at || seen === Number(at)) process.kill(process.pid, 'SIGKILL')
  },
})
if (verb === 'plan') await skills.plan(dest)
else await skills.export(dest, 'all')
