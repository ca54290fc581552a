import { sql } from 'kysely'
import type { CertificateEndings } from '../domain/certificate-ending.ts'
import type { Connections } from './database.ts'

/** A row of `expiry_sweeps`. */
export type ExpirySweepRow = {
  readonly days: number
  readonly not_after: number
  readonly certificate_id: string
}

type Row = {
  readonly id: string
  readonly account_id: string
  readonly common_name: string
  readonly serial_number: string
  readonly enrollment_profile_id: string
  readonly identifier: string | null
  readonly created_at: number
  readonly not_after: number
  readonly renewed: number
}

/** The ends of certificates of a database. */
export function certificateEndings({ read, write, search = read }: Connections): CertificateEndings {
  return {
    async list(after, until, limit) {
      // SQLite takes the tables of a cross join in their order; the status is a literal for the sake of its partial index.
      const { rows } = await sql<Row>`
        select certificates.id, ending.account_id, ending.common_name, certificates.serial_number,
          ending.enrollment_profile_id, devices.identifier, certificates.created_at, certificates.not_after,
          case when exists (
            select 1 from device_certificates as newer
            where newer.device_id = ending.device_id and newer.certificate_id > ending.certificate_id
              and newer.enrollment_profile_id = ending.enrollment_profile_id and newer.common_name = ending.common_name
              and newer.revoked = 0 and newer.not_after > ending.not_after
          ) then 1 else 0 end as renewed
        from certificates
        cross join device_certificates as ending
        left join devices on devices.id = ending.device_id
        where certificates.status = 'issued' and ending.certificate_id = certificates.id
          and (certificates.not_after, certificates.id) > (${after.endsAt.getTime()}, ${after.id})
          and certificates.not_after <= ${until.getTime()}
        order by certificates.not_after, certificates.id limit ${limit}`.execute(search)
      return rows.map((row) => ({
        id: row.id,
        accountId: row.account_id,
        commonName: row.common_name,
        serialNumber: row.serial_number,
        enrollmentProfileId: row.enrollment_profile_id,
        deviceIdentifier: row.identifier ?? undefined,
        issuedAt: new Date(row.created_at),
        endsAt: new Date(row.not_after),
        isRenewed: row.renewed === 1,
      }))
    },
    async findSweep(days) {
      const row = await read.selectFrom('expiry_sweeps').selectAll().where('days', '=', days).executeTakeFirst()
      return row && { endsAt: new Date(row.not_after), id: row.certificate_id }
    },
    async putSweep(days, { endsAt, id }) {
      const news = { not_after: endsAt.getTime(), certificate_id: id }
      const query = write.insertInto('expiry_sweeps').values({ days, ...news })
      await query.onConflict((on) => on.column('days').doUpdateSet(news)).execute()
    },
  }
}
