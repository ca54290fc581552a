/** Linting a certificate before it is signed: what no reader should ever have to refuse. */
import { PkiError } from '../error.ts'
import { Certificate } from '../x509/certificate.ts'
import { extensionRules } from './extension-rules.ts'
import { formRules } from './form-rules.ts'
import { issuerRules } from './issuer-rules.ts'
import { keyRules } from './key-rules.ts'
import type { CertificateProfile, LintFinding, LintRule, LintSubject } from './lint-rule.ts'
import { nameRules } from './name-rules.ts'
import { profileRules } from './profile-rules.ts'

/** Every lint there is, in the order in which they are made. */
export const lintRules: readonly Omit<LintRule, 'check'>[] = allRules()

function allRules(): readonly LintRule[] {
  return [...formRules, ...keyRules, ...nameRules, ...extensionRules, ...profileRules, ...issuerRules]
}

const RULES = allRules()

/**
 * What is wrong with a certificate for that profile. Its signature is not looked at, so that what is to be signed can be
 * linted under a throw-away one. `issuer` adds the lints of what stands above.
 */
export function lintCertificate(
  der: Uint8Array,
  profile: CertificateProfile,
  { issuer }: { readonly issuer?: Certificate | undefined } = {},
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
  for (const rule of RULES) {
    if (rule.profiles && !rule.profiles.includes(profile)) continue
    const message = finding(rule, subject)
    if (message !== undefined) findings.push({ id: rule.id, severity: rule.severity, message, source: rule.source })
  }
  return findings
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
