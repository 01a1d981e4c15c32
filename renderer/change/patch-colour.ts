/** What of a patch can be coloured: each hunk twice, once as it was and once as it becomes. */
import { useEffect, useMemo, useState } from 'react'
import type { FileChange } from '../../schemas/change-request.ts'
import { colourPassages, type Passage, type Span } from '../editor/colour.ts'
import { languageOf } from '../editor/languages.ts'
import { patchFile, sameFiles, type PatchFile, type PatchLine } from './patch-model.ts'

/** Beyond this the rest stays in one ink: colours are worth less than a patch that opens at once. */
const MOST_LINES = 5_000
/** A minified line has no colours anybody reads. */
const MOST_LENGTH = 1_000

interface PatchPassage extends Passage {
  from: readonly PatchLine[]
}

/**
 * A grammar needs whole lines in their order, which a hunk has only on one of its sides: removed lines are read among
 * those around them in the old text, all others in the new one.
 */
export function passagesOf(files: readonly PatchFile[]): PatchPassage[] {
  const passages: PatchPassage[] = []
  let left = MOST_LINES
  for (const file of files) {
    const language = languageOf(file.path)
    const hunks: PatchLine[][] = [[]]
    for (const line of file.lines.slice(0, left)) {
      if (line.kind === 'hunk') hunks.push([])
      else if (line.kind !== 'meta') hunks.at(-1)?.push(line)
    }
    left -= Math.min(left, file.lines.length)
    for (const hunk of hunks) {
      for (const other of ['added', 'removed'] as const) {
        const from = hunk.filter(({ kind }) => kind !== other)
        // A line that is left out would let the next ones be read as something else.
        const broken = from.some(({ text }) => text.length > MOST_LENGTH)
        if (from.length === 0 || broken) continue
        passages.push({ language, from, lines: from.map(({ text }) => text) })
      }
    }
  }
  return passages
}

export type Colours = ReadonlyMap<PatchLine, readonly Span[]>

/** The lines that have colours so far; none before the grammars are there, and none where they cannot be loaded. */
function usePatchColours(files: readonly PatchFile[]): Colours {
  const [colours, setColours] = useState<Colours>(new Map())
  useEffect(() => {
    let gone = false
    const passages = passagesOf(files)
    const colour = async (): Promise<void> => {
      const coloured = await colourPassages(passages)
      if (gone) return
      const found = new Map<PatchLine, readonly Span[]>()
      for (const [index, passage] of passages.entries()) {
        for (const [at, line] of passage.from.entries()) {
          const spans = coloured[index]?.[at]
          if (spans !== undefined) found.set(line, spans)
        }
      }
      setColours(found)
    }
    // Without the editor's chunk a patch is read in one ink; there is nothing to be done about it here.
    void colour().catch(() => undefined)
    return () => {
      gone = true
    }
  }, [files])
  return colours
}

/** Patches for looking at, with their colours as they come. */
export function usePatchFiles(files: readonly FileChange[]): { parsed: PatchFile[]; colours: Colours } {
  // A change is read again whenever something happens to it; its patch stays what it is.
  const [kept, setKept] = useState(files)
  if (kept !== files && !sameFiles(kept, files)) setKept(files)
  const parsed = useMemo(() => kept.map(patchFile), [kept])
  return { parsed, colours: usePatchColours(parsed) }
}
