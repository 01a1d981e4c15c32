/** Markdown as a text with headings, lists, tables and code; HTML in it, and where its links lead, is shown as text. */
import { Fragment, useMemo, type ReactNode } from 'react'
import { lexer, type Token, type Tokens } from 'marked'
import { inertText } from './inert.ts'
import styles from './prose.module.css'

// The names are those of GitHub Flavored Markdown, https://github.github.com/gfm/; anything else is shown as it stands.
type Known =
  | Tokens.Heading
  | Tokens.Paragraph
  | Tokens.Text
  | Tokens.Escape
  | Tokens.Strong
  | Tokens.Em
  | Tokens.Del
  | Tokens.Codespan
  | Tokens.Code
  | Tokens.List
  | Tokens.Blockquote
  | Tokens.Table
  | Tokens.Link
  | Tokens.Image
  | Tokens.Br
  | Tokens.Hr
  | Tokens.Space
  | Tokens.Def
  | Tokens.HTML

interface Context {
  /** The level that the text's own first one has where it stands. */
  top: 2 | 3
}

const inside = (tokens: readonly Token[] | undefined, at: Context): ReactNode =>
  tokens?.map((token, index) => <Fragment key={index}>{drawn(token as Known, at)}</Fragment>)

function List({ list, at }: { list: Tokens.List; at: Context }) {
  const items = list.items.map((item, index) => <li key={index}>{inside(item.tokens, at)}</li>)
  return list.ordered ? <ol start={list.start === '' ? 1 : list.start}>{items}</ol> : <ul>{items}</ul>
}

function Grid({ table, at }: { table: Tokens.Table; at: Context }) {
  return (
    // Wider than the place, it is moved by the keyboard as well.
    <div className={styles.wide} role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.header.map((cell, index) => (
              <th key={index} scope="col">
                {inside(cell.tokens, at)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, line) => (
            <tr key={line}>
              {row.map((cell, index) => (
                <td key={index}>{inside(cell.tokens, at)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function drawn(token: Known, at: Context): ReactNode {
  switch (token.type) {
    case 'heading': {
      const Heading = `h${Math.min(6, at.top + token.depth - 1)}` as 'h2'
      return <Heading>{inside(token.tokens, at)}</Heading>
    }
    case 'paragraph':
      return <p>{inside(token.tokens, at)}</p>
    case 'text':
      return 'tokens' in token && token.tokens !== undefined
        ? inside(token.tokens, at)
        : inertText(token.text)
    case 'escape':
      return inertText(token.text)
    case 'strong':
      return <strong>{inside(token.tokens, at)}</strong>
    case 'em':
      return <em>{inside(token.tokens, at)}</em>
    case 'del':
      return <del>{inside(token.tokens, at)}</del>
    case 'codespan':
      return <code>{inertText(token.text)}</code>
    case 'code':
      return (
        <pre tabIndex={0} role="region" aria-label={token.lang === undefined || token.lang === '' ? 'Code' : `Code, ${inertText(token.lang)}`}>
          <code>{inertText(token.text)}</code>
        </pre>
      ) // prettier-ignore
    case 'list':
      return <List list={token} at={at} />
    case 'blockquote':
      return <blockquote>{inside(token.tokens, at)}</blockquote>
    case 'table':
      return <Grid table={token} at={at} />
    case 'link':
      return (
        <>
          {inside(token.tokens, at)}
          {token.text !== token.href && <code className={styles.href}> {inertText(token.href)}</code>}
        </>
      )
    case 'br':
      return <br />
    case 'hr':
      return <hr />
    case 'space':
    case 'def':
      return null
    default:
      return inertText(token.raw)
  }
}

/** `top`: the level of heading that the text's own first level becomes. */
export function Prose({ text, top }: { text: string; top: 2 | 3 }) {
  const tokens = useMemo(() => lexer(text), [text])
  return (
    <div className={styles.prose} dir="auto">
      {inside(tokens, { top })}
    </div>
  )
}
