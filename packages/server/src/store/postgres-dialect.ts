import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { type Dialect, PostgresDialect } from 'kysely'
import pg from 'pg'
import { assertStoredValue } from './stored-value.ts'

/** How many connections at most, and who is told of an idle one that is lost. */
export type PostgresOptions = { readonly connections: number; readonly onError: (error: Error) => void }

/** A pool whose rows come as SQLite's do, integers as numbers and bytes as Uint8Array; and Kysely on it. */
export function postgresDialect(
  url: string,
  { connections, onError }: PostgresOptions,
): { readonly dialect: Dialect; readonly pool: pg.Pool } {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    // Statements that are asked for side by side are sent so.
    pipeline: true,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'countersign',
    // A plan is made once, and kept: one that was made while a table was empty would read all of it when it is large.
    options: '-c enable_seqscan=off -c plan_cache_mode=force_generic_plan',
    types: { getTypeParser },
    Client,
  })
  // An idle connection that is lost is replaced at its next use; without a listener it would end the process.
  pool.on('error', onError)
  return { dialect: new PostgresDialect({ pool }), pool }
}

/** Checks what it is given, and has the server parse and plan each statement of the store only once a connection. */
class Client extends pg.Client {
  #isCorked = false

  constructor(config?: pg.ClientConfig) {
    super(config)
    // What is lost with the connection is told by its statements, and by the pool while there are none. In between, as when
    // the last has just been answered, nobody listens, and it would end the process.
    this.on('error', () => {})
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg declares a dozen forms, and Kysely calls one of them.
  override query(...call: any[]): any {
    const [text, values] = call
    this.#cork()
    if (typeof text !== 'string' || !Array.isArray(values))
      return (super.query as (...call: unknown[]) => unknown)(...call)
    for (const value of values) assertStoredValue(value)
    return super.query(values.length > MAX_NAMED_VALUES ? { text, values } : { name: nameOf(text), text, values })
  }

  /** What is asked for in the same breath goes out in one write: each costs as much as a small statement. */
  #cork(): void {
    if (this.#isCorked) return
    const { stream } = (this as unknown as { readonly connection: { readonly stream: Duplex } }).connection
    this.#isCorked = true
    stream.cork()
    const uncork = (): void => {
      this.#isCorked = false
      stream.uncork()
    }
    // After the promises that have been kept, and what they ask for.
    queueMicrotask(() => process.nextTick(uncork))
  }
}

/** Statements over many rows differ with their number: the server would keep one for each. */
const MAX_NAMED_VALUES = 48

const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known) return known
  const name = createHash('sha256').update(text).digest('base64url')
  names.set(text, name)
  return name
}

const INT8 = 20
const BYTEA = 17

function getTypeParser(oid: number, format?: string): (text: string) => unknown {
  if (format === 'binary') throw new Error('the store reads PostgreSQL in text format')
  if (oid === INT8) return readInteger
  if (oid === BYTEA) return readBytes
  return pg.types.getTypeParser(oid, 'text')
}

function readInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what the store counts with`)
  return value
}

/** The hex form of bytea, PostgreSQL manual §8.4.1. */
function readBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
}
