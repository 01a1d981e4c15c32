/** What a parsed patch is made of, and the limits it keeps to. */

export type Operation = 'add' | 'update' | 'delete'

export const MAX_PATCH_BYTES = 1024 * 1024
export const MAX_LINE_BYTES = 64 * 1024
export const MAX_HUNKS = 10_000

/** One hunk, its lines already joined to the bytes they stand for. */
export interface Hunk {
  /** Line numbers as the hunk header gave them; null for a bare `@@`. */
  stated: { oldStart: number; newStart: number } | null
  oldLines: number
  newLines: number
  added: number
  removed: number
  /** Context lines before the first and after the last changed line. */
  leading: number
  trailing: number
  /** What the hunk expects to find, and what it leaves. */
  oldBytes: Buffer
  newBytes: Buffer
  /** The lines with their leading marks, in git's own form. */
  body: Buffer
  /** Whether the last line of that side has no final newline, so that the side must end the file. */
  oldEndsFile: boolean
  newEndsFile: boolean
  /** How many body lines end in CR LF, and in LF alone; a line without newline counts in neither. */
  crlfLines: number
  lfLines: number
}

export interface ParsedPatch {
  /** The repository path all headers are rebuilt from. */
  path: string
  hunks: Hunk[]
  /** What a `new file mode` header said; null when there was none. */
  executable: boolean | null
  /** One sentence for each way in which the text was not in git's own form. */
  normalised: string[]
  added: number
  removed: number
}

export const NO_NEWLINE = '\\ No newline at end of file\n'

export interface PatchRefusal {
  ok: false
  code: PatchRefusalCode
  message: string
}

export type PatchRefusalCode =
  | 'patch_binary'
  | 'patch_too_many_hunks'
  | 'patch_no_hunks'
  | 'patch_empty_hunk'
  | 'patch_garbage'
  | 'patch_bad_hunk_header'
  | 'patch_misplaced_no_newline'
  | 'patch_other_file'
  | 'patch_second_file'
  | 'patch_rename'
  | 'patch_copy'
  | 'patch_mode_change'
  | 'patch_symlink'
  | 'patch_gitlink'
  | 'patch_bad_mode'
  | 'patch_wrong_operation'
  | 'patch_add_has_old_lines'
  | 'patch_delete_has_new_lines'

export const refuse = (code: PatchRefusalCode, message: string): PatchRefusal => ({
  ok: false,
  code,
  message,
})
