/** What of an act was not done, one line each, where it was asked for. */
import { Button } from '../ui/button.tsx'
import { InertLine } from '../ui/inert-text.tsx'
import { ACT_WORDS, changes } from './acts.ts'
import type { Acts } from './use-acts.tsx'
import styles from './acts.module.css'

const SHOWN = 50

const sentence = ({ message, hint }: { message: string; hint: string | null }): string =>
  hint === null ? message : `${message}. ${hint}`

export function ActTrouble({ acts }: { acts: Acts }) {
  if (acts.trouble === null) return null
  const { act, refused, failure } = acts.trouble
  const rows = [
    ...(failure === null ? [] : [{ key: 'failure', text: sentence(failure) }]),
    ...refused.map((one) => ({ key: String(one.id), text: sentence(one) })),
  ]
  const { done } = ACT_WORDS[act]
  return (
    <div className={styles.trouble} role="alert">
      <div className={styles.troubleHead}>
        <span>
          {failure === null ? `${changes(refused.length)} not ${done}` : `Not all ${done}: it broke off`}
        </span>
        <Button size="small" kind="ghost" onClick={acts.clear}>
          Close
        </Button>
      </div>
      <ul>
        {rows.slice(0, SHOWN).map(({ key, text }) => (
          <li key={key}>
            <InertLine text={text} />
          </li>
        ))}
        {rows.length > SHOWN && <li>and {(rows.length - SHOWN).toLocaleString('en')} more</li>}
      </ul>
    </div>
  )
}
