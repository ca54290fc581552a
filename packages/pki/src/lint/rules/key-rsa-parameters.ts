import { hasNoParameters } from '../../crypto/algorithm-identifier.ts'
import { oids } from '../../object-identifiers.ts'
import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'

/** The parameters of an RSA key are NULL. */
export const keyRsaParameters: KeyRule = keyRule({
  id: 'key-rsa-parameters',
  severity: 'error',
  source: 'RFC 3279 §2.3.1',
  check: ({ algorithm }) =>
    when(
      algorithm.algorithm === oids.rsaEncryption && (algorithm.parameters === undefined || !hasNoParameters(algorithm)),
      'has an RSA key whose parameters are not NULL',
    ),
})
