import { encodeHex } from '@countersign/codec'
import { CompiledQuery, type QueryResult, type RawBuilder } from 'kysely'
import type { Connections } from './database.ts'
import { givenRows, type RowTypes, rowParameters } from './row-values.ts'

/**
 * A query whose text is always the same: `write` compiles it for the first values, and later ones stand in their places.
 * For what every request asks: to write such a query takes longer than to run it. Those who ask the same in the same breath
 * share a read, which begins when all of them have asked, and what it found. Throws when the query has other parameters than
 * the values in their order.
 */
export function prepared<Values extends readonly unknown[], Row, Found>(
  { look, breath, texts }: Pick<Connections, 'look' | 'breath' | 'texts'>,
  name: string,
  write: (...values: Values) => CompiledQuery<Row>,
  toFound: (rows: readonly Row[]) => Found,
): (...values: Values) => Promise<Found> {
  const readings = new Map<string, Promise<Found>>()

  async function read(values: Values): Promise<Found> {
    const text = texts.get(name) ?? textOf(write(...values), values)
    texts.set(name, text)
    return toFound((await look(CompiledQuery.raw(text, [...values]) as CompiledQuery<Row>)).rows)
  }

  return (...values) => {
    const key = keyOf(values)
    const asked = readings.get(key)
    if (asked) return asked
    const { promise, resolve } = Promise.withResolvers<Found>()
    readings.set(key, promise)
    breath.add(0, () => {
      readings.delete(key)
      resolve(read(values))
    })
    return promise
  }
}

function keyOf(values: readonly unknown[]): string {
  return values.map((value) => (value instanceof Uint8Array ? encodeHex(value) : String(value))).join('\0')
}

function textOf({ sql, parameters }: CompiledQuery, values: readonly unknown[]): string {
  const isSame = parameters.length === values.length && values.every((value, index) => value === parameters[index])
  if (!isSame) throw new Error(`the parameters of a prepared query are not its values: ${sql}`)
  return sql
}

/** The texts of statements by name and, on SQLite, number of rows: to write one takes longer than to run it. */
export type StatementTexts = Map<string, string>

/**
 * A statement over any number of rows, whose text is kept: `write` is given them as a table `given`. Throws when it has
 * other parameters than theirs.
 */
export function preparedRows<Row extends object, Result>(
  { run, write: database, texts, engine }: Pick<Connections, 'run' | 'write' | 'texts' | 'engine'>,
  name: string,
  types: RowTypes<Row>,
  write: (given: RawBuilder<unknown>) => RawBuilder<Result>,
): (rows: readonly Row[]) => Promise<QueryResult<Result>> {
  return async (rows) => {
    const values = rowParameters(engine, types, rows)
    const key = engine === 'postgres' ? name : `${name} ${rows.length}`
    const text = texts.get(key) ?? textOf(write(givenRows(engine, types, values)).compile(database), values)
    texts.set(key, text)
    return run(CompiledQuery.raw(text, [...values]) as CompiledQuery<Result>)
  }
}
