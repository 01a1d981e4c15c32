/** Everything a face may ask about skills: the catalogue, exports, bundles. Needs no workspace. */
import type { BundleResult, BundleVerdict, ExportPlan, ExportResult, Skill } from '../../../schemas/skills.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import { userError } from '../base/errors.ts'
import { writeBundle } from './bundle.ts'
import { byPath, readCatalogue, type Catalogue, type OutFile } from './catalogue.ts'
import { hashOf, writeFiles } from './export.ts'
import { GUIDE_FILE, lookAround, renderGuide } from './guide.ts'
import { recover, type StepObserver } from './journal.ts'
import { readyTarget, unwritable, type Target } from './place.ts'
import { planFiles } from './plan.ts'
import { verifyBundle } from './verify-bundle.ts'

export interface SkillsOptions {
  /** The folder the program was shipped in. */
  root: string
  clock: Clock
  onStep?: StepObserver
}

export interface Skills {
  list(): Skill[]
  /** What an export would do. Puts right what an interrupted one left, which it says; writes nothing else. */
  plan(dest: string): Promise<ExportPlan>
  /** Exports; throws `would_change` with nothing changed where files differ that are not among those to be replaced. */
  export(dest: string, replace: 'all' | readonly string[]): Promise<Omit<ExportResult, 'recorded'>>
  bundle(file: string, overwrite: boolean): BundleResult
  verifyBundle(file: string): BundleVerdict
}

const TEMPLATE_FILE = 'assets/templates/EXPORT_GUIDE.template.md'

interface Prepared {
  target: Target
  files: OutFile[]
  plan: ExportPlan
}

/** How many changed files a refusal names. */
const MOST_NAMED = 10

export function openSkills({ root, clock, onStep }: SkillsOptions): Skills {
  async function prepare(dest: string): Promise<Prepared> {
    const catalogue = readCatalogue(root)
    const target = readyTarget(dest, root)
    const notes = [...target.notes, ...recovered(target, onStep)]
    const files = await exportedFiles(catalogue, target)
    const planned = await planFiles(target.dest, files)
    return { target, files, plan: { dest: target.dest, creates_dest: target.creates, files: planned, notes } }
  }
  return {
    list: () => readCatalogue(root).skills,
    plan: async (dest) => (await prepare(dest)).plan,
    async export(dest, replace) {
      const { target, files, plan } = await prepare(dest)
      const changed = plan.files.filter(
        ({ path, state }) => state === 'changed' && replace !== 'all' && !replace.includes(path),
      )
      if (changed.length > 0)
        throw wouldChange(
          target.dest,
          changed.map(({ path }) => path),
        )
      const written = plan.files.filter(({ state }) => state !== 'same').length
      const sha256 =
        written === 0 ? hashOf(target.dest, files) : writeFiles(target, files, plan.files, onStep)
      return {
        dest: target.dest,
        exported_at: nowSeconds(clock),
        files: plan.files,
        written,
        bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
        sha256,
        notes: plan.notes,
      }
    },
    bundle: (file, overwrite) => writeBundle(readCatalogue(root), file, overwrite),
    verifyBundle,
  }
}

function wouldChange(dest: string, paths: readonly string[]) {
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : ''
  const many = paths.length === 1 ? '1 file' : `${paths.length} files`
  const said = `${many} in ${dest} would change: ${paths.slice(0, MOST_NAMED).join(', ')}${more}`
  return userError('would_change', said, 'look at them, then give --overwrite')
}

function recovered({ dest, creates }: Target, onStep?: StepObserver): string[] {
  if (creates) return []
  try {
    return recover(dest, onStep)
  } catch (thrown) {
    throw unwritable(thrown, dest)
  }
}

/** Everything an export writes, the guide for exactly this target included. */
export async function exportedFiles(catalogue: Catalogue, target: Target): Promise<OutFile[]> {
  const template = { path: TEMPLATE_FILE, bytes: Buffer.from(catalogue.template), executable: false }
  const shipped = [...catalogue.files, template, catalogue.launcher]
  const exported = new Set([...shipped.map(({ path }) => path), GUIDE_FILE])
  const around = await lookAround(target, exported)
  const guide = renderGuide(catalogue.template, target, catalogue.skills, around)
  return [...shipped, { path: GUIDE_FILE, bytes: Buffer.from(guide), executable: false }].sort(byPath)
}
