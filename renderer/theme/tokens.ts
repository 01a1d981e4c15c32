/** Every colour, size and duration of the window: CSS, charts and the editor's theme are made from this table. */

/** Name → [light, dark]. */
export const COLORS = {
  bg: ['#fbfbfa', '#121314'],
  panel: ['#ffffff', '#18191b'],
  raised: ['#f3f3f1', '#212326'],
  text: ['#1b1b19', '#ededeb'],
  muted: ['#5f5f5a', '#a3a5a8'],
  hairline: ['#dcdcd7', '#2e3135'],
  control: ['#84847c', '#74777d'],
  accent: ['#2f5bd3', '#8aa8ff'],
  'on-accent': ['#ffffff', '#0f1626'],
  'accent-soft': ['#e9eefb', '#20283d'],
  ok: ['#1a7240', '#5fcb87'],
  warn: ['#8a5a00', '#e5b04a'],
  danger: ['#b3261e', '#ff8a80'],
  conflict: ['#a1307b', '#f08bcb'],
  'ok-soft': ['#e6f3ea', '#16291e'],
  'warn-soft': ['#faf0db', '#2e2513'],
  'danger-soft': ['#fbe9e7', '#361d1b'],
  'conflict-soft': ['#f8e8f2', '#331c2b'],
  // Grounds within a line; every ink of code holds on them.
  'ok-strong': ['#d3edda', '#1c4229'],
  'danger-strong': ['#fadbd7', '#52221e'],
  selection: ['#d8e3fa', '#2a3865'],
  found: ['#f7e3b5', '#463713'],
  scrim: ['#1b1b1966', '#00000099'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>
export type ColorName = keyof typeof COLORS

/** Name → value, the same in both themes. */
export const SIZES = {
  's-2': '2px',
  's-4': '4px',
  's-8': '8px',
  's-12': '12px',
  's-16': '16px',
  's-24': '24px',
  's-32': '32px',
  'radius-s': '4px',
  'radius-m': '6px',
  'font-ui': "'Inter Variable', system-ui, sans-serif",
  'font-code': "'JetBrains Mono Variable', ui-monospace, monospace",
  'text-12': '12px/16px var(--font-ui)',
  'text-13': '13px/20px var(--font-ui)',
  'text-15': '15px/20px var(--font-ui)',
  'text-20': '20px/28px var(--font-ui)',
  'text-code': '12px/18px var(--font-code)',
  'motion-fast': '80ms',
  'motion-base': '120ms',
  'motion-slow': '180ms',
  row: '28px',
} as const

/** What `data-density='comfortable'` changes. */
const COMFORTABLE = { row: '36px' } as const

const lines = (table: Readonly<Record<string, string>>): string =>
  Object.entries(table)
    .map(([name, value]) => `  --${name}: ${value};\n`)
    .join('')

/** The text of tokens.css. */
export function tokensCss(): string {
  const colors = Object.fromEntries(
    Object.entries(COLORS).map(([name, [light, dark]]) => [name, `light-dark(${light}, ${dark})`]),
  )
  return [
    '/* Made from tokens.ts; test/renderer/tokens.test.ts writes it again with `vitest -u`. */\n',
    `:root {\n  color-scheme: light dark;\n${lines(colors)}${lines(SIZES)}}\n\n`,
    ":root[data-theme='light'] {\n  color-scheme: light;\n}\n\n",
    ":root[data-theme='dark'] {\n  color-scheme: dark;\n}\n\n",
    `:root[data-density='comfortable'] {\n${lines(COMFORTABLE)}}\n\n`,
    '@media (prefers-reduced-motion: reduce) {\n  :root {\n    --motion-fast: 0ms;\n    --motion-base: 0ms;\n    --motion-slow: 0ms;\n  }\n}\n',
  ].join('')
}
