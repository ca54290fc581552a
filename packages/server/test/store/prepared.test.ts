import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { type CompiledQuery, Kysely, sql } from 'kysely'
import type { Database } from '../../src/store/database.ts'
import { Breath } from '../../src/store/gathered.ts'
import { prepared } from '../../src/store/prepared.ts'
import { sqliteReadDialect } from '../../src/store/sqlite-dialect.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-prepared-'))
const database = new Kysely<Database>({ dialect: sqliteReadDialect(path.join(folder, 'empty.db')) })
const connections = {
  look: <Row>(query: CompiledQuery<Row>) => database.executeQuery(query),
  breath: new Breath(setImmediate),
  texts: new Map<string, string>(),
}
after(async () => {
  await database.destroy()
  rmSync(folder, { recursive: true })
})

test('a prepared query is written once and takes the values of each call', async () => {
  let written = 0
  const difference = prepared(
    connections,
    'difference',
    (a: number, b: number) => {
      written++
      return sql<{ readonly difference: number }>`select ${a} - ${b} as difference`.compile(database)
    },
    ([row]) => row?.difference,
  )
  assert.deepEqual(await Promise.all([difference(5, 3), difference(1, 9)]), [2, -8])
  assert.equal(written, 1)
})

test('who asks the same in the same turn of the event loop shares what is found; who asks later has it read again', async () => {
  let read = 0
  const next = prepared(
    connections,
    'next',
    (a: number) => sql<{ readonly next: number }>`select ${a} + 1 as next`.compile(database),
    ([row]) => ({ of: row?.next, read: ++read }),
  )
  const [one, same, other] = await Promise.all([next(1), next(1), next(2)])
  assert.equal(one, same)
  assert.deepEqual(
    [one, other],
    [
      { of: 2, read: 1 },
      { of: 3, read: 2 },
    ],
  )
  assert.deepEqual(await next(1), { of: 2, read: 3 })
})

test('a query whose parameters are not its values in their order is refused before it is asked', async () => {
  const refused = /the parameters of a prepared query are not its values/
  const rowsOf = (rows: readonly unknown[]) => rows
  const twisted = prepared(
    connections,
    'twisted',
    (a: number, b: number) => sql`select ${b} - ${a}`.compile(database),
    rowsOf,
  )
  await assert.rejects(twisted(1, 2), refused)
  const forgotten = prepared(
    connections,
    'forgotten',
    (_a: number, b: number) => sql`select ${b}`.compile(database),
    rowsOf,
  )
  await assert.rejects(forgotten(1, 2), refused)
})
