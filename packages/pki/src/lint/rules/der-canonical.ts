import { equalBytes } from '@countersign/codec'
import { type Certificate, TbsCertificate } from '../../x509/certificate.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** What is signed is in its one DER encoding. */
export const derCanonical: LintRule = {
  id: 'der-canonical',
  severity: 'error',
  source: 'X.690 §11',
  check: ({ certificate }) =>
    when(
      !certificate.hasUniqueIds && !equalBytes(rewritten(certificate), certificate.tbs),
      'is not in its one DER encoding',
    ),
}

/** The TBSCertificate of what was read, written again. */
function rewritten(certificate: Certificate): Uint8Array {
  const { extensions } = certificate
  return TbsCertificate.encode({
    version: certificate.version - 1,
    serialNumber: certificate.serialNumber,
    signature: certificate.tbsSignatureAlgorithm,
    issuer: certificate.issuer,
    validity: { notBefore: certificate.notBefore, notAfter: certificate.notAfter },
    subject: certificate.subject,
    subjectPublicKeyInfo: certificate.publicKey,
    ...(extensions.length > 0 && { extensions }),
  })
}
