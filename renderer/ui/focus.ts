/** Focus that a view takes for its keys when it opens: nobody went there, so no frame is drawn until a key is pressed. */
export function focusQuietly(element: HTMLElement | null): void {
  // `focusVisible` is in the HTML standard; the types do not know it yet.
  const options: FocusOptions & { focusVisible: boolean } = { preventScroll: true, focusVisible: false }
  element?.focus(options)
}
