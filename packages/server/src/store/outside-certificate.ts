import type { OutsideCertificate, OutsideCertificates } from '../domain/outside-certificate.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `outside_certificates`. */
export type OutsideCertificateRow = {
  readonly id: string
  readonly account_id: string
  readonly chain: string
  readonly not_before: number
  readonly not_after: number
  readonly created_at: number
}

function toOutsideCertificate(row: OutsideCertificateRow): OutsideCertificate {
  return {
    id: row.id,
    accountId: row.account_id,
    chain: row.chain,
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    createdAt: new Date(row.created_at),
  }
}

/** The certificates of authorities elsewhere of a database. */
export function outsideCertificates({ read, write }: Connections): OutsideCertificates {
  return {
    async find(id) {
      const row = await read.selectFrom('outside_certificates').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toOutsideCertificate(row)
    },
    async add({ id, accountId, chain, notBefore, notAfter, createdAt }) {
      const query = write.insertInto('outside_certificates').values({
        id,
        account_id: accountId,
        chain,
        not_before: notBefore.getTime(),
        not_after: notAfter.getTime(),
        created_at: createdAt.getTime(),
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'certificate', 'id')
    },
  }
}
