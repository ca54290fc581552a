import { signatureAlgorithmFrom } from '../../crypto/signature-algorithm.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Signatures are of algorithms that readers accept. */
export const signatureAlgorithmAccepted: LintRule = {
  id: 'signature-algorithm-accepted',
  severity: 'error',
  source: 'C2PA 2.2 §14.5.1',
  check: ({ certificate }) =>
    when(
      signatureAlgorithmFrom(certificate.signatureAlgorithm) === undefined,
      `is signed with ${certificate.signatureAlgorithm.algorithm}, which is not accepted`,
    ),
}
