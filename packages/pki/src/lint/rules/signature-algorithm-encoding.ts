import { equalBytes } from '@countersign/codec'
import { AlgorithmIdentifier } from '../../crypto/algorithm-identifier.ts'
import { signatureAlgorithmFrom, signatureAlgorithmIdentifier } from '../../crypto/signature-algorithm.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Each signature algorithm has one way in which its parameters are written. */
export const signatureAlgorithmEncoding: LintRule = {
  id: 'signature-algorithm-encoding',
  severity: 'error',
  source: 'RFC 4055 §3.1, §5; RFC 5758 §3.2',
  check: ({ certificate }) => {
    const algorithm = signatureAlgorithmFrom(certificate.signatureAlgorithm)
    if (algorithm === undefined) return undefined
    const expected = AlgorithmIdentifier.encode(signatureAlgorithmIdentifier(algorithm))
    return when(
      !equalBytes(AlgorithmIdentifier.encode(certificate.signatureAlgorithm), expected),
      `writes the parameters of ${algorithm} in another way than is usual`,
    )
  },
}
