/** Keeps the frame alive where a view breaks: says so in its place, and offers to draw it again. */
import { Component, type ReactNode } from 'react'
import { ErrorBanner } from '../ui/error-banner.tsx'
import styles from './shell.module.css'

interface Props {
  /** Another key is another place: the view there starts sound. */
  place: string
  children: ReactNode
}

interface State {
  error: Error | null
  place: string
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, place: this.props.place }

  static getDerivedStateFromError(thrown: unknown): Partial<State> {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }

  static getDerivedStateFromProps({ place }: Props, state: State): Partial<State> | null {
    return place === state.place ? null : { place, error: null }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    const hint = 'Nothing was lost in the engine. Draw it again, or reload the window.'
    return (
      <div className={styles.padded}>
        <ErrorBanner
          title="This view broke"
          failure={{ kind: 'bug', code: 'view', message: error.message, hint }}
          retry={() => this.setState({ error: null })}
        />
      </div>
    )
  }
}
