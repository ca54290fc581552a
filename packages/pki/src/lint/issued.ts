import type { Certificate } from '../x509/certificate.ts'
import type { LintRule, LintSubject } from './lint-rule.ts'

/** A check that needs the issuer, and has nothing to say where it is not known. */
export function issued(
  check: (certificate: Certificate, issuer: Certificate) => string | undefined,
): LintRule['check'] {
  return ({ certificate, issuer }: LintSubject) => issuer && check(certificate, issuer)
}
