/** What came as JSON from a program or a model, read without believing that it has any shape. */

export type Fields = Readonly<Record<string, unknown>>

/** No fields where it is no object. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
