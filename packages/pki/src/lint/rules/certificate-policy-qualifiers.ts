import { DerError, der } from '@countersign/codec'
import { oids } from '../../object-identifiers.ts'
import { certificatePolicies } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A policy says no more than where its practice statement is; notices are for nobody to read. */
export const certificatePolicyQualifiers: LintRule = {
  id: 'certificate-policy-qualifiers',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.4; CA/Browser Forum BR §7.1.2.11.4',
  check: ({ certificate }) =>
    when(
      certificatePolicies(certificate)?.some(
        ({ policyQualifiers }) =>
          policyQualifiers !== undefined &&
          (policyQualifiers.length === 0 ||
            policyQualifiers.some(
              ({ policyQualifierId, qualifier }) => policyQualifierId !== oids.cps || !isWebAddress(qualifier),
            )),
      ) === true,
      'has a policy with a qualifier that is not the address of a practice statement',
    ),
}

function isWebAddress(qualifier: Uint8Array): boolean {
  try {
    const address = der.ia5String.decode(qualifier)
    return /^https?:\/\//.test(address) && URL.canParse(address)
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}
