import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/hygiene.ts'],
    reporters: ['./test/support/reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A bound for what comes by itself, not a measure: one second is short on a machine with other things to do.
    expect: { poll: { timeout: 15_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
})
