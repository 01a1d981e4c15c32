/** The list of what ships: sections of paths, one a line, that a reader can go through and a test can compare. */

export interface Section {
  /** What the files are, and where. */
  title: string
  paths: string[]
}

/** Paths that differ by their hash or by the machine's kind alone are one line with how many there are. */
function counted(paths: readonly string[]): string[] {
  const times = new Map<string, number>()
  for (const path of paths) times.set(path, (times.get(path) ?? 0) + 1)
  return [...times]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, n]) => (n === 1 ? path : `${path} (${n})`))
}

export const writeManifest = (sections: readonly Section[]): string =>
  sections.map(({ title, paths }) => `# ${title}\n\n${counted(paths).join('\n')}\n`).join('\n')
