/** The active conflict: both sides with what each changed, what can be chosen, what is offered, single lines to pick. */
import { useMemo, useState, type ReactNode } from 'react'
import type { Choice, Conflict } from '../../merge/result.ts'
import { markLines, type MarkedLine } from '../../merge/intraline.ts'
import { textOf } from '../../merge/lines.ts'
import type { Suggestion } from '../../merge/suggest/index.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { clipText, inertText } from '../../ui/inert.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { CHOICE_WORDS } from '../../review/names.ts'
import { usePicking, type Picking, type SideName } from './picking.ts'
import type { Decide } from './use-decide.ts'
import type { Place } from './use-place.ts'
import styles from './card.module.css'

/** More of a side than this is cut here; the text below has all of it. */
const SHOWN = 400

const GROUND = { cur: styles.cur, inc: styles.inc, base: styles.base }

/** A reason may begin with the name of a side. */
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** More of a text than this is no preview. */
const PREVIEW = 4_000

const Preview = ({ text }: { text: string }) => (
  <pre className={styles.previewText}>
    {text === '' ? 'Nothing: the lines go.' : clipText(inertText(text), PREVIEW).shown}
  </pre>
)

function SideLine({
  line,
  number,
  taken,
  onToggle,
  onMove,
  focused,
}: {
  line: MarkedLine
  number: number
  taken: boolean
  onToggle: () => void
  onMove: (by: 1 | -1) => void
  focused: boolean
}) {
  const text = line.pieces.map((piece) => piece.text).join('')
  return (
    <button
      type="button"
      className={cx(styles.line, taken && styles.taken, !line.same && styles.changed)}
      aria-pressed={taken}
      tabIndex={focused ? 0 : -1}
      data-picked={taken}
      onClick={onToggle}
      onKeyDown={(event) => {
        const by = event.shiftKey ? { ArrowUp: -1 as const, ArrowDown: 1 as const }[event.key] : undefined
        if (by === undefined || !taken) return
        event.preventDefault()
        event.stopPropagation()
        onMove(by)
      }}
    >
      <span className={styles.tick} aria-hidden>
        {taken ? '✓' : '+'}
      </span>
      <span className={styles.number}>
        <span className="unseen">Line </span>
        {number}
        <span className="unseen">{text.trim() === '' ? ': blank' : ': '}</span>
      </span>
      <span className={styles.text} dir="ltr">
        {line.pieces.map((piece, at) =>
          piece.changed ? (
            <mark key={at} className={styles.mark}>
              {inertText(piece.text)}
            </mark>
          ) : (
            <span key={at}>{inertText(piece.text)}</span>
          ),
        )}
      </span>
    </button>
  )
}

function Side({
  side,
  title,
  lines,
  first,
  picking,
  children,
}: {
  side: SideName
  title: string
  lines: readonly MarkedLine[]
  /** Number of the first line in its file. */
  first: number
  picking: Picking
  /** What takes the whole side. */
  children: ReactNode
}) {
  return (
    <section className={cx(styles.side, GROUND[side])} aria-label={title}>
      <header className={styles.sideHead}>
        <h3 className={styles.sideTitle}>
          <InertLine text={title} />
        </h3>
        {children}
      </header>
      <div
        className={styles.lines}
        role="group"
        aria-label={`Lines of ${title}`}
        onKeyDown={picking.onKeyDown}
      >
        {lines.length === 0 && <p className={styles.nothing}>Nothing: it has no lines here.</p>}
        {lines.slice(0, SHOWN).map((line, index) => (
          <SideLine
            key={index}
            line={line}
            number={first + index}
            taken={picking.isTaken(side, index)}
            focused={index === 0}
            onToggle={() => picking.toggle(side, index)}
            onMove={(by) => picking.move(side, index, by)}
          />
        ))}
        {lines.length > SHOWN && (
          <p className={styles.nothing}>
            {lines.length - SHOWN} more lines; all of them stand in the text below.
          </p>
        )}
      </div>
    </section>
  )
}

/** Lines of either side that the result has not, in words. */
function Loses({ suggestion }: { suggestion: Suggestion }) {
  const parts = [
    ['target', suggestion.loses.cur],
    ['incoming', suggestion.loses.inc],
  ] as const
  const lost = parts.filter(([, lines]) => lines.length > 0)
  if (lost.length === 0) return <span className={styles.keepsAll}>nothing is lost</span>
  const words = lost.map(
    ([name, lines]) => `${lines.length} ${name} ${lines.length === 1 ? 'line' : 'lines'}`,
  )
  return (
    <span
      className={styles.loses}
      title={inertText(lost.flatMap(([, lines]) => lines).join('')).slice(0, 2000)}
    >
      without {words.join(', ')}
    </span>
  )
}

export const PLAIN_KEYS: Readonly<Record<string, string>> = {
  current: '1',
  incoming: '2',
  both: '3',
  both_reversed: '3 3',
  base: '0',
}

export const suggestionKey = (suggestion: Suggestion, index: number): string =>
  PLAIN_KEYS[suggestion.choice] ?? String(index + 4)

export interface CardProps {
  place: Place
  conflict: Conflict
  names: { cur: string; inc: string }
  suggestions: readonly Suggestion[]
  showBase: boolean
  /** False where the sides stand elsewhere in sight. */
  showSides: boolean
  decide: Decide
}

export function ConflictCard({
  place,
  conflict,
  names,
  suggestions,
  showBase,
  showSides,
  decide,
}: CardProps) {
  const { chunk } = conflict
  const { choice, text } = place
  const marked = useMemo(
    () => ({
      cur: markLines(chunk.base, chunk.cur),
      inc: markLines(chunk.base, chunk.inc),
      base: markLines(chunk.base, chunk.base),
    }),
    [chunk],
  )
  const picking = usePicking(chunk, text, decide.pickLines)
  const [shown, show] = useState<string | null>(null)
  const side = (name: 'cur' | 'inc' | 'base', title: string) => (
    <Side side={name} title={title} lines={marked[name]} first={chunk.at[name] + 1} picking={picking}>
      {name === 'cur' && plainButton('current', 'Keep', () => decide.choose('current'), names.cur)}
      {name === 'inc' && plainButton('incoming', 'Take', () => decide.choose('incoming'), names.inc)}
      {name === 'base' && plainButton('base', 'Base', () => decide.choose('base'))}
    </Side>
  )
  const plainButton = (is: Choice, label: string, run: () => void, what = '') => (
    <Button
      size="small"
      kind={choice === is ? 'primary' : 'default'}
      aria-pressed={choice === is}
      keys={<Kbd keys={PLAIN_KEYS[is] ?? ''} />}
      onClick={run}
    >
      {label}
      {what !== '' && <span className="unseen">{`: ${inertText(what)}`}</span>}
    </Button>
  )
  const isBoth = choice === 'both' || choice === 'both_reversed'
  return (
    <div className={styles.card}>
      {showSides && (
        <div className={cx(styles.sides, showBase && styles.three)}>
          {side('cur', `Target: ${names.cur}`)}
          {showBase && side('base', 'Base: before both')}
          {side('inc', `Incoming: ${names.inc}`)}
        </div>
      )}
      <div className={styles.acts} role="toolbar" aria-label="Decide this conflict">
        {!showSides && plainButton('current', 'Keep target', () => decide.choose('current'), names.cur)}
        {!showSides && plainButton('incoming', 'Take incoming', () => decide.choose('incoming'), names.inc)}
        <Button
          size="small"
          kind={isBoth ? 'primary' : 'default'}
          aria-pressed={isBoth}
          keys={<Kbd keys="3" />}
          onClick={decide.both}
        >
          {choice === 'both'
            ? 'Both, target first: swap'
            : choice === 'both_reversed'
              ? 'Both, incoming first: swap'
              : 'Both'}
        </Button>
        {!(showSides && showBase) && plainButton('base', 'Base', decide.toBase)}
        {choice !== 'open' && (
          <Button size="small" kind="ghost" keys={<Kbd keys="u" />} onClick={decide.reopen}>
            Reopen
          </Button>
        )}
        <span className={styles.is}>{choice === 'open' ? 'Open' : `Decided: ${CHOICE_WORDS[choice]}`}</span>
      </div>
      {decide.asksOrder && (
        <div className={styles.order} role="group" aria-label="In which order">
          {(['both', 'both_reversed'] as const).map((order, at) => (
            <div key={order} className={styles.preview}>
              <Button
                size="small"
                kind="primary"
                keys={<Kbd keys={String(at + 1)} />}
                onClick={() => decide.choose(order)}
              >
                {at === 0 ? 'The target’s first' : 'The incoming first'}
              </Button>
              <Preview text={conflict.texts[order]} />
            </div>
          ))}
        </div>
      )}
      {suggestions.length > 0 && !decide.asksOrder && (
        <section className={styles.suggestions} aria-label="Suggestions">
          <h3 className={styles.suggestTitle}>Suggestions, likeliest first. None is applied by itself.</h3>
          <ol>
            {suggestions.map((suggestion, index) => {
              const result = textOf(suggestion.lines)
              return (
                <li key={suggestion.id} className={cx(styles.suggestion, result === text && styles.isIn)}>
                  <Button
                    size="small"
                    aria-pressed={result === text}
                    keys={<Kbd keys={suggestionKey(suggestion, index)} />}
                    onClick={() => decide.suggestion(index)}
                  >
                    <InertLine text={suggestion.label} />
                  </Button>
                  <span className={styles.whyOffered}>{capital(inertText(suggestion.why))}</span>
                  <Loses suggestion={suggestion} />
                  <Button
                    size="small"
                    kind="ghost"
                    aria-expanded={shown === suggestion.id}
                    onClick={() => show(shown === suggestion.id ? null : suggestion.id)}
                  >
                    {shown === suggestion.id ? 'Hide' : 'Preview'}
                  </Button>
                  {shown === suggestion.id && <Preview text={result} />}
                </li>
              )
            })}
          </ol>
        </section>
      )}
    </div>
  )
}
