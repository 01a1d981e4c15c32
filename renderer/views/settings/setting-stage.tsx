/** How far a setting is that was proposed: by whom, with which value, in which change. */
import { pathOf } from '../../router.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { StatusPill } from '../../ui/status.tsx'
import type { Control } from './controls.ts'
import type { Proposal, Stage } from './proposal.ts'
import { ShownValue } from './setting-value.tsx'
import styles from './settings.module.css'

function Proposed({ proposal: { set, change }, control }: { proposal: Proposal; control: Control }) {
  return (
    <div className={styles.proposed}>
      <span>
        <InertLine text={set.by} /> {set.value === undefined ? 'proposes the default' : 'proposes'}
      </span>
      {set.value !== undefined && (
        <div>
          <ShownValue value={set.value} control={control} />
        </div>
      )}
      <StatusPill status={change.status} />
      <Link to={pathOf({ view: 'change', id: change.id })}>change {change.id}</Link>
    </div>
  )
}

/** "Not yet in force", with the changes that would bring it. */
export function StageNote({ stage, control }: { stage: Stage; control: Control }) {
  if (stage.at === 'in force') return null
  if (stage.at === 'landed') {
    return (
      <p className={styles.stage}>
        <strong>Not yet in force.</strong> Landed, and read from your checkout, which does not have it yet.{' '}
        <Link to="/inbox?item=checkout">Bring it over</Link>
      </p>
    )
  }
  return (
    <div className={styles.stage}>
      <strong>Not yet in force.</strong>
      {stage.proposals.map((proposal) => (
        <Proposed key={proposal.change.id} proposal={proposal} control={control} />
      ))}
    </div>
  )
}

/** What becomes of a proposal that is there already when another is made; null where there is none. */
export function TakesPlace({ stage }: { stage: Stage }) {
  if (stage.at !== 'proposed') return null
  const own = stage.proposals.filter(({ set }) => set.own)
  const others = stage.proposals.filter(({ set }) => !set.own)
  const named = (some: readonly Proposal[]): string =>
    `${some.length === 1 ? 'change' : 'changes'} ${some.map(({ change }) => change.id).join(', ')}`
  return (
    <p className={styles.quiet}>
      {own.length > 0 &&
        `It has a proposal already. Yours takes the place of ${named(own)}, with everything else that one sets, and has to be approved anew. `}
      {others.length > 0 &&
        `${named(others).replace(/^c/, 'C')}, made elsewhere, would set it as well: whichever lands later has a conflict.`}
    </p>
  )
}
