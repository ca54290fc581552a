/** What is looked at before anything is signed: the very bytes, under the signature of a throw-away key. */
import { assembleCertificate, type LintRule, type Signer } from '@countersign/pki'
import { lintCertificate } from '@countersign/pki/lint'
import type { CertificateProfile } from './certificate.ts'
import type { Issuer } from './issuer.ts'
import { Refusal } from './refusal.ts'

const LINT_PROFILES = {
  authority: 'authority',
  'tls-server': 'tls-server',
  'client-auth': 'tls-client',
  'content-signing': 'content-signing',
  'time-stamping': 'time-stamping',
  'ocsp-responder': 'ocsp-responder',
  device: 'device',
} as const satisfies Record<CertificateProfile, string>

/** Throws a Refusal where a lint finds an error or a warning: nothing of that is signed. `rules` are lints of its own. */
export async function requireClean(
  tbs: Uint8Array,
  { certificate: issuer, throwAway }: Pick<Issuer, 'certificate'> & { readonly throwAway: Signer },
  profile: CertificateProfile,
  rules: readonly LintRule[] = [],
): Promise<void> {
  const bytes = assembleCertificate(tbs, throwAway.algorithm, await throwAway.sign(tbs))
  const findings = lintCertificate(bytes, LINT_PROFILES[profile], { issuer, rules }).filter(
    ({ severity }) => severity !== 'notice',
  )
  if (findings.length > 0)
    throw new Refusal(
      'invalid',
      'certificate_not_conforming',
      `The certificate would break rules: ${findings.map(({ id, message }) => `${id}: ${message}`).join('; ')}`,
    )
}
