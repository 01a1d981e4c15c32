/** Files that a program writes: a text merged from two of them is one that it would never write. */

const NAMES =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|bun\.lockb?|go\.sum|[^/]+\.lock|[^/]+-lock\.(?:ya?ml|json))$/
const SNAPSHOTS = /\.(?:snap|snapshot|min\.(?:js|css)|map)$/

export const isGenerated = (path: string): boolean => NAMES.test(path) || SNAPSHOTS.test(path)
