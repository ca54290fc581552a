import { setImmediate as turnOfEventLoop } from 'node:timers/promises'
import { encodeHex } from '@countersign/codec'
import { CompiledQuery, type Kysely, type QueryResult } from 'kysely'
import type { Connections, Database } from './database.ts'

/**
 * A query whose text is always the same: `write` compiles it for the first values, and later ones stand in their places.
 * For what every request asks: to write such a query takes longer than to run it. Those who ask the same at the same time
 * share their answer, rows included. Throws when the query has other parameters than the values in their order.
 */
export function prepared<Values extends readonly unknown[], Row>(
  database: Kysely<Database>,
  write: (...values: Values) => CompiledQuery<Row>,
): (...values: Values) => Promise<readonly Row[]> {
  let text: string | undefined
  const read = async (values: Values): Promise<readonly Row[]> => {
    text ??= textOf(write(...values), values)
    return (await database.executeQuery<Row>(CompiledQuery.raw(text, [...values]) as CompiledQuery<Row>)).rows
  }
  const share = sharedReads<readonly Row[]>()
  return (...values) => share(keyOf(values), () => read(values))
}

function keyOf(values: readonly unknown[]): string {
  return values.map((value) => (value instanceof Uint8Array ? encodeHex(value) : String(value))).join('\0')
}

/** Who asks for the same in the same turn of the event loop shares a read, which begins when all of them have asked. */
function sharedReads<Found>(): (key: string, read: () => Promise<Found>) => Promise<Found> {
  const readings = new Map<string, Promise<Found>>()
  return (key, read) => {
    const asked = readings.get(key)
    if (asked) return asked
    const reading = turnOfEventLoop().then(() => {
      readings.delete(key)
      return read()
    })
    readings.set(key, reading)
    return reading
  }
}

function textOf({ sql, parameters }: CompiledQuery, values: readonly unknown[]): string {
  const isSame = parameters.length === values.length && values.every((value, index) => value === parameters[index])
  if (!isSame) throw new Error(`the parameters of a prepared query are not its values: ${sql}`)
  return sql
}

/** The texts of statements over several rows, by name and number of rows: to write one takes longer than to run it. */
export type StatementTexts = Map<string, string>

/**
 * A statement over any number of rows whose text is always the same for as many: `write` compiles it for the first rows,
 * and the values of later ones stand in their places. Throws when it has other parameters than the values in their order.
 */
export function preparedRows<Row extends object, Result>(
  { write: database, texts }: Pick<Connections, 'write' | 'texts'>,
  name: string,
  write: (rows: readonly Row[]) => CompiledQuery<Result>,
): (rows: readonly Row[]) => Promise<QueryResult<Result>> {
  return async (rows) => {
    const key = `${name} ${rows.length}`
    const values = rows.flatMap((row) => Object.values(row))
    const text = texts.get(key) ?? textOf(write(rows), values)
    texts.set(key, text)
    return database.executeQuery<Result>(CompiledQuery.raw(text, values) as CompiledQuery<Result>)
  }
}
