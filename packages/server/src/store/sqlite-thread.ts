import { Worker } from 'node:worker_threads'
import type { SqliteResult, SqliteStatement } from './sqlite-database.ts'
import type { SqliteRequest, SqliteResponse } from './sqlite-worker.ts'

/** An error of SQLite, with its extended result code (sqlite.org/rescode.html). */
export class SqliteError extends Error {
  readonly errcode: number | undefined
  constructor(message: string, errcode: number | undefined) {
    super(message)
    this.name = 'SqliteError'
    this.errcode = errcode
  }
}

type Waiting = { readonly resolve: (result: SqliteResult) => void; readonly reject: (error: Error) => void }
type Question<T = SqliteRequest> = T extends SqliteRequest ? Omit<T, 'id'> : never

/** A connection in a thread of its own, which writes unless it is to read only: what it does, as promises. */
export class SqliteThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #ended: Error | undefined

  constructor(file: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./sqlite-worker.${extension}`, import.meta.url), {
      workerData: { file, readOnly },
      // The flags of the process are not for its threads: Node refuses --input-type, for one.
      execArgv: [],
    })
    this.#worker.unref()
    this.#worker.on('message', (response: SqliteResponse) => this.#settle(response))
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#end(new Error('the database is closed')))
  }

  execute(statement: SqliteStatement): Promise<SqliteResult> {
    return this.#ask({ kind: 'execute', statement })
  }

  /** Executes statements in a transaction of their own: one message there and one back. */
  async transact(statements: readonly SqliteStatement[]): Promise<void> {
    await this.#ask({ kind: 'transact', statements })
  }

  async rollback(): Promise<void> {
    await this.#ask({ kind: 'rollback' })
  }

  async close(): Promise<void> {
    if (this.#ended) return
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.#ask({ kind: 'close' })
    // Answered, it no longer holds the process; its end is still to come.
    this.#worker.ref()
    await exited
  }

  #ask(question: Question): Promise<SqliteResult> {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      // A process must not end while something waits to be written, and must not live on for an idle thread.
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ ...question, id })
    })
  }

  #settle(response: SqliteResponse): void {
    const waiting = this.#waiting.get(response.id)
    this.#waiting.delete(response.id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('result' in response) waiting?.resolve(response.result)
    else waiting?.reject(new SqliteError(response.error.message, response.error.errcode))
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
    this.#waiting.clear()
  }
}
