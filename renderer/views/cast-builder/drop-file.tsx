/** Takes one file that is dropped or chosen, as text. */
import { useRef, type ReactNode } from 'react'
import type { Failure } from '../../failure.ts'
import { cx } from '../../ui/cx.ts'
import { useFileDrop } from '../../ui/file-drop.ts'
import styles from './cast-builder.module.css'

const MAX_BYTES = 16 * 1024 * 1024

export interface Dropped {
  name: string
  text: string
}

const refusal = (code: string, message: string, hint: string): Failure => ({
  kind: 'user',
  code,
  message,
  hint,
})

async function read(file: File): Promise<Dropped | Failure> {
  if (file.size > MAX_BYTES)
    return refusal('too_large', `${file.name} has ${file.size.toLocaleString('en')} bytes`, `At most ${MAX_BYTES.toLocaleString('en')} are taken.`) // prettier-ignore
  try {
    // The mark at its beginning, if there is one, is a part of the file.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer())
    return { name: file.name, text }
  } catch {
    return refusal('not_utf8', `${file.name} is not valid UTF-8, or cannot be read`, 'Save it as UTF-8.')
  }
}

export function DropFile({
  label,
  accept,
  className,
  onFile,
  onFailure,
  children,
}: {
  /** Of the choice, for screen readers. */
  label: string
  accept?: string
  className?: string | undefined
  onFile: (file: Dropped) => void
  onFailure: (failure: Failure) => void
  children: (choose: () => void) => ReactNode
}) {
  const input = useRef<HTMLInputElement>(null)
  const take = (files: FileList | null): void => {
    const [file, second] = files ?? []
    if (file === undefined) return
    if (second !== undefined)
      return onFailure(refusal('several_files', 'Several files were given at once', 'Give one.'))
    void read(file).then((got) => ('text' in got ? onFile(got) : onFailure(got)))
  }
  const { over, on } = useFileDrop(take)
  return (
    <div className={cx(className, over && styles.over)} {...on}>
      <input
        ref={input}
        type="file"
        {...(accept === undefined ? {} : { accept })}
        className="unseen"
        tabIndex={-1}
        aria-label={label}
        onChange={(event) => {
          take(event.target.files)
          // The same file, corrected, can be chosen again.
          event.target.value = ''
        }}
      />
      {children(() => input.current?.click())}
    </div>
  )
}
