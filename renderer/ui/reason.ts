/** What is kept of a reason as it was written; null where nothing was. */
export const writtenReason = (text: string): string | null => {
  const reason = text.trim()
  return reason === '' ? null : reason
}
