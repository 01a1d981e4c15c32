/** What tokens cost, in billionths of a currency; what nobody priced or counted stays unknown. */

/** Price of a million tokens, in the currency. */
export interface Price {
  input: number
  output: number
}

export interface Tokens {
  inputTokens: number
  outputTokens: number
}

export const NANO = 1_000_000_000
const PER_MILLION = NANO / 1_000_000

export const toNano = (money: number): number => Math.round(money * NANO)

/** Null where the model has no price. */
export const costOf = ({ inputTokens, outputTokens }: Tokens, price: Price | undefined): number | null =>
  price === undefined
    ? null
    : Math.round((inputTokens * price.input + outputTokens * price.output) * PER_MILLION)

/** Four characters a token, as providers say of English and code; where it counts they are counted. */
export const estimatedTokens = (characters: number): number => Math.ceil(characters / 4)

/** "0.0123 USD", to four figures that count; "unknown" for null. */
export function moneyText(nano: number | null, currency: string | null): string {
  if (nano === null) return 'unknown'
  const amount = nano / NANO
  const text =
    amount === 0 || Math.abs(amount) >= 1 ? amount.toFixed(2) : Number(amount.toPrecision(4)).toString()
  return currency === null ? text : `${text} ${currency}`
}
