/** Tells how a test run goes: one line a file, every skipped test with its reason, every failure in full. */
import { writeFileSync } from 'node:fs'
import type { SerializedError } from 'vitest'
import { DefaultReporter, type TestCase, type TestModule, type TestRunEndReason } from 'vitest/node'

/** What a run came to; `failed` counts tests, and files, hooks and stray errors that failed outside a test. */
export interface RunCounts {
  passed: number
  failed: number
  skipped: number
}

/** Environment variable that names the file the counts are written to. */
export const COUNTS_FILE = 'HYPERION_TEST_COUNTS'

/** Counts what happened in one file; a failure outside any test (import, hook) counts as one failed test. */
export function countModule(module: TestModule): RunCounts {
  const counts: RunCounts = { passed: 0, failed: 0, skipped: 0 }
  for (const test of module.children.allTests()) counts[outcomeOf(test)] += 1
  for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
  counts.failed += module.errors().length
  if (counts.failed === 0 && module.state() === 'failed') counts.failed = 1
  return counts
}

/** A test that never ran, because the run stopped or its hooks failed, did not pass. */
function outcomeOf(test: TestCase): keyof RunCounts {
  const { state } = test.result()
  return state === 'pending' ? 'failed' : state
}

function skippedLines(module: TestModule): string[] {
  const lines: string[] = []
  for (const test of module.children.allTests()) {
    const result = test.result()
    if (result.state !== 'skipped') continue
    lines.push(`    skipped: ${test.fullName}: ${result.note ?? 'no reason given'}`)
  }
  return lines
}

export default class ProgressReporter extends DefaultReporter {
  constructor() {
    super({ summary: false })
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const total: RunCounts = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      const counts = countModule(module)
      total.passed += counts.passed
      total.failed += counts.failed
      total.skipped += counts.skipped
    }
    const file = process.env[COUNTS_FILE]
    if (file !== undefined) writeFileSync(file, JSON.stringify(total))
    super.onTestRunEnd(modules, errors, reason)
  }

  protected override printTestModule(module: TestModule): void {
    const state = module.state()
    if (state === 'queued' || state === 'pending') return
    const { passed, failed, skipped } = countModule(module)
    const parts = [`${passed} passed`]
    if (failed > 0) parts.push(`${failed} failed`)
    if (skipped > 0) parts.push(`${skipped} skipped`)
    const seconds = (module.diagnostic().duration / 1000).toFixed(1)
    const mark = failed > 0 ? '✗' : '✓'
    this.log(`${mark} ${module.relativeModuleId}: ${parts.join(', ')} (${seconds} s)`)
    for (const test of module.children.allTests()) {
      if (test.result().state === 'failed') this.log(`    failed: ${test.fullName}`)
    }
    for (const line of skippedLines(module)) this.log(line)
  }

  // The last line of a run is printed by build/test.mjs, which also knows of crashes.
  override reportTestSummary(): void {}
}
