import { CompiledQuery, type Kysely } from 'kysely'
import type { Database } from './database.ts'

/**
 * A query whose text is always the same: `write` compiles it for the first values, and later ones stand in their places.
 * For what every request asks: to write such a query takes longer than to run it. Throws when the query has other
 * parameters than the values in their order.
 */
export function prepared<Values extends readonly unknown[], Row>(
  database: Kysely<Database>,
  write: (...values: Values) => CompiledQuery<Row>,
): (...values: Values) => Promise<readonly Row[]> {
  let text: string | undefined
  return async (...values) => {
    text ??= textOf(write(...values), values)
    return (await database.executeQuery<Row>(CompiledQuery.raw(text, [...values]) as CompiledQuery<Row>)).rows
  }
}

function textOf({ sql, parameters }: CompiledQuery, values: readonly unknown[]): string {
  const isSame = parameters.length === values.length && values.every((value, index) => value === parameters[index])
  if (!isSame) throw new Error(`the parameters of a prepared query are not its values: ${sql}`)
  return sql
}
