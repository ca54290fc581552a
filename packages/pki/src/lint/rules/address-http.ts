import { authorityInformationAccess, crlDistributionPoints } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Addresses are of plain HTTP: what they lead to is signed, and has to be had before TLS. */
export const addressHttp: LintRule = {
  id: 'address-http',
  severity: 'error',
  source: 'CA/Browser Forum BR §7.1.2.11.2; RFC 5280 §8',
  check: ({ certificate }) => {
    const locations = [
      ...(authorityInformationAccess(certificate) ?? []).map(({ accessLocation }) => accessLocation),
      ...(crlDistributionPoints(certificate) ?? []).flatMap(({ distributionPoint }) =>
        distributionPoint?.type === 'fullName' ? distributionPoint.value : [],
      ),
    ]
    return when(
      locations.some(({ type, value }) => type !== 'uniformResourceIdentifier' || !isHttp(value)),
      'gives an address that is not one of plain HTTP',
    )
  },
}

function isHttp(value: string): boolean {
  return /^http:\/\/[A-Za-z0-9[]/.test(value) && URL.canParse(value)
}
