import { extendedKeyUsage } from '../../x509/certificate-extensions.ts'
import type { LintRule } from '../lint-rule.ts'
import { PURPOSES } from '../purpose.ts'

/** The purposes are those of the profile. */
export const extendedKeyUsageProfile: LintRule = {
  id: 'extended-key-usage-profile',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.12; RFC 3161 §2.3; RFC 6960 §4.2.2.2; C2PA 2.2 §14.5.1',
  check: ({ certificate, profile }) => {
    const wanted = PURPOSES[profile]
    if (!wanted) return undefined
    const purposes = extendedKeyUsage(certificate) ?? []
    if (!purposes.some((purpose) => wanted.oneOf.includes(purpose))) return `is not for ${wanted.oneOf.join(' or ')}`
    const surplus = purposes.find(
      (purpose) => !wanted.oneOf.includes(purpose) && !(wanted.allowed ?? []).includes(purpose),
    )
    return surplus && `is for ${surplus} too`
  },
}
