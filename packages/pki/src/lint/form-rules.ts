/** Lints of a certificate's own fields: version, serial number, validity, signature algorithm, DER. */
import { der, equalBytes } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { signatureAlgorithmFrom, signatureAlgorithmIdentifier } from '../crypto/signature-algorithm.ts'
import { type Certificate, TbsCertificate } from '../x509/certificate.ts'
import { type CertificateProfile, type LintRule, when } from './lint-rule.ts'

const DAY_SECONDS = 86_400

/** The longest validity in days, first and last second counted. */
const LONGEST_VALIDITY: { readonly [P in CertificateProfile]?: number } = {
  'tls-server': 398,
  'tls-client': 398,
  'content-signing': 366,
  'time-stamping': 4110,
  'ocsp-responder': 398,
}

/** The lints of a certificate's own fields. */
export const formRules: readonly LintRule[] = [
  {
    id: 'version-3',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.1',
    check: ({ certificate }) => when(certificate.version !== 3, `is of version ${certificate.version}`),
  },
  {
    id: 'serial-number-positive',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.2',
    check: ({ certificate }) => when(certificate.serialNumber <= 0n, 'has a serial number that is not positive'),
  },
  {
    id: 'serial-number-length',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.2',
    check: ({ certificate }) =>
      when(certificate.serialNumber >= 1n << 159n, 'has a serial number of more than 20 octets'),
  },
  {
    id: 'serial-number-entropy',
    severity: 'error',
    source: 'CA/Browser Forum BR §7.1',
    // Of 159 random bits, the first 96 are all zero once in 2^96 certificates.
    check: ({ certificate }) =>
      when(
        certificate.serialNumber > 0n && certificate.serialNumber < 1n << 63n,
        'has a serial number of less than 64 bits',
      ),
  },
  {
    id: 'signature-algorithm-accepted',
    severity: 'error',
    source: 'C2PA 2.2 §14.5.1',
    check: ({ certificate }) =>
      when(
        signatureAlgorithmFrom(certificate.signatureAlgorithm) === undefined,
        `is signed with ${certificate.signatureAlgorithm.algorithm}, which is not accepted`,
      ),
  },
  {
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
  },
  {
    id: 'signature-algorithm-match',
    severity: 'error',
    source: 'RFC 5280 §4.1.1.2',
    check: ({ certificate: { signatureAlgorithm, tbsSignatureAlgorithm } }) =>
      when(
        !equalBytes(AlgorithmIdentifier.encode(signatureAlgorithm), AlgorithmIdentifier.encode(tbsSignatureAlgorithm)),
        'names one signature algorithm inside and another outside',
      ),
  },
  {
    id: 'validity-order',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.5',
    check: ({ certificate }) => when(certificate.notAfter <= certificate.notBefore, 'ends before it begins'),
  },
  {
    id: 'validity-encoding',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.5',
    check: ({ certificate }) =>
      when(
        timeTags(certificate).some(({ tag, year }) => (tag === 0x17) !== (year >= 1950 && year < 2050)),
        'has a year until 2049 as GeneralizedTime',
      ),
  },
  {
    id: 'validity-length',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.3.2; C2PA certificate profiles',
    check: ({ certificate: { notBefore, notAfter }, profile }) => {
      const most = LONGEST_VALIDITY[profile]
      const seconds = (notAfter.getTime() - notBefore.getTime()) / 1000 + 1
      return when(most !== undefined && seconds > most * DAY_SECONDS, `is valid for more than ${most} days`)
    },
  },
  {
    id: 'unique-identifiers-absent',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.8; C2PA 2.2 §14.5.1',
    check: ({ certificate }) => when(certificate.hasUniqueIds, 'has an issuerUniqueID or a subjectUniqueID'),
  },
  {
    id: 'der-canonical',
    severity: 'error',
    source: 'X.690 §11',
    check: ({ certificate }) =>
      when(
        !certificate.hasUniqueIds && !equalBytes(rewritten(certificate), certificate.tbs),
        'is not in its one DER encoding',
      ),
  },
]

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

/** The identifiers of notBefore and notAfter, which the decoded times no longer show. */
function timeTags({ tbs, notBefore, notAfter }: Certificate): { readonly tag: number; readonly year: number }[] {
  const elements = der.elementsOf(der.onlyElement(tbs))
  const validity = elements[elements[0]?.tag === 0xa0 ? 4 : 3]
  const tags = validity ? der.elementsOf(validity).map(({ tag }) => tag) : []
  return [notBefore, notAfter].map((time, index) => ({ tag: tags[index] ?? 0, year: time.getUTCFullYear() }))
}
