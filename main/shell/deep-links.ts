/** `hyperion://request/ID` and `hyperion://change/ID`: from a link to the place of the app it names. */
import { ID_PATTERN } from '../../schemas/ids.ts'

export const LINK_SCHEME = 'hyperion'

const LINK = /^hyperion:\/\/(request|change)\/([A-Za-z0-9._-]{1,200})\/?$/i
/** Row ids that JavaScript's numbers hold exactly. */
const ROW_ID = /^[1-9][0-9]{0,14}$/

/** Tells a link by its scheme alone, so that a hostile one is refused and not taken for a folder. */
export const isLink = (text: string): boolean => /^hyperion:/i.test(text.trimStart())

/**
 * Returns the path of the page a link leads to, or null for anything else.
 *
 * Links come from any web page or message: nothing is decoded, so that what is checked is what is used.
 */
export function parseLink(text: string): string | null {
  const match = LINK.exec(text)
  const kind = match?.[1]?.toLowerCase()
  const id = match?.[2]
  if (kind === undefined || id === undefined) return null
  const fits = kind === 'change' ? ROW_ID.test(id) : ID_PATTERN.test(id)
  return fits ? `/${kind}/${id}` : null
}

/** Whether a text is a place of the page, as preload takes it: a path, at most with the item of the Inbox it shows. */
export const isPlace = (path: string): boolean =>
  /^\/(?!\/)[A-Za-z0-9._/-]*(?:\?item=[A-Za-z0-9-]{1,100})?$/.test(path)
