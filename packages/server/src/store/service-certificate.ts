import type { ServiceCertificate, ServiceCertificates } from '../domain/service-certificate.ts'
import type { Connections } from './database.ts'

/** A row of `service_certificates`. */
export type ServiceCertificateRow = {
  readonly service: ServiceCertificate['service']
  readonly key_id: string
  readonly certificate_id: string
  readonly created_at: number
}

function toServiceCertificate(row: ServiceCertificateRow): ServiceCertificate {
  return {
    service: row.service,
    keyId: row.key_id,
    certificateId: row.certificate_id,
    createdAt: new Date(row.created_at),
  }
}

/** The service certificates of a database. */
export function serviceCertificates({ read, write }: Connections): ServiceCertificates {
  return {
    async find(service) {
      const query = read.selectFrom('service_certificates').selectAll().where('service', '=', service)
      const row = await query.executeTakeFirst()
      return row && toServiceCertificate(row)
    },
    async list() {
      const rows = await read.selectFrom('service_certificates').selectAll().orderBy('service').execute()
      return rows.map(toServiceCertificate)
    },
    async put({ service, keyId, certificateId, createdAt }) {
      const news = { key_id: keyId, certificate_id: certificateId, created_at: createdAt.getTime() }
      const query = write.insertInto('service_certificates').values({ service, ...news })
      await query.onConflict((on) => on.column('service').doUpdateSet(news)).execute()
    },
  }
}
