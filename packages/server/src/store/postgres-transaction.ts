import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import type { Connections, Database } from './database.ts'

/**
 * Runs the work in a transaction whose statements don't wait for one another: those that are asked for side by side go to
 * the server in one write. (Kysely's own sends each when the one before has been answered.)
 */
export async function transactOnPostgres<T>(
  pool: pg.Pool,
  work: (transaction: Kysely<Database>, run: Connections['run']) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  const connection = new ClientConnection(client)
  let isLost = false
  try {
    // Goes out with the first statements of the work, in one write.
    const [, result] = await Promise.all([
      client.query('begin').catch((error) => {
        isLost = true
        throw error
      }),
      work(databaseOn(connection), (query) => connection.executeQuery(query)),
    ])
    connection.end()
    const { command } = await client.query('commit')
    if (command !== 'COMMIT') throw new Error('a statement of the transaction failed, and so nothing of it is kept')
    return result
  } catch (error) {
    connection.end()
    await client.query('rollback').catch(() => {
      isLost = true
    })
    throw error
  } finally {
    client.release(isLost)
  }
}

/** The client, as long as its transaction lasts. */
class ClientConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient
  #isOver = false

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  end(): void {
    this.#isOver = true
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    // It would be written for good, by itself.
    if (this.#isOver) throw new Error('the transaction is over')
    const { rows, rowCount, command } = await this.#client.query(sql, parameters as unknown[])
    return { rows, ...(command !== 'SELECT' && { numAffectedRows: BigInt(rowCount ?? 0) }) }
  }

  // biome-ignore lint/correctness/useYield: nothing of the store streams.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('a transaction does not stream')
  }
}

function databaseOn(connection: DatabaseConnection): Kysely<Database> {
  const refuse = (): Promise<never> => Promise.reject(new Error('it is a transaction already'))
  const nothing = async (): Promise<void> => {}
  const driver: Driver = {
    init: nothing,
    acquireConnection: async () => connection,
    releaseConnection: nothing,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    destroy: nothing,
  }
  return new Kysely<Database>({
    dialect: {
      createDriver: () => driver,
      createAdapter: () => new PostgresAdapter(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (database) => new PostgresIntrospector(database),
    },
  })
}
