// A reporter for node --test: one line, for whoever reads only the end of what `npm test` prints.

/** @param {import('node:test/reporters').TestEvent[]} source */
export default async function* countReporter(source) {
  let suites = 0
  for await (const event of source) {
    // A suite that could not be begun has no tests that fail: it counts itself.
    if (event.type === 'test:fail' && event.data.details.type === 'suite') suites += isItsOwn(event.data.details.error)
    // The runner gives a summary for each file, and one for the whole run, which names no file.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue
    const { passed, cancelled, skipped, tests } = event.data.counts
    const failed = tests - passed - skipped - event.data.counts.todo + suites
    yield `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}${cancelled > 0 ? `, ${cancelled} of them cancelled` : ''}\n`
  }
}

/** @param {Error & { readonly failureType?: string }} error */
function isItsOwn({ failureType }) {
  return failureType === 'subtestsFailed' || failureType === 'cancelledByParent' ? 0 : 1
}
