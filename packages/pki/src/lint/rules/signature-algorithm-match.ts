import { equalBytes } from '@countersign/codec'
import { AlgorithmIdentifier } from '../../crypto/algorithm-identifier.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** What is signed names the algorithm of its signature. */
export const signatureAlgorithmMatch: LintRule = {
  id: 'signature-algorithm-match',
  severity: 'error',
  source: 'RFC 5280 §4.1.1.2',
  check: ({ certificate: { signatureAlgorithm, tbsSignatureAlgorithm } }) =>
    when(
      !equalBytes(AlgorithmIdentifier.encode(signatureAlgorithm), AlgorithmIdentifier.encode(tbsSignatureAlgorithm)),
      'names one signature algorithm inside and another outside',
    ),
}
