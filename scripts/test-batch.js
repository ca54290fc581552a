// Several test files in one process, one after the other, each of them a suite of its own.
import { AsyncResource } from 'node:async_hooks'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'

/** For a file, and for a test alone: both are far quicker. */
const PATIENCE_MS = 240_000
/** For what a test began and did not end. */
const LEAVING_MS = 30_000

/**
 * Declares the suites. The file `mark` names the one that is running, and is gone once the last has run: where it is
 * left, the process ended before.
 * @param {readonly string[]} files absolute paths
 * @param {{ readonly root: string, readonly mark: string }} places
 */
export function runBatch(files, { root, mark }) {
  const names = files.map((file) => file.slice(root.length)).join(', ')
  writeFileSync(mark, `one of ${names}`)
  after(() => {
    rmSync(mark)
    // Runs only where something keeps the process from its end.
    setTimeout(() => {
      console.error(`Something still runs that these had begun: ${names}`)
      process.exit(1)
    }, LEAVING_MS).unref()
  })
  process.once('exit', () => {
    if (existsSync(mark)) process.exitCode = 1
  })
  /** @type {Promise<void>} */
  let loaded = Promise.resolve()
  for (const file of files) {
    const name = file.slice(root.length)
    describe(name, { timeout: PATIENCE_MS }, () => {
      before(async () => {
        // What one loads is not to disturb another's tests.
        await loaded
        writeFileSync(mark, name)
      })
      // What it declares belongs to this suite, although others are loaded before.
      const load = AsyncResource.bind(() => loadFile(file))
      loaded = loaded.then(load)
      return loaded
    })
  }
}

/** @param {string} file */
async function loadFile(file) {
  try {
    await import(pathToFileURL(file).href)
  } catch (error) {
    test('can be loaded', () => {
      throw error
    })
  }
}
