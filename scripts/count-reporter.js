// A reporter for node --test: one line, for whoever reads only the end of what `npm test` prints.

/** @param {import('node:test/reporters').TestEvent[]} source */
export default async function* countReporter(source) {
  for await (const event of source) {
    // The runner gives a summary for each file, and one for the whole run, which names no file.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue
    const { passed, cancelled, skipped, tests } = event.data.counts
    const failed = tests - passed - skipped - event.data.counts.todo
    yield `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}${cancelled > 0 ? `, ${cancelled} of them cancelled` : ''}\n`
  }
}
