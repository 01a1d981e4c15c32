/** How the command line talks: results to stdout, everything else to stderr. */
import { writeSync } from 'node:fs'
import { inert, inertBlock, inertJson, instant } from '../engine/engine.ts'

export interface Output {
  /** A line of the result. */
  line(text: string): void
  /** One JSON document as the whole result; nothing in it can steer a terminal. */
  json(value: unknown): void
  /** One JSON document on one line, for programs that read line by line. */
  jsonLine(value: unknown): void
  /** A line about what happens, on stderr. */
  note(text: string): void
}

/** Writes all of it, however often a full pipe says "later". */
function writeAll(fd: number, text: string): void {
  let bytes = Buffer.from(text, 'utf8')
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') process.exit(0)
      if (code !== 'EAGAIN') throw error
    }
  }
}

export function openOutput(): Output {
  return {
    // The last place where text of agents, file names and git could still steer the terminal.
    line: (text) => writeAll(1, `${inertBlock(text)}\n`),
    json: (value) => writeAll(1, `${inertJson(value, 2)}\n`),
    jsonLine: (value) => writeAll(1, `${inertJson(value)}\n`),
    note: (text) => writeAll(2, `${inertBlock(text)}\n`),
  }
}

/** Says an error in one sentence with its remedy. */
export const sentenceOf = (error: { message: string; hint: string | null }): string =>
  `hyperion: ${error.message}${error.hint === null ? '' : `; ${error.hint}`}`

/** Returns rows as aligned columns under a header; long cells are cut, nothing in them can steer a terminal. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  widest = 60,
): string[] {
  const cells = [header, ...rows].map((row) => row.map((cell) => inert(cell, widest)))
  const widths = header.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)))
  return cells.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - [...cell].length),
      )
      .join('  ')
      .trimEnd(),
  )
}

/** Returns seconds as an absolute local time. */
export const time = (seconds: number | null): string => (seconds === null ? '–' : instant(seconds))
