/** A line for the terminal: shown short, copied so that it works from any folder, whether on PATH or not. */
import { useStore } from '../state/hooks.ts'
import { CopyButton } from './copy-button.tsx'

/** `line` begins with `hyperion` or `git`; what is copied calls them for the open workspace. */
export function CommandLine({ line, className }: { line: string; className?: string | undefined }) {
  const terminal = useStore(({ workspace }) => (workspace?.state === 'open' ? workspace.terminal : null))
  const whole = (): string => {
    const [program = '', ...rest] = line.split(' ')
    return terminal !== null && (program === 'hyperion' || program === 'git')
      ? [terminal[program], ...rest].join(' ')
      : line
  }
  return (
    <>
      <code className={className}>{line}</code>
      <CopyButton text={whole} label={`Copy ${line}`} />
    </>
  )
}
