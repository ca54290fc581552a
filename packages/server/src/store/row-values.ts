import { type RawBuilder, sql } from 'kysely'
import type { Engine } from './migrate.ts'
import { assertStoredValue, type StoredValue } from './stored-value.ts'

/** What a column keeps; each may be null, too. */
export type ColumnType = 'text' | 'integer' | 'bytes'

/** The columns of rows that a statement is given, in their order. */
export type RowTypes<Row> = { readonly [Name in keyof Row & string]: ColumnType }

/** The names of the columns. */
export function columnsOfTypes<Row>(types: RowTypes<Row>): readonly (keyof Row & string)[] {
  return Object.keys(types) as (keyof Row & string)[]
}

/** The names of the columns, as a statement has them. */
export function columnNames<Row>(types: RowTypes<Row>): RawBuilder<unknown> {
  return sql.join(columnsOfTypes(types).map((name) => sql.id(name)))
}

/** Of a statement that is given rows: what stands for so many is the same text, with these parameters. */
export function rowParameters<Row extends object>(
  engine: Engine,
  types: RowTypes<Row>,
  rows: readonly Row[],
): readonly StoredValue[] {
  const columns = Object.entries(types) as [keyof Row & string, ColumnType][]
  const valuesOf = (name: keyof Row & string): readonly StoredValue[] => rows.map((row) => row[name] as StoredValue)
  if (engine === 'postgres') return columns.map(([name, type]) => arrayOf(type, valuesOf(name)))
  return rows.flatMap((row) => columns.map(([name]) => row[name] as StoredValue))
}

/** The rows as a table `given` to select from. On PostgreSQL its text is the same for any number of rows. */
export function givenRows<Row>(
  engine: Engine,
  types: RowTypes<Row>,
  parameters: readonly StoredValue[],
): RawBuilder<unknown> {
  const names = Object.keys(types)
  if (engine === 'postgres') {
    const arrays = Object.values<ColumnType>(types).map(
      (type, index) => sql`cast(${parameters[index]} as ${sql.raw(POSTGRES[type].name)}[])`,
    )
    return sql`unnest(${sql.join(arrays)}) as given (${columnNames(types)})`
  }
  const columns = names.map((name, index) => sql`${sql.id(`column${index + 1}`)} as ${sql.id(name)}`)
  const values = Array.from(
    { length: parameters.length / names.length },
    (_, row) => sql`(${sql.join(parameters.slice(row * names.length, (row + 1) * names.length))})`,
  )
  return sql`(select ${sql.join(columns)} from (values ${sql.join(values)})) as given`
}

/** By name and by number in pg_type. */
const POSTGRES = {
  text: { name: 'text', oid: 25 },
  integer: { name: 'bigint', oid: 20 },
  bytes: { name: 'bytea', oid: 17 },
} as const satisfies Record<ColumnType, { readonly name: string; readonly oid: number }>

const HEAD_BYTES = 20
const LENGTH_BYTES = 4

/**
 * An array of one dimension as PostgreSQL reads it in binary (array_recv, and the recv of its elements): it takes neither
 * quotes nor hexadecimal, and is not parsed.
 */
function arrayOf(type: ColumnType, values: readonly StoredValue[]): Buffer {
  const encoded = values.map((value) => elementOf(type, value))
  const bytes = Buffer.allocUnsafe(
    encoded.reduce((length, element) => length + LENGTH_BYTES + (element?.length ?? 0), HEAD_BYTES),
  )
  bytes.writeInt32BE(1, 0)
  bytes.writeInt32BE(encoded.includes(undefined) ? 1 : 0, 4)
  bytes.writeInt32BE(POSTGRES[type].oid, 8)
  bytes.writeInt32BE(values.length, 12)
  bytes.writeInt32BE(1, 16)
  let at = HEAD_BYTES
  for (const element of encoded) {
    at = bytes.writeInt32BE(element?.length ?? -1, at)
    if (!element) continue
    bytes.set(element, at)
    at += element.length
  }
  return bytes
}

function elementOf(type: ColumnType, value: StoredValue): Uint8Array | undefined {
  assertStoredValue(value)
  if (value === null) return undefined
  if (type === 'text' && typeof value === 'string') return Buffer.from(value)
  if (type === 'bytes' && value instanceof Uint8Array) return value
  if (type !== 'integer' || (typeof value !== 'number' && typeof value !== 'bigint'))
    throw new TypeError(`a ${typeof value} where the column keeps ${type}`)
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
