import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import type { TestPlatform } from './test-platform.ts'

/** An enrollment profile as the first one, for batches; its id. */
export async function batchProfile(
  { world, account }: Pick<TestPlatform, 'world' | 'account'>,
  changes: Partial<EnrollmentProfile> = {},
): Promise<string> {
  const { enrollmentProfiles } = world.store
  const first = await enrollmentProfiles.find(account.enrollment_profile_id)
  if (!first) throw new Error('there is no first profile')
  const id = newEnrollmentProfileId(new Date())
  await enrollmentProfiles.add({ ...first, enrollmentMethods: ['BATCH'], ...changes, id, name: id })
  return id
}
