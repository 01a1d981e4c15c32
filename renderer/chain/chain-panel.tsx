/** The chain over the queue's table: the picture, how much room there is, and what left it last. */
import type { ChainView } from '../../schemas/view.ts'
import { useApp, useStore } from '../state/hooks.ts'
import type { Reading } from '../state/hooks.ts'
import { Pane } from '../ui/pane.tsx'
import { windowNote } from './model.ts'
import { Recent } from './recent.tsx'
import { Strip } from './strip.tsx'
import { usePaused, useTarget } from './use-chain.ts'
import styles from './chain.module.css'

/** Why nothing is in the chain, where there is nothing. */
export function NoChain({ paused }: { paused: boolean }) {
  return (
    <p className={styles.none}>
      <strong>Nothing is being checked.</strong>{' '}
      {paused
        ? 'Landing is paused, so nothing is taken in.'
        : 'Changes that ask for checks stand here while those run; changes that ask for none land at once.'}
    </p>
  )
}

export function ChainPanel({ reading }: { reading: Reading<ChainView> }) {
  const app = useApp()
  const kept = useStore((state) => state.preferences.layout['chain'])
  const folded = typeof kept === 'object' && kept !== null && 'folded' in kept && kept.folded === true
  const target = useTarget()
  const paused = usePaused()
  const chain = reading.value
  const search = window.location.search
  return (
    <div className={styles.panel}>
      <Pane
        title="Chain"
        note={chain === undefined ? undefined : windowNote(chain)}
        reading={reading}
        flush
        collapsed={folded}
        onCollapse={(fold) => app.prefer({ layout: { chain: { folded: fold } } })}
      >
        {chain !== undefined && (
          <>
            {chain.links.length === 0 ? (
              <NoChain paused={paused} />
            ) : (
              <Strip chain={chain} target={target} search={search} />
            )}
            {chain.recent.length > 0 && <Recent recent={chain.recent} search={search} />}
          </>
        )}
      </Pane>
    </div>
  )
}
