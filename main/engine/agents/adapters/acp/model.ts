/** Which model a session asks: what the agent offers, and how it is set. */
import { fieldsOf, textOf, type Fields } from '../../fields.ts'

export interface Offer {
  values: string[]
  current: string | null
  method: string
  /** What is sent to choose one, beside the session's id. */
  params(value: string): Record<string, unknown>
}

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])

/** Reads the answer that began a session; null where the agent leaves no choice. */
export function offerOf(answer: unknown): Offer | null {
  const { configOptions, models } = fieldsOf(answer)
  const options = listOf(configOptions).filter(({ type }) => type === 'select')
  const option =
    options.find(({ category }) => category === 'model') ?? options.find(({ id }) => id === 'model')
  if (option !== undefined) {
    // They may be in groups.
    const values = listOf(option['options']).flatMap((one) =>
      'options' in one ? listOf(one['options']) : [one],
    )
    return {
      values: values.map(({ value }) => textOf(value)),
      current: textOf(option['currentValue']) || null,
      method: 'session/set_config_option',
      params: (value) => ({ configId: option['id'], value }),
    }
  }
  // As it was before there were options.
  const said = fieldsOf(models)
  const values = listOf(said['availableModels']).map(({ modelId }) => textOf(modelId))
  return values.length === 0
    ? null
    : {
        values,
        current: textOf(said['currentModelId']) || null,
        method: 'session/set_model',
        params: (modelId) => ({ modelId }),
      }
}
