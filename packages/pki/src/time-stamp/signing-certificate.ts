/** The signed attribute that says which certificate a signature was made with. RFC 2634 §5.4, RFC 5035 §3, RFC 5816. */
import { type Der, der, equalBytes } from '@countersign/codec'
import { digest } from '#crypto'
import { type Attribute, attributeTypes, singleValue } from '../cms/attribute.ts'
import { AlgorithmIdentifier, hashAlgorithmFrom } from '../crypto/algorithm-identifier.ts'
import type { Certificate } from '../x509/certificate.ts'
import { GeneralName } from '../x509/general-name.ts'
import { equalNames } from '../x509/name.ts'

/**
 *     IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber CertificateSerialNumber }
 */
type IssuerSerial = { readonly issuer: readonly GeneralName[]; readonly serialNumber: bigint }
const IssuerSerial: Der<IssuerSerial> = der.sequence<IssuerSerial>({
  issuer: der.sequenceOf(GeneralName),
  serialNumber: der.integer,
})

/**
 *     ESSCertID ::= SEQUENCE { certHash Hash, issuerSerial IssuerSerial OPTIONAL }
 *     ESSCertIDv2 ::= SEQUENCE {
 *       hashAlgorithm AlgorithmIdentifier DEFAULT {algorithm id-sha256}, certHash Hash, issuerSerial IssuerSerial OPTIONAL }
 *
 * They differ in the hash alone: the first has SHA-1.
 */
type EssCertId = {
  readonly hashAlgorithm?: AlgorithmIdentifier
  readonly certHash: Uint8Array
  readonly issuerSerial?: IssuerSerial
}
const EssCertId: Der<EssCertId> = der.sequence<EssCertId>({
  hashAlgorithm: der.optional(AlgorithmIdentifier),
  certHash: der.octetString,
  issuerSerial: der.optional(IssuerSerial),
})

/**
 *     SigningCertificateV2 ::= SEQUENCE {
 *       certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF PolicyInformation OPTIONAL }
 */
type SigningCertificate = { readonly certs: readonly EssCertId[]; readonly policies?: readonly Uint8Array[] }
const SigningCertificate: Der<SigningCertificate> = der.sequence<SigningCertificate>({
  certs: der.sequenceOf(EssCertId),
  policies: der.optional(der.sequenceOf(der.any)),
})

const attributes = new WeakMap<Certificate, Attribute>()

/** The attribute that binds a signature to a certificate by its SHA-256. RFC 5816 §2.2.1. */
export function signingCertificateAttribute(certificate: Certificate): Attribute {
  let attribute = attributes.get(certificate)
  if (!attribute) {
    const value = SigningCertificate.encode({ certs: [{ certHash: digest('sha256', certificate.bytes) }] })
    attribute = { type: attributeTypes.signingCertificateV2, values: [value] }
    attributes.set(certificate, attribute)
  }
  return attribute
}

/**
 * Whether the attributes name that certificate as the signer's; undefined when they name none. Where both versions
 * stand there, both must (RFC 5816 §2.2.1). Throws DerError for an attribute that is not what it should be.
 */
export function namesSigningCertificate(signed: readonly Attribute[], certificate: Certificate): boolean | undefined {
  const old = singleValue(signed, attributeTypes.signingCertificate, SigningCertificate)
  const current = singleValue(signed, attributeTypes.signingCertificateV2, SigningCertificate)
  if (!old && !current) return undefined
  // The first is the signer's; any others are of its chain (RFC 2634 §5.4.1).
  return (
    (!old || isHashOf(old.certs[0], 'sha1', certificate)) &&
    (!current || isHashOf(current.certs[0], 'sha256', certificate))
  )
}

function isHashOf(id: EssCertId | undefined, preset: 'sha1' | 'sha256', certificate: Certificate): boolean {
  if (!id) return false
  const hashAlgorithm = id.hashAlgorithm && preset === 'sha256' ? hashAlgorithmFrom(id.hashAlgorithm) : preset
  if (!hashAlgorithm || !equalBytes(id.certHash, digest(hashAlgorithm, certificate.bytes))) return false
  const { issuerSerial } = id
  return (
    !issuerSerial ||
    (issuerSerial.serialNumber === certificate.serialNumber &&
      issuerSerial.issuer.some(({ type, value }) => type === 'directoryName' && equalNames(value, certificate.issuer)))
  )
}
