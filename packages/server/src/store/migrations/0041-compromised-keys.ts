import { sql } from 'kysely'
import { uuidV7 } from '../../domain/uuid.ts'
import type { Migration } from '../migrate.ts'

type CertificateRow = {
  readonly id: string
  readonly account_id: string | null
  readonly authority_id: string
  readonly serial_number: string
  readonly crl_partition: number | null
}

/**
 * Revokes what still counted of keys that others have: before all certificates of such a key were revoked at once, its
 * others stayed good.
 */
export const compromisedKeys: Migration = async (database) => {
  const at = new Date(Math.floor(Date.now() / 1000) * 1000)
  const { rows } = await sql<CertificateRow>`
    select id, account_id, authority_id, serial_number, crl_partition from certificates
    where (status = 'issued' or status = 'revoked' and revocation_reason = 'certificate_hold') and id in (
      select certificate_id from certified_keys where compromised_at is not null
      union all
      select key_certificates.certificate_id from certified_keys
      join key_certificates on key_certificates.hash = certified_keys.hash
      where certified_keys.compromised_at is not null)`.execute(database)
  for (const { id, account_id, authority_id, serial_number, crl_partition } of rows) {
    await sql`update certificates
      set status = 'revoked', revoked_at = ${at.getTime()}, revocation_reason = 'key_compromise', invalid_since = null
      where id = ${id}`.execute(database)
    await sql`update device_certificates set revoked = 1 where certificate_id = ${id}`.execute(database)
    await sql`insert into revocation_changes
      (id, authority_id, serial_number, crl_partition, changed_at, claimed_until, published)
      values (${uuidV7(at)}, ${authority_id}, ${serial_number}, ${crl_partition}, ${at.getTime()}, 0, 0)`.execute(
      database,
    )
    const details = JSON.stringify({ serialNumber: serial_number, reason: 'key_compromise' })
    await sql`insert into audit_events
      (id, at, account_id, actor_id, actor_kind, action, resource_type, resource_id, status, details)
      values (${uuidV7(at)}, ${at.getTime()}, ${account_id}, null, 'platform', 'certificate.revoke', 'certificate', ${id},
        'success', ${details})`.execute(database)
  }
}
