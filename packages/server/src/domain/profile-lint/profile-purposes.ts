import { extendedKeyUsage } from '@countersign/pki'
import type { ProfileRule } from './profile-rule.ts'

/** The purposes are those of the profile, all of them and no others. */
export const profilePurposes: ProfileRule = {
  id: 'profile-purposes',
  check: (certificate, { extendedKeyUsages }) => {
    const purposes = extendedKeyUsage(certificate) ?? []
    const isSame =
      purposes.length === extendedKeyUsages.length && purposes.every((purpose) => extendedKeyUsages.includes(purpose))
    return isSame ? undefined : 'is for other purposes than its profile has'
  },
}
