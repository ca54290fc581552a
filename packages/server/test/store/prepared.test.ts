import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { Kysely, sql } from 'kysely'
import type { Database } from '../../src/store/database.ts'
import { prepared } from '../../src/store/prepared.ts'
import { sqliteReadDialect } from '../../src/store/sqlite-dialect.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-prepared-'))
const database = new Kysely<Database>({ dialect: sqliteReadDialect(path.join(folder, 'empty.db')) })
after(async () => {
  await database.destroy()
  rmSync(folder, { recursive: true })
})

test('a prepared query is written once and takes the values of each call', async () => {
  let written = 0
  const difference = prepared(database, (a: number, b: number) => {
    written++
    return sql<{ readonly difference: number }>`select ${a} - ${b} as difference`.compile(database)
  })
  const [first] = await difference(5, 3)
  const [second] = await difference(1, 9)
  assert.deepEqual([first?.difference, second?.difference], [2, -8])
  assert.equal(written, 1)
})

test('a query whose parameters are not its values in their order is refused before it is asked', async () => {
  const twisted = prepared(database, (a: number, b: number) => sql`select ${b} - ${a}`.compile(database))
  await assert.rejects(twisted(1, 2), /the parameters of a prepared query are not its values/)
  const forgotten = prepared(database, (_a: number, b: number) => sql`select ${b}`.compile(database))
  await assert.rejects(forgotten(1, 2), /the parameters of a prepared query are not its values/)
})
