/** How the rows of the log hold each other: each hash is taken of the one before it and of the row's own bytes. */
import { sha256 } from '../base/hash.ts'

/** What the first row follows. */
export const CHAIN_START = '0'.repeat(64)

/** The columns that a row's hash covers, in this order; `hash` itself is the only other one. */
const CHAINED_COLUMNS = ['id', 'queue_id', 'task_id', 'level', 'message', 'details', 'created_at'] as const

export type ChainedRow = Record<(typeof CHAINED_COLUMNS)[number], string | number | null>

/** A place in the chain: the newest row and its hash. */
export interface LogHead {
  /** Id of the row; 0 before the first. */
  sequence: number
  hash: string
}

/** One value with its kind and the length of its bytes, so that no two rows are encoded alike. */
function encodeValue(value: string | number | null): string {
  if (value === null) return 'n0:'
  const text = String(value)
  return `${typeof value === 'number' ? 'i' : 't'}${Buffer.byteLength(text)}:${text}`
}

/** Returns the bytes of a row that is about to be written, as `ENCODED_ROW` gives those of one that is. */
export const encodeRow = (row: ChainedRow): string =>
  CHAINED_COLUMNS.map((column) => encodeValue(row[column])).join('')

const encodedColumn = (column: string): string =>
  `CASE typeof(${column}) WHEN 'null' THEN 'n0:' ELSE substr(typeof(${column}), 1, 1) || ` +
  `length(CAST(${column} AS BLOB)) || ':' || ${column} END`

/** SQL expression: the encoding of a stored row, byte by byte as it is stored. */
export const ENCODED_ROW = `CAST(${CHAINED_COLUMNS.map(encodedColumn).join(' || ')} AS BLOB)`

/** Returns the hash of a row that follows the row with the hash `previous`. */
export function rowHash(previous: string, encoded: string | Uint8Array): string {
  const before = encodeValue(previous)
  return sha256(
    typeof encoded === 'string' ? before + encoded : Buffer.concat([Buffer.from(before), encoded]),
  )
}

export const formatHead = ({ sequence, hash }: LogHead): string => `${sequence} ${hash}`

/** Reads what `formatHead` wrote; of anything else comes a head that no row has, so that verification finds it. */
export function parseHead(text: string): LogHead {
  const [sequence, hash] = text.split(' ')
  return /^\d{1,15} [0-9a-f]{64}$/.test(text)
    ? { sequence: Number(sequence), hash: hash as string }
    : { sequence: 0, hash: text }
}
