import type { RevocationList, RevocationLists } from '../domain/certificate.ts'
import type { Connections } from './database.ts'

/** A row of `revocation_lists`. */
export type RevocationListRow = {
  readonly authority_id: string
  readonly crl_partition: number
  readonly number: number
  readonly this_update: number
  readonly next_update: number
  readonly bytes: Uint8Array
}

function toList(row: Omit<RevocationListRow, 'bytes'>): Omit<RevocationList, 'bytes'> {
  return {
    authorityId: row.authority_id,
    partition: row.crl_partition,
    number: BigInt(row.number),
    thisUpdate: new Date(row.this_update),
    nextUpdate: new Date(row.next_update),
  }
}

/** The revocation lists of a database. */
export function revocationLists({ read, write, search = read }: Connections): RevocationLists {
  return {
    async find(authorityId, partition) {
      // Of a hundred thousand revocations it is megabytes.
      const query = search
        .selectFrom('revocation_lists')
        .selectAll()
        .where('authority_id', '=', authorityId)
        .where('crl_partition', '=', partition)
      const row = await query.executeTakeFirst()
      return row && { ...toList(row), bytes: row.bytes }
    },
    async findNumber(authorityId, partition) {
      const query = read.selectFrom('revocation_lists').select('number').where('authority_id', '=', authorityId)
      const row = await query.where('crl_partition', '=', partition).executeTakeFirst()
      return row && BigInt(row.number)
    },
    async list(authorityId) {
      const query = read
        .selectFrom('revocation_lists')
        .select(['authority_id', 'crl_partition', 'number', 'this_update', 'next_update'])
        .where('authority_id', '=', authorityId)
      return (await query.orderBy('crl_partition').execute()).map(toList)
    },
    async put(list) {
      if (list.number > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('the number of the list is too large')
      const news = {
        number: Number(list.number),
        this_update: list.thisUpdate.getTime(),
        next_update: list.nextUpdate.getTime(),
        bytes: list.bytes,
      }
      const result = await write
        .insertInto('revocation_lists')
        .values({ authority_id: list.authorityId, crl_partition: list.partition, ...news })
        .onConflict((on) =>
          on
            .columns(['authority_id', 'crl_partition'])
            .doUpdateSet(news)
            .where('revocation_lists.number', '<', (eb) => eb.ref('excluded.number')),
        )
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
  }
}
