import { type RawBuilder, sql } from 'kysely'

/**
 * Selects columns of a table under names of their own (`users.id` as `users__id`), so that one row can hold the rows of
 * several tables.
 */
export function columnsOf(table: string, columns: readonly string[]): RawBuilder<unknown> {
  return sql.raw(columns.map((column) => `"${table}"."${column}" as "${table}__${column}"`).join(', '))
}

/** The row of one table out of a joined row. */
export function rowOf<Row>(
  table: string,
  columns: readonly (keyof Row & string)[],
  joined: Record<string, unknown>,
): Row {
  return Object.fromEntries(columns.map((column) => [column, joined[`${table}__${column}`]])) as Row
}
