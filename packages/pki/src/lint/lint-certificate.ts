/** Linting a certificate before it is signed: what no reader should ever have to refuse. */
import { PkiError } from '../error.ts'
import { Certificate } from '../x509/certificate.ts'
import type { CertificateProfile, LintFinding, LintRule, LintSubject } from './lint-rule.ts'
import { rules } from './rules.ts'

/** Every lint there is, in the order in which they are made. */
export const lintRules: readonly Omit<LintRule, 'check'>[] = rules

const rulesOfProfile = new Map<CertificateProfile, readonly LintRule[]>()

/**
 * What is wrong with a certificate for that profile. Its signature is not looked at, so that what is to be signed can be
 * linted under a throw-away one. `issuer` adds the lints of what stands above, `rules` those of the caller.
 */
export function lintCertificate(
  der: Uint8Array,
  profile: CertificateProfile,
  {
    issuer,
    rules: more = [],
  }: { readonly issuer?: Certificate | undefined; readonly rules?: readonly LintRule[] } = {},
): LintFinding[] {
  let certificate: Certificate
  try {
    certificate = Certificate.decode(der)
  } catch (error) {
    if (!(error instanceof PkiError)) throw error
    return [{ id: 'malformed', severity: 'error', message: `is ${error.message}`, source: 'RFC 5280 §4.1' }]
  }
  const subject: LintSubject = { certificate, profile, issuer }
  const findings: LintFinding[] = []
  const look = (rule: LintRule): void => {
    const message = finding(rule, subject)
    if (message !== undefined) findings.push({ id: rule.id, severity: rule.severity, message, source: rule.source })
  }
  for (const rule of rulesFor(profile)) look(rule)
  for (const rule of more) look(rule)
  return findings
}

function rulesFor(profile: CertificateProfile): readonly LintRule[] {
  const known = rulesOfProfile.get(profile)
  if (known) return known
  const applying = rules.filter(({ profiles }) => !profiles || profiles.includes(profile))
  rulesOfProfile.set(profile, applying)
  return applying
}

/** A rule that stumbles over a malformed extension has nothing to say: `extension-encoding` names that extension. */
function finding(rule: LintRule, subject: LintSubject): string | undefined {
  try {
    return rule.check(subject)
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}
