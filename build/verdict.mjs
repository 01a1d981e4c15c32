/** Decides what a test run came to, so that neither a crash nor an empty run looks like a good one. */

/**
 * Returns the counts to report and, where they differ from what was counted, a sentence that says why.
 *
 * @param {{passed: number, failed: number, skipped: number} | null} counts null when the run ended before it counted
 * @param {number} exitCode of the test runner
 */
export function judge(counts, exitCode) {
  if (counts === null) {
    const remark = `The test run ended early with exit code ${exitCode}.`
    return { counts: { passed: 0, failed: 1, skipped: 0 }, remark }
  }
  if (counts.passed + counts.failed + counts.skipped === 0) {
    return { counts: { ...counts, failed: 1 }, remark: 'No test was found.' }
  }
  if (counts.failed === 0 && exitCode !== 0) {
    const remark = `The test runner ended with exit code ${exitCode} although no test failed.`
    return { counts: { ...counts, failed: 1 }, remark }
  }
  return { counts, remark: null }
}

/** Returns the last line of a test run. */
export function lineOf({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
