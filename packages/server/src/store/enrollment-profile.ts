import { sql } from 'kysely'
import type {
  EnrollmentProfile,
  EnrollmentProfileQuery,
  EnrollmentProfiles,
  Profiles,
} from '../domain/enrollment-profile.ts'
import { refuseConflict, refuseMissing, refusingUse } from './conflict.ts'
import type { Connections } from './database.ts'
import {
  DEVICE_CERTIFICATE_PROFILE_COLUMNS,
  type DeviceCertificateProfileRow,
  toDeviceCertificateProfile,
} from './device-certificate-profile.ts'
import { DEVICE_PROFILE_COLUMNS, type DeviceProfileRow, toDeviceProfile } from './device-profile.ts'
import { DIVISION_COLUMNS, type DivisionRow, toDivision } from './division.ts'
import { gathered } from './gathered.ts'
import { columnsOf, rowOf } from './joined-row.ts'
import type { Engine } from './migrate.ts'
import { prepared } from './prepared.ts'

/** A row of `enrollment_profiles`. */
export type EnrollmentProfileRow = {
  readonly id: string
  readonly account_id: string
  readonly division_id: string
  readonly certificate_profile_id: string
  readonly device_profile_id: string | null
  readonly name: string
  readonly status: EnrollmentProfile['status']
  readonly starts_at: number | null
  readonly ends_at: number | null
  readonly usage_limit: number | null
  /** Counted where there is a limit. */
  readonly number_of_usage: number
  /** JSON: all else of the profile. */
  readonly definition: string
  readonly created_at: number
  readonly updated_at: number
}

type Definition = Pick<EnrollmentProfile, 'enrollmentMethods' | 'keyGenerationOption' | 'keyType' | 'approval'> & {
  /** What is undefined is left out. */
  readonly renewal: Omit<EnrollmentProfile['renewal'], 'windowDays'> & { readonly windowDays?: number | undefined }
  readonly networks: EnrollmentProfile['limits']['networks']
}

/** The columns of `enrollment_profiles`. */
export const ENROLLMENT_PROFILE_COLUMNS = [
  'id',
  'account_id',
  'division_id',
  'certificate_profile_id',
  'device_profile_id',
  'name',
  'status',
  'starts_at',
  'ends_at',
  'usage_limit',
  'number_of_usage',
  'definition',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof EnrollmentProfileRow)[]

/** The noun of a row. */
export function toEnrollmentProfile(row: EnrollmentProfileRow): EnrollmentProfile {
  const { networks, renewal, ...definition } = JSON.parse(row.definition) as Definition
  return {
    ...definition,
    renewal: { ...renewal, windowDays: renewal.windowDays },
    id: row.id,
    accountId: row.account_id,
    divisionId: row.division_id,
    certificateProfileId: row.certificate_profile_id,
    deviceProfileId: row.device_profile_id ?? undefined,
    name: row.name,
    status: row.status,
    limits: {
      startsAt: row.starts_at === null ? undefined : new Date(row.starts_at),
      endsAt: row.ends_at === null ? undefined : new Date(row.ends_at),
      usageLimit: row.usage_limit ?? undefined,
      networks,
    },
    numberOfUsage: row.usage_limit === null ? undefined : row.number_of_usage,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(profile: EnrollmentProfile): Omit<EnrollmentProfileRow, 'number_of_usage'> {
  const { enrollmentMethods, keyGenerationOption, keyType, approval, renewal, limits } = profile
  const definition: Definition = {
    enrollmentMethods,
    keyGenerationOption,
    keyType,
    approval,
    renewal,
    networks: limits.networks,
  }
  return {
    id: profile.id,
    account_id: profile.accountId,
    division_id: profile.divisionId,
    certificate_profile_id: profile.certificateProfileId,
    device_profile_id: profile.deviceProfileId ?? null,
    name: profile.name,
    status: profile.status,
    starts_at: limits.startsAt?.getTime() ?? null,
    ends_at: limits.endsAt?.getTime() ?? null,
    usage_limit: limits.usageLimit ?? null,
    definition: JSON.stringify(definition),
    created_at: profile.createdAt.getTime(),
    updated_at: profile.updatedAt.getTime(),
  }
}

function toProfiles(row: Record<string, unknown>): Profiles {
  const enrollment = rowOf<EnrollmentProfileRow>('enrollment_profiles', ENROLLMENT_PROFILE_COLUMNS, row)
  return {
    enrollment: toEnrollmentProfile(enrollment),
    certificate: toDeviceCertificateProfile(
      rowOf<DeviceCertificateProfileRow>('device_certificate_profiles', DEVICE_CERTIFICATE_PROFILE_COLUMNS, row),
    ),
    device:
      enrollment.device_profile_id === null
        ? undefined
        : toDeviceProfile(rowOf<DeviceProfileRow>('device_profiles', DEVICE_PROFILE_COLUMNS, row)),
    division: toDivision(rowOf<DivisionRow>('divisions', DIVISION_COLUMNS, row)),
  }
}

/** The enrollment profiles of a database. */
export function enrollmentProfiles(connections: Connections, engine: Engine): EnrollmentProfiles {
  const { read, write, run, breath } = connections
  // On SQLite a transaction that may write is alone on the file.
  const lock = (kind: string) => (engine === 'postgres' ? sql.raw(kind) : sql``)
  const locked = async (ids: readonly string[], kind: string): Promise<readonly EnrollmentProfile[]> => {
    // In their order, so that transactions over several don't wait for one another.
    const query = sql<EnrollmentProfileRow>`
      select * from enrollment_profiles where id in (${sql.join([...new Set(ids)])})
      order by id ${lock(kind)}`
    return (await run(query.compile(write))).rows.map(toEnrollmentProfile)
  }
  // Weaker than what counting a use takes: two that hold it and count don't wait for each other.
  const hold = gathered(breath, async (ids: readonly string[]) => {
    const held = await locked(ids, 'for key share')
    return ids.map((id) => held.find((profile) => profile.id === id))
  })
  const count = async (id: string, uses: number): Promise<boolean> => {
    const query = write
      .updateTable('enrollment_profiles')
      .set((row) => ({ number_of_usage: row('number_of_usage', '+', uses) }))
      .where('id', '=', id)
      .where(sql<boolean>`number_of_usage + ${uses} <= usage_limit`)
    return Boolean((await query.executeTakeFirst()).numUpdatedRows)
  }
  const use = gathered(breath, async (ids: readonly string[]) => {
    const left = new Map<string, number>()
    for (const id of [...new Set(ids)].sort()) {
      const uses = ids.filter((one) => one === id).length
      left.set(id, (await count(id, uses)) ? uses : await countUp(uses, () => count(id, 1)))
    }
    return ids.map((id) => {
      const uses = left.get(id) ?? 0
      left.set(id, uses - 1)
      return uses > 0
    })
  })
  const find = prepared(
    connections,
    'find enrollment profile',
    (id: string) => read.selectFrom('enrollment_profiles').selectAll().where('id', '=', id).compile(),
    ([row]) => row && toEnrollmentProfile(row),
  )
  const findWithProfiles = prepared(
    connections,
    'find profiles',
    (id: string) =>
      sql<Record<string, unknown>>`
        select ${columnsOf('enrollment_profiles', ENROLLMENT_PROFILE_COLUMNS)},
          ${columnsOf('device_certificate_profiles', DEVICE_CERTIFICATE_PROFILE_COLUMNS)},
          ${columnsOf('device_profiles', DEVICE_PROFILE_COLUMNS)}, ${columnsOf('divisions', DIVISION_COLUMNS)}
        from enrollment_profiles
        join device_certificate_profiles on device_certificate_profiles.id = enrollment_profiles.certificate_profile_id
        join divisions on divisions.id = enrollment_profiles.division_id
        left join device_profiles on device_profiles.id = enrollment_profiles.device_profile_id
        where enrollment_profiles.id = ${id}`.compile(read),
    ([row]) => row && toProfiles(row),
  )
  return {
    find,
    findWithProfiles,
    hold,
    async holdToChange(id) {
      const [profile] = await locked([id], 'for update')
      return profile
    },
    use,
    async list({ offset, limit, ...query }) {
      const wanted = read.selectFrom('enrollment_profiles').where((row) => row.and(conditionsOf(query)))
      const counted = await wanted.select((row) => row.fn.countAll<number>().as('total')).executeTakeFirst()
      const rows = await wanted
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute()
      return { total: Number(counted?.total ?? 0), records: rows.map(toEnrollmentProfile) }
    },
    async add(profile) {
      const query = write.insertInto('enrollment_profiles').values({ ...toRow(profile), number_of_usage: 0 })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'enrollment profile', 'name')
    },
    async update(profile) {
      const { id, ...row } = toRow(profile)
      const query = write
        .updateTable('enrollment_profiles')
        .set({ ...row, ...(row.usage_limit !== null && { number_of_usage: countedFrom(id) }) })
        .where('id', '=', id)
      refuseMissing(await query.executeTakeFirst(), 'enrollment profile')
    },
    async remove(id) {
      await refusingUse('enrollment profile', () =>
        write.deleteFrom('enrollment_profiles').where('id', '=', id).execute(),
      )
    },
  }
}

/** How many of so many there are still, one after the other. */
async function countUp(most: number, work: () => Promise<boolean>): Promise<number> {
  for (let done = 0; done < most; done++) if (!(await work())) return done
  return most
}

/** Counts what was issued, where nobody has counted. */
function countedFrom(id: string) {
  return sql<number>`case when usage_limit is not null then number_of_usage else (
    select count(*) from certificate_requests
    where enrollment_profile_id = ${id} and renewed_certificate_id is null) end`
}

function conditionsOf(query: Omit<EnrollmentProfileQuery, 'offset' | 'limit'>) {
  return {
    account_id: query.accountId,
    ...(query.name !== undefined && { name: query.name }),
    ...(query.status && { status: query.status }),
    ...(query.divisionId !== undefined && { division_id: query.divisionId }),
    ...(query.certificateProfileId !== undefined && { certificate_profile_id: query.certificateProfileId }),
    ...(query.deviceProfileId !== undefined && { device_profile_id: query.deviceProfileId }),
  }
}
