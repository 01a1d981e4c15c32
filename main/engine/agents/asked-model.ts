/** Which model is recorded: the one that was asked, which need not be the one that was meant. */
import type { AskedModel } from './harness.ts'

export const UNKNOWN_MODEL = 'unknown'

export const askedModel = ({ model }: AskedModel, meant: string): string =>
  model === undefined ? meant : (model ?? UNKNOWN_MODEL)
