/** The chain as a picture: the target's tip, then what is built on what; what is set aside hangs below the line. */
import { GitBranch } from 'lucide-react'
import type { KeyboardEvent } from 'react'
import type { ChainView } from '../../schemas/view.ts'
import { useSeconds } from '../state/clock.ts'
import { cx } from '../ui/cx.ts'
import { InertLine } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { spell, timeOfDay } from '../ui/time.tsx'
import { LinkIcon } from './link-icon.tsx'
import { footOf, layOut, LINK, linkSentence, type Placed } from './model.ts'
import styles from './chain.module.css'

/** Arrows walk along the chain; Tab does as well, for each link is one. */
function onKeyDown(event: KeyboardEvent<HTMLOListElement>): void {
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity } // prettier-ignore
  const step = steps[event.key]
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
  const links = [...event.currentTarget.querySelectorAll('a')]
  const at = links.indexOf(event.target as HTMLAnchorElement)
  if (at < 0) return
  event.preventDefault()
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus()
}

function Card({ placed, of, search }: { placed: Placed; of: number; search: string }) {
  const { link, aside, outdated } = placed
  const now = useSeconds()
  const since = link.since_ms / 1000
  const { label, tone } = LINK[link.state]
  const sentence = linkSentence(placed, of, timeOfDay(since))
  return (
    <Link
      to={`/change/${link.change_id}${search}`}
      className={cx(styles.card, aside && styles.aside, outdated && styles.outdated)}
      data-tone={tone}
      title={sentence}
    >
      <span className="unseen">{sentence}</span>
      <span className={styles.state} aria-hidden>
        <LinkIcon of={link.state} />
        <span className={styles.cut}>{label}</span>
        <span className={styles.time}>{spell(now - since)}</span>
      </span>
      <span className={styles.task} aria-hidden>
        <span className={styles.number}>{link.change_id}</span>
        <InertLine text={link.task_id} />
      </span>
      <span className={styles.foot} aria-hidden>
        <InertLine text={footOf(placed)} muted />
      </span>
    </Link>
  )
}

export function Strip({ chain, target, search = '' }: { chain: ChainView; target: string; search?: string }) {
  const placed = layOut(chain, target)
  return (
    <div className={styles.scroll}>
      <ol
        className={styles.strip}
        aria-label="The chain, in the order in which it is to land"
        onKeyDown={onKeyDown}
      >
        <li className={styles.tip}>
          <GitBranch size={14} aria-hidden />
          <span className={styles.tipText}>
            <InertLine text={target} />
            <span className={styles.tipNote}>as it is now</span>
          </span>
        </li>
        {placed.map((one) => (
          <li
            key={one.link.change_id}
            className={cx(styles.link, one.aside && styles.branch, one.outdated && styles.dashed)}
            style={{ gridColumn: one.place + 1 }}
            data-line={one.line ?? undefined}
          >
            <Card placed={one} of={placed.length} search={search} />
          </li>
        ))}
      </ol>
    </div>
  )
}
