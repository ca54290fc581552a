import { keyUsage } from '@countersign/pki'
import type { ProfileRule } from './profile-rule.ts'

/** The key is for nothing that the profile does not have. */
export const profileKeyUsage: ProfileRule = {
  id: 'profile-key-usage',
  check: (certificate, { keyUsages }) => {
    const wrong = [...(keyUsage(certificate) ?? [])].find((usage) => !keyUsages.includes(usage))
    return wrong && `has the key usage ${wrong}, which its profile has not`
  },
}
