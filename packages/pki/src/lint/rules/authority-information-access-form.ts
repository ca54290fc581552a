import { oids } from '../../object-identifiers.ts'
import { authorityInformationAccess } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** What authorityInfoAccess leads to is a responder or the issuer’s certificate. */
export const authorityInformationAccessForm: LintRule = {
  id: 'authority-information-access-form',
  severity: 'error',
  source: 'RFC 5280 §4.2.2.1; CA/Browser Forum BR §7.1.2.10.3',
  check: ({ certificate }) => {
    const access = authorityInformationAccess(certificate)
    return when(
      access !== undefined &&
        (access.length === 0 ||
          access.some(({ accessMethod }) => accessMethod !== oids.ocsp && accessMethod !== oids.caIssuers)),
      'has an authorityInfoAccess that is empty or leads elsewhere than to OCSP and the issuer',
    )
  },
}
