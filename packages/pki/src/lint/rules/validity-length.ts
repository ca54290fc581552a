import { type CertificateProfile, type LintRule, when } from '../lint-rule.ts'

const DAY_SECONDS = 86_400

/** The longest validity in days, first and last second counted. */
const LONGEST_VALIDITY: { readonly [P in CertificateProfile]?: number } = {
  'tls-server': 398,
  'tls-client': 398,
  'content-signing': 366,
  'time-stamping': 4110,
  'ocsp-responder': 398,
}

/** A certificate lasts no longer than its purpose lets it. */
export const validityLength: LintRule = {
  id: 'validity-length',
  severity: 'error',
  source: 'CA/Browser Forum BR §6.3.2; C2PA certificate profiles',
  check: ({ certificate: { notBefore, notAfter }, profile }) => {
    const most = LONGEST_VALIDITY[profile]
    const seconds = (notAfter.getTime() - notBefore.getTime()) / 1000 + 1
    return when(most !== undefined && seconds > most * DAY_SECONDS, `is valid for more than ${most} days`)
  },
}
