/** Skills, what an export would do and did, bundles, and sessions, as the command line prints and the app shows them. */
import { z } from 'zod'
import { idSchema, sha256Schema, timeSchema } from './ids.ts'

const bytes = z.int().min(0)

export const skillSchema = z
  .strictObject({
    name: z.string(),
    description: z.string().describe('What it does, and when it is to be used.'),
    files: z
      .array(z.strictObject({ path: z.string(), bytes }))
      .describe('Its files, named from its own folder, sorted.'),
    text: z.string().describe('SKILL.md without its front matter.'),
  })
  .meta({ title: 'Skill', description: 'A skill of the catalogue, in the Agent Skills format.' })
export type Skill = z.infer<typeof skillSchema>

export const FILE_STATES = ['new', 'same', 'changed'] as const

export const plannedFileSchema = z.strictObject({
  path: z.string().describe('From the target folder on.'),
  state: z.enum(FILE_STATES),
  bytes: bytes.describe('Of what would be written.'),
  added: z.int().min(0).nullable().describe('Lines that would come; null where lines cannot be counted.'),
  removed: z.int().min(0).nullable().describe('Lines that would go; null where lines cannot be counted.'),
  mode_only: z.boolean().describe('Only the file being executable or not would change.'),
})
export type PlannedFile = z.infer<typeof plannedFileSchema>

export const exportPlanSchema = z.strictObject({
  dest: z.string().describe('The folder, with links followed.'),
  creates_dest: z.boolean(),
  files: z.array(plannedFileSchema),
  notes: z.array(z.string()).describe('What a person should know before it is done.'),
})
export type ExportPlan = z.infer<typeof exportPlanSchema>

export const exportResultSchema = z
  .strictObject({
    dest: z.string(),
    exported_at: timeSchema,
    files: z.array(plannedFileSchema).describe('Every file of the export, and what it was before.'),
    written: z.int().min(0).describe('How many of them were not there as they are now.'),
    bytes: bytes.describe('Of all files together.'),
    sha256: sha256Schema.describe('Of the sorted lines `<sha256>  <path>`, read back after writing.'),
    recorded: z
      .boolean()
      .describe('Whether the workspace knows of it: next_task_context.json then tells it.'),
    notes: z.array(z.string()),
  })
  .meta({ title: 'Export', description: 'What `export --format json` prints.' })
export type ExportResult = z.infer<typeof exportResultSchema>

export const bundleResultSchema = z
  .strictObject({
    file: z.string(),
    checksum_file: z.string(),
    entries: z.int().min(1),
    bytes,
    sha256: sha256Schema.describe('Of the file; the checksum file holds the same.'),
    written: z.boolean().describe('False where exactly this was there already.'),
  })
  .meta({ title: 'Bundle', description: 'What `export-bundle --format json` prints.' })
export type BundleResult = z.infer<typeof bundleResultSchema>

export const bundleVerdictSchema = z
  .strictObject({
    file: z.string(),
    ok: z.boolean(),
    problems: z
      .array(z.strictObject({ code: z.string(), message: z.string() }))
      .describe('Why it is not ok; what could not be checked is one of them.'),
    entries: z.int().min(0).nullable().describe('Null where the archive could not be read.'),
    sha256: sha256Schema,
  })
  .meta({ title: 'Bundle verdict', description: 'What `verify-bundle --format json` prints.' })
export type BundleVerdict = z.infer<typeof bundleVerdictSchema>

/** What `export` leaves for the agents to know: next_task_context.json carries it. */
export const exportedSkillsSchema = z.strictObject({
  dest: z.string(),
  exported_at: timeSchema,
  sha256: sha256Schema,
})
export type ExportedSkills = z.infer<typeof exportedSkillsSchema>

export const sessionSchema = z
  .strictObject({
    resume_id: idSchema,
    harness: z.string(),
    model: z.string().nullable().describe('Null: by complexity.'),
    task_id: idSchema.nullable(),
    allow_all_tools: z.boolean().describe("As it was asked for; it never widens a Developer's tools."),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .meta({ title: 'Session', description: 'A row of `session list --format json`.' })
export type AgentSession = z.infer<typeof sessionSchema>
