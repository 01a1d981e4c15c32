/** The chain, and what left it last, as far as a pane has room. */
import { ChainList } from '../../chain/chain-list.tsx'
import { NoChain } from '../../chain/chain-panel.tsx'
import { windowNote } from '../../chain/model.ts'
import { Recent } from '../../chain/recent.tsx'
import { useChain, usePaused, useTarget } from '../../chain/use-chain.ts'
import { Pane } from '../../ui/pane.tsx'
import type { PaneSlot } from './home.tsx'

export function ChainPane({ slot }: { slot: PaneSlot }) {
  const chain = useChain(!slot.collapsed)
  const paused = usePaused()
  const target = useTarget()
  const { value } = chain
  return (
    <Pane
      title="Chain"
      note={value === undefined ? undefined : windowNote(value)}
      reading={chain}
      flush
      {...slot}
    >
      {value !== undefined && (
        <>
          {value.links.length === 0 ? (
            <NoChain paused={paused} />
          ) : (
            <ChainList chain={value} target={target} />
          )}
          {value.recent.length > 0 && <Recent recent={value.recent} />}
        </>
      )}
    </Pane>
  )
}
