import { crlDistributionPoints } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A distribution point says where the whole list is, in full. */
export const crlDistributionPointForm: LintRule = {
  id: 'crl-distribution-point-form',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.13; CA/Browser Forum BR §7.1.2.11.2',
  check: ({ certificate }) => {
    const points = crlDistributionPoints(certificate)
    return when(
      points !== undefined &&
        (points.length === 0 ||
          points.some(
            ({ distributionPoint, reasons, cRLIssuer }) =>
              distributionPoint?.type !== 'fullName' ||
              distributionPoint.value.length === 0 ||
              reasons !== undefined ||
              cRLIssuer !== undefined,
          )),
      'has a CRL distribution point without a full name, for some reasons alone, or of another issuer',
    )
  },
}
