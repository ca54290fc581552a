import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { isBusy, SqliteDatabase, type SqliteResult, type SqliteStatement } from './sqlite-database.ts'
import { SqliteThread } from './sqlite-thread.ts'
import { assertStoredValue } from './stored-value.ts'
import { refuseInsideTransaction } from './transaction-scope.ts'

/** A way round Kysely's steps: queries that make a transaction of their own are sent to the thread as one message. */
export type Transact = (queries: readonly CompiledQuery[]) => Promise<void>

/** Kysely on the writing thread: one connection, which a transaction has for itself. */
export function sqliteWriteDialect(file: string): { readonly dialect: Dialect; readonly transact: Transact } {
  const driver = new WriteDriver(new SqliteThread(file))
  return { dialect: dialect(() => driver), transact: (queries) => driver.transact(queries) }
}

/** Kysely on a connection of this thread that only reads: a look by an index takes less than a message to a thread. */
export function sqliteReadDialect(file: string): Dialect {
  return dialect(() => new ReadDriver(file))
}

/** Kysely on a thread that only reads: for what may look at many rows. It begins at the first search. */
export function sqliteSearchDialect(file: string): Dialect {
  return dialect(() => new SearchDriver(file))
}

function dialect(createDriver: () => Driver): Dialect {
  return {
    createDriver,
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new Adapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  }
}

/** Leaves the queue before the one connection to the driver, which can tell a transaction that would wait for itself. */
class Adapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class WriteDriver implements Driver {
  readonly #writer: SqliteThread
  readonly #connection: DatabaseConnection
  #queue: Promise<void> = Promise.resolve()
  #release: () => void = () => {}

  constructor(writer: SqliteThread) {
    this.#writer = writer
    this.#connection = connection((statement) => writer.execute(statement))
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    refuseInsideTransaction()
    const { promise, resolve } = Promise.withResolvers<void>()
    const turn = this.#queue
    this.#queue = promise
    await turn
    this.#release = resolve
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#release()
  }

  async transact(queries: readonly CompiledQuery[]): Promise<void> {
    const statements = queries.map(toStatement)
    await this.acquireConnection()
    try {
      await this.#writer.transact(statements)
    } finally {
      this.#release()
    }
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(): Promise<void> {
    await this.#writer.rollback()
  }

  async destroy(): Promise<void> {
    await this.#writer.close()
  }
}

class ReadDriver implements Driver {
  readonly #file: string
  #database: SqliteDatabase | undefined

  constructor(file: string) {
    this.#file = file
  }

  async init(): Promise<void> {
    this.#database = new SqliteDatabase(this.#file, { busyTimeout: 0, readOnly: true })
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return connection((statement) => this.#execute(statement))
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(): Promise<void> {
    throw new Error('the reading connection has no transactions')
  }

  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#database?.close()
  }

  /** Readers meet a lock only while another process opens or closes the file: wait for it without holding up the loop. */
  async #execute(statement: SqliteStatement): Promise<SqliteResult> {
    if (!this.#database) throw new Error('the database is closed')
    for (let attempt = 0; ; attempt++) {
      try {
        return this.#database.execute(statement)
      } catch (error) {
        if (!isBusy(error) || attempt >= 500) throw error
        await pause(10)
      }
    }
  }
}

class SearchDriver implements Driver {
  readonly #file: string
  #thread: SqliteThread | undefined
  #connection: DatabaseConnection | undefined

  constructor(file: string) {
    this.#file = file
  }

  async init(): Promise<void> {
    const thread = new SqliteThread(this.#file, { readOnly: true })
    this.#thread = thread
    this.#connection = connection((statement) => thread.execute(statement))
    // The pages of indexes are read again and again; 2 MB of them is SQLite's own measure.
    await thread.execute({ sql: 'pragma cache_size = -32768', parameters: [] })
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#connection) throw new Error('the database is closed')
    return this.#connection
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(): Promise<void> {
    throw new Error('the searching connection has no transactions')
  }

  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#thread?.close()
  }
}

function connection(execute: (statement: SqliteStatement) => Promise<SqliteResult>): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await execute(toStatement(query))
      return { rows: rows as R[], numAffectedRows: BigInt(changes) }
    },
    // biome-ignore lint/correctness/useYield: nothing of the store streams.
    async *streamQuery(): AsyncIterableIterator<never> {
      throw new Error('the SQLite dialect does not stream')
    },
  }
}

function toStatement({ sql, parameters }: CompiledQuery): SqliteStatement {
  const values = parameters.map((parameter) => {
    assertStoredValue(parameter)
    return parameter
  })
  return { sql, parameters: values }
}
