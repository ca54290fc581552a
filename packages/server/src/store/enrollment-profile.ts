import type { EnrollmentProfile, EnrollmentProfiles } from '../domain/enrollment-profile.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `enrollment_profiles`. */
export type EnrollmentProfileRow = {
  readonly id: string
  readonly account_id: string
  readonly division_id: string
  readonly certificate_profile_id: string
  readonly name: string
  /** JSON: all else of the profile. */
  readonly definition: string
  readonly created_at: number
}

type Definition = Pick<EnrollmentProfile, 'enrollmentMethods' | 'keyGenerationOption' | 'keyType'>

function toProfile(row: EnrollmentProfileRow): EnrollmentProfile {
  return {
    ...(JSON.parse(row.definition) as Definition),
    id: row.id,
    accountId: row.account_id,
    divisionId: row.division_id,
    certificateProfileId: row.certificate_profile_id,
    name: row.name,
    createdAt: new Date(row.created_at),
  }
}

/** The enrollment profiles of a database. */
export function enrollmentProfiles({ read, write }: Connections): EnrollmentProfiles {
  return {
    async find(id) {
      const row = await read.selectFrom('enrollment_profiles').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toProfile(row)
    },
    async add({ id, accountId, divisionId, certificateProfileId, name, createdAt, ...definition }) {
      const query = write.insertInto('enrollment_profiles').values({
        id,
        account_id: accountId,
        division_id: divisionId,
        certificate_profile_id: certificateProfileId,
        name,
        definition: JSON.stringify(definition satisfies Definition),
        created_at: createdAt.getTime(),
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'enrollment profile', 'name')
    },
  }
}
