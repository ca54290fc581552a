/** One platform at a time on a data folder. The lock ends with the process, however that ends. */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type FolderLock = { release(): void }

/**
 * Takes the folder; undefined when another process has it. Node has no lock on files, but SQLite does: an empty
 * database that is open for writing and never written to.
 */
export function lockFolder(folder: string): FolderLock | undefined {
  const file = join(folder, 'lock')
  const database = new DatabaseSync(file)
  try {
    chmodSync(file, 0o600)
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw error
  }
  return { release: () => database.close() }
}

const SQLITE_BUSY = 5
