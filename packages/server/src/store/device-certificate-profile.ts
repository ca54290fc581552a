import type { DeviceCertificateProfile, DeviceCertificateProfiles } from '../domain/device-certificate-profile.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `device_certificate_profiles`. */
export type DeviceCertificateProfileRow = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  /** JSON: all else of the profile. */
  readonly definition: string
  readonly created_at: number
}

type Definition = Omit<DeviceCertificateProfile, 'id' | 'accountId' | 'name' | 'createdAt'>

function toProfile(row: DeviceCertificateProfileRow): DeviceCertificateProfile {
  const { fields, ...definition } = JSON.parse(row.definition) as Definition
  return {
    ...definition,
    // JSON has no undefined.
    fields: fields.map((field) => ({ ...field, pattern: field.pattern ?? undefined })),
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    createdAt: new Date(row.created_at),
  }
}

/** The certificate profiles of a database. */
export function deviceCertificateProfiles({ read, write }: Connections): DeviceCertificateProfiles {
  return {
    async find(id) {
      const query = read.selectFrom('device_certificate_profiles').selectAll().where('id', '=', id)
      const row = await query.executeTakeFirst()
      return row && toProfile(row)
    },
    async add({ id, accountId, name, createdAt, ...definition }) {
      const query = write.insertInto('device_certificate_profiles').values({
        id,
        account_id: accountId,
        name,
        definition: JSON.stringify(definition satisfies Definition),
        created_at: createdAt.getTime(),
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'certificate profile', 'name')
    },
  }
}
