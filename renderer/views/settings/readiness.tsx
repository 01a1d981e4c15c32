/** Whether the agents this version knows are ready, each with its remedy, and which of them work in which role. */
import { CircleAlert, CircleCheck } from 'lucide-react'
import type { HarnessStanding, RoleStanding } from '../../../schemas/ipc-agents.ts'
import { useAway, useRead } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { Cell, Row, Table, TableHead } from '../../ui/table.tsx'
import { ROLE_LABEL } from './agent-values.ts'
import styles from './settings.module.css'

const COLUMNS = [
  { key: 'role', head: 'Role', width: '120px' },
  { key: 'harness', head: 'Agents', width: '120px' },
  { key: 'model', head: 'Model' },
  { key: 'by', head: 'Chosen by', width: '200px' },
]

const modelWords = ({ model, small_model: small }: RoleStanding): string =>
  model === null ? 'none' : small === null || small === model ? model : `${model}; ${small} for simple work`

function Harness({ harness }: { harness: HarnessStanding }) {
  const { name, state, detail, remedy, roles } = harness
  const ready = state === 'ready'
  return (
    <li className={styles.finding}>
      {ready ? (
        <CircleCheck size={16} role="img" aria-label="Ready" className={styles.ok} />
      ) : (
        <CircleAlert
          size={16}
          role="img"
          aria-label="Not ready"
          className={roles.length > 0 ? styles.danger : styles.warn}
        />
      )}
      <span className={styles.findingName}>
        <InertLine text={name} />
      </span>
      <div className={styles.findingText}>
        <InertText text={detail} />
        {remedy !== null && (
          <div className={styles.remedy}>
            <InertText text={remedy} />
          </div>
        )}
        <p className={styles.quiet}>
          {roles.length === 0
            ? 'works in no role'
            : `works as ${roles.map((role) => ROLE_LABEL[role]).join(', ')}`}
        </p>
      </div>
    </li>
  )
}

export function AgentsReadiness() {
  const away = useAway()
  const reading = useRead('agents.readiness', (api, signal) => api.agents.readiness({}, { signal }))
  const { value } = reading
  return (
    <div className={styles.readiness} role="group" aria-label="Readiness of agents">
      <div className={styles.bar}>
        <span className={styles.quiet} role="status">
          {value !== undefined &&
            (value.harnesses.some(({ state, roles }) => state === 'not_ready' && roles.length > 0)
              ? 'Agents that are to work are not ready'
              : 'All agents that are to work are ready')}
        </span>
        <Button size="small" busy={reading.loading} reason={away} onClick={reading.reload}>
          Look again
        </Button>
      </div>
      {value === undefined && reading.error === null && <Skeleton lines={3} />}
      {reading.error !== null && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {value !== undefined && (
        <>
          <ul aria-label="Kinds of agents">
            {value.harnesses.map((harness) => (
              <Harness key={harness.name} harness={harness} />
            ))}
          </ul>
          <Table label="Which agents work in which role">
            <TableHead columns={COLUMNS} />
            <tbody>
              {value.roles.map((role) => (
                <Row key={role.role}>
                  <Cell>{ROLE_LABEL[role.role]}</Cell>
                  <Cell>
                    <InertLine text={role.harness} />
                  </Cell>
                  <Cell>
                    <InertLine text={modelWords(role)} />
                  </Cell>
                  <Cell muted>
                    <InertLine text={role.by === 'default' ? 'the default' : role.by} />
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        </>
      )}
    </div>
  )
}
