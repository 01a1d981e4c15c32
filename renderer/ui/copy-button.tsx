/** Copies a text and says so in place. */
import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { browserClock } from '../state/clock.ts'
import { tellFailure } from '../state/toasts.ts'
import { IconButton } from './button.tsx'

/** `text` may be a function where making it costs something: it is asked only for the copy. */
export function CopyButton({ text, label = 'Copy' }: { text: string | (() => string); label?: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => (copied ? browserClock.after(1500, () => setCopied(false)) : undefined), [copied])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text())
      setCopied(true)
    } catch {
      tellFailure('Not copied', {
        kind: 'user',
        code: 'clipboard',
        message: 'The clipboard is not available to this page',
        hint: 'Select the text and copy it by hand.',
      })
    }
  }
  return (
    <IconButton
      label={copied ? 'Copied' : label}
      icon={copied ? <Check size={14} /> : <Copy size={14} />}
      onClick={() => void copy()}
    />
  )
}
