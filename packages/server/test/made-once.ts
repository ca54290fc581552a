/** What a run of tests made once before the first of them, to be copied: without such a run each test makes its own. */
import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A SQLite file of the schema alone; the same and the quickstart after the first start of the rules alone; and the data
 * folders of whole platforms after theirs.
 */
export type MadeOnce = 'schema' | 'world' | 'sqlite' | 'postgres'

/** The folder of a run, which goes with it. */
const FOLDER_OF_THE_RUN = 'TEST_RUN_FOLDER'

/** Where it is made; undefined where nothing is. */
export function placeOf(what: MadeOnce): string | undefined {
  const folder = process.env[FOLDER_OF_THE_RUN]
  return folder && join(folder, what)
}

/** Copies it into a folder, which is made where it is missing; whether there is one. */
export async function copyMade(what: MadeOnce, folder: string): Promise<boolean> {
  const made = placeOf(what)
  if (!made || !existsSync(made)) return false
  await cp(made, folder, { recursive: true })
  return true
}

/** Settings that a first start does not see. */
const OF_REQUESTS = ['FAILURE_RATE', 'REQUEST_RATE', 'VERIFY_RATE', 'MAX_UPLOAD', 'TSA_URL'].map(
  (name) => `COUNTERSIGN_${name}`,
)

/** Whether a first start under these settings would make what was made. */
export function isAsMade(environment: Readonly<Record<string, string>>): boolean {
  return Object.keys(environment).every((name) => OF_REQUESTS.includes(name))
}
