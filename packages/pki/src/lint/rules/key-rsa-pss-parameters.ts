import { decodeRsassaPssParameters } from '../../crypto/rsassa-pss-parameters.ts'
import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'

/** The parameters of a key that is bound to RSASSA-PSS are ones that it can sign by. */
export const keyRsaPssParameters: KeyRule = keyRule({
  id: 'key-rsa-pss-parameters',
  severity: 'error',
  source: 'RFC 4055 §1.2, §3.1',
  check: ({ type, algorithm: { parameters } }) =>
    when(
      type === 'RSASSA-PSS' && parameters !== undefined && decodeRsassaPssParameters(parameters) === undefined,
      'has an RSASSA-PSS key whose parameters nobody signs by',
    ),
})
