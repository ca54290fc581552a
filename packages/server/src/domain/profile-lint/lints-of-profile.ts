/** The lints that hold a certificate to the profile that it is issued under: another look, at what is about to be signed. */
import type { LintRule } from '@countersign/pki'
import type { DeviceCertificateProfile } from '../device-certificate-profile.ts'
import { profileAlternativeNames } from './profile-alternative-names.ts'
import { profileExtensions } from './profile-extensions.ts'
import { profileFieldCount } from './profile-field-count.ts'
import { profileFixedValues } from './profile-fixed-values.ts'
import { profileKeyType } from './profile-key-type.ts'
import { profileKeyUsage } from './profile-key-usage.ts'
import { profilePattern } from './profile-pattern.ts'
import { profilePurposes } from './profile-purposes.ts'
import type { ProfileRule } from './profile-rule.ts'
import { profileSignatureHash } from './profile-signature-hash.ts'
import { profileSubject } from './profile-subject.ts'
import { profileValidity } from './profile-validity.ts'

export const profileRules: readonly ProfileRule[] = [
  profileSubject,
  profileAlternativeNames,
  profileFieldCount,
  profileFixedValues,
  profilePattern,
  profileKeyType,
  profileKeyUsage,
  profilePurposes,
  profileExtensions,
  profileValidity,
  profileSignatureHash,
]

/** The lints of a certificate profile. */
export function lintsOfProfile(profile: DeviceCertificateProfile): readonly LintRule[] {
  return profileRules.map(({ id, check }) => ({
    id,
    severity: 'error',
    source: `the certificate profile ${profile.name}`,
    check: ({ certificate }) => check(certificate, profile),
  }))
}
