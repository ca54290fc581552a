import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { StoredValue } from './stored-value.ts'

/** A statement and what it is given. */
export type SqliteStatement = { readonly sql: string; readonly parameters: readonly StoredValue[] }

/** What a statement gives: rows, or the number of rows that it changed. */
export type SqliteResult = { readonly rows: Record<string, unknown>[]; readonly changes: number }

type Prepared = { readonly statement: StatementSync; readonly givesRows: boolean }

const BUSY = 5
const MAX_STATEMENTS = 256

/** True when another connection has the lock that a statement needed. */
export function isBusy(error: unknown): boolean {
  // The extended codes (SQLITE_BUSY_RECOVERY, …) have the plain one in their low byte.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === BUSY
}

/** A synchronous connection to a SQLite file, with its prepared statements. */
export class SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, Prepared>()

  constructor(file: string, { busyTimeout, readOnly }: { busyTimeout: number; readOnly: boolean }) {
    this.#database = new DatabaseSync(file, { timeout: busyTimeout, enableForeignKeyConstraints: true })
    if (!readOnly) this.#useWriteAheadLog()
    this.#database.exec('pragma synchronous = full; pragma journal_size_limit = 67108864; pragma trusted_schema = off')
    // What is deleted, or replaced, is overwritten: it may be a key under an old PIN.
    this.#database.exec(readOnly ? 'pragma query_only = on' : 'pragma secure_delete = on')
  }

  execute({ sql, parameters }: SqliteStatement): SqliteResult {
    const { statement, givesRows } = this.#prepare(sql)
    if (givesRows) return { rows: statement.all(...parameters), changes: 0 }
    return { rows: [], changes: Number(statement.run(...parameters).changes) }
  }

  /** Executes statements in a transaction of their own. */
  transact(statements: readonly SqliteStatement[]): void {
    this.#database.exec('begin immediate')
    try {
      for (const statement of statements) this.execute(statement)
      this.#database.exec('commit')
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  /** SQLite rolls back by itself on some errors (a full disk): then there is nothing left to do. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback')
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql)
    if (known) {
      // A Map keeps the order of insertion: the first is the one not used for longest.
      this.#statements.delete(sql)
      this.#statements.set(sql, known)
      return known
    }
    const statement = this.#database.prepare(sql)
    // Asked once: it makes five strings of each column.
    const prepared = { statement, givesRows: statement.columns().length > 0 }
    this.#statements.set(sql, prepared)
    if (this.#statements.size > MAX_STATEMENTS) this.#statements.delete(this.#statements.keys().next().value ?? '')
    return prepared
  }

  /** The change of the journal's mode does not wait for a lock, so that processes that start together must try again. */
  #useWriteAheadLog(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4))
    for (let attempt = 0; ; attempt++) {
      try {
        this.#database.exec('pragma journal_mode = wal')
        return
      } catch (error) {
        if (!isBusy(error) || attempt >= 500) throw error
        Atomics.wait(pause, 0, 0, 20)
      }
    }
  }
}
