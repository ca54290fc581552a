/** A thread for SQLite: a commit waits for the disk here, a search reads here, and not in the event loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { SqliteDatabase, type SqliteResult, type SqliteStatement } from './sqlite-database.ts'

/** What the thread is asked: one statement, several as one transaction, or to undo what is open. */
export type SqliteRequest =
  | { readonly id: number; readonly kind: 'execute'; readonly statement: SqliteStatement }
  | { readonly id: number; readonly kind: 'transact'; readonly statements: readonly SqliteStatement[] }
  | { readonly id: number; readonly kind: 'rollback' }
  | { readonly id: number; readonly kind: 'close' }

/** Its answer. */
export type SqliteResponse =
  | { readonly id: number; readonly result: SqliteResult }
  | { readonly id: number; readonly error: { readonly message: string; readonly errcode: number | undefined } }

const NOTHING: SqliteResult = { rows: [], changes: 0 }
const port = parentPort
if (!port) throw new Error('sqlite-worker runs as a worker thread')
const { file, readOnly } = workerData as { readonly file: string; readonly readOnly: boolean }
const database = new SqliteDatabase(file, { busyTimeout: 5000, readOnly })

function answer(request: SqliteRequest): SqliteResult {
  if (request.kind === 'execute') return database.execute(request.statement)
  if (request.kind === 'transact') database.transact(request.statements)
  else if (request.kind === 'rollback') database.rollback()
  else database.close()
  return NOTHING
}

port.on('message', (request: SqliteRequest) => {
  let response: SqliteResponse
  try {
    response = { id: request.id, result: answer(request) }
  } catch (error) {
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined
    response = { id: request.id, error: { message: error instanceof Error ? error.message : String(error), errcode } }
  }
  port.postMessage(response)
  if (request.kind === 'close') port.close()
})
