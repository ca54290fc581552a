import { signatureAlgorithmFrom, suitsKey } from '../../crypto/signature-algorithm.ts'
import { issued } from '../issued.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** The signature is of an algorithm that the issuer’s key is for. */
export const issuerSignatureAlgorithm: LintRule = {
  id: 'issuer-signature-algorithm',
  severity: 'error',
  source: 'RFC 5280 §4.1.1.2',
  check: issued((certificate, issuer) => {
    const algorithm = signatureAlgorithmFrom(certificate.signatureAlgorithm)
    return when(
      algorithm !== undefined && !suitsKey(algorithm, issuer.publicKey),
      `is signed with ${algorithm}, which its issuer's key is not for`,
    )
  }),
}
