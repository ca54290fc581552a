import type {
  DeviceCertificateProfile,
  DeviceCertificateProfileQuery,
  DeviceCertificateProfiles,
} from '../domain/device-certificate-profile.ts'
import { refuseConflict, refuseMissing, refusingUse } from './conflict.ts'
import type { Connections } from './database.ts'
import { prepared } from './prepared.ts'

/** A row of `device_certificate_profiles`. */
export type DeviceCertificateProfileRow = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  /** JSON: all else of the profile. */
  readonly definition: string
  readonly created_at: number
  readonly updated_at: number
}

/** The columns of `device_certificate_profiles`. */
export const DEVICE_CERTIFICATE_PROFILE_COLUMNS = [
  'id',
  'account_id',
  'name',
  'definition',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DeviceCertificateProfileRow)[]

type Definition = Omit<DeviceCertificateProfile, 'id' | 'accountId' | 'name' | 'createdAt' | 'updatedAt'>

/** The noun of a row. */
export function toDeviceCertificateProfile(row: DeviceCertificateProfileRow): DeviceCertificateProfile {
  const { fields, ...definition } = JSON.parse(row.definition) as Definition
  return {
    ...definition,
    // JSON has no undefined.
    fields: fields.map((field) => ({ ...field, pattern: field.pattern ?? undefined })),
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow({
  id,
  accountId,
  name,
  createdAt,
  updatedAt,
  ...definition
}: DeviceCertificateProfile): DeviceCertificateProfileRow {
  return {
    id,
    account_id: accountId,
    name,
    definition: JSON.stringify(definition satisfies Definition),
    created_at: createdAt.getTime(),
    updated_at: updatedAt.getTime(),
  }
}

function conditionsOf({ accountId, name }: DeviceCertificateProfileQuery) {
  return { account_id: accountId, ...(name !== undefined && { name }) }
}

/** The certificate profiles of a database. */
export function deviceCertificateProfiles(connections: Connections): DeviceCertificateProfiles {
  const { read, write } = connections
  const find = prepared(
    connections,
    'find certificate profile',
    (id: string) => read.selectFrom('device_certificate_profiles').selectAll().where('id', '=', id).compile(),
    ([row]) => row && toDeviceCertificateProfile(row),
  )
  return {
    find,
    async list(query) {
      const wanted = read.selectFrom('device_certificate_profiles').where((row) => row.and(conditionsOf(query)))
      const counted = await wanted.select((row) => row.fn.countAll<number>().as('total')).executeTakeFirst()
      const page = wanted.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc')
      const rows = await page.limit(query.limit).offset(query.offset).execute()
      return { total: Number(counted?.total ?? 0), records: rows.map(toDeviceCertificateProfile) }
    },
    async add(profile) {
      const query = write.insertInto('device_certificate_profiles').values(toRow(profile))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'certificate profile', 'name')
    },
    async update(profile) {
      const { id, ...row } = toRow(profile)
      const query = write.updateTable('device_certificate_profiles').set(row).where('id', '=', id)
      refuseMissing(await query.executeTakeFirst(), 'certificate profile')
    },
    async remove(id) {
      await refusingUse('certificate profile', () =>
        write.deleteFrom('device_certificate_profiles').where('id', '=', id).execute(),
      )
    },
  }
}
