/** The chain in a narrow place: a line for each link, what is set aside moved in. */
import type { ChainView } from '../../schemas/view.ts'
import { useSeconds } from '../state/clock.ts'
import { cx } from '../ui/cx.ts'
import { InertLine } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { spell, timeOfDay } from '../ui/time.tsx'
import { LinkIcon } from './link-icon.tsx'
import { footOf, layOut, LINK, linkSentence } from './model.ts'
import styles from './chain.module.css'

export function ChainList({ chain, target }: { chain: ChainView; target: string }) {
  const now = useSeconds()
  const placed = layOut(chain, target)
  return (
    <ol className={styles.list} aria-label="The chain, in the order in which it is to land">
      {placed.map((one) => {
        const { link } = one
        const since = link.since_ms / 1000
        const sentence = linkSentence(one, placed.length, timeOfDay(since))
        return (
          <li key={link.change_id}>
            <Link
              to={`/change/${link.change_id}`}
              className={cx(styles.row, one.aside && styles.movedIn)}
              title={sentence}
            >
              <span className="unseen">{sentence}</span>
              <span aria-hidden className={styles.rowState} data-tone={LINK[link.state].tone}>
                <LinkIcon of={link.state} />
                <span className={styles.cut}>{LINK[link.state].label}</span>
              </span>
              <span className={styles.rowTask} aria-hidden>
                <span className={styles.number}>{link.change_id}</span>
                <InertLine text={link.task_id} />
              </span>
              <span className={styles.rowFoot} aria-hidden>
                <InertLine text={footOf(one)} muted />
              </span>
              <span className={styles.time} aria-hidden>
                {spell(now - since)}
              </span>
            </Link>
          </li>
        )
      })}
    </ol>
  )
}
