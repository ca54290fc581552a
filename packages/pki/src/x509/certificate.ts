/** Certificates, RFC 5280 §4.1. */
import { type Der, DerError, der, equalBytes } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { PublicKey } from '../crypto/public-key.ts'
import { named } from '../error.ts'
import { type Extension, Extensions } from './extension.ts'
import { Name } from './name.ts'
import { Time } from './time.ts'

/**
 *     Validity ::= SEQUENCE { notBefore Time, notAfter Time }
 */
export type Validity = { readonly notBefore: Date; readonly notAfter: Date }
/** The DER codec of Validity, RFC 5280 §4.1.2.5. */
export const Validity: Der<Validity> = der.sequence<Validity>({ notBefore: Time, notAfter: Time })

/**
 *     TBSCertificate ::= SEQUENCE {
 *       version [0] EXPLICIT Version DEFAULT v1, serialNumber CertificateSerialNumber, signature AlgorithmIdentifier,
 *       issuer Name, validity Validity, subject Name, subjectPublicKeyInfo SubjectPublicKeyInfo,
 *       issuerUniqueID [1] IMPLICIT UniqueIdentifier OPTIONAL, subjectUniqueID [2] IMPLICIT UniqueIdentifier OPTIONAL,
 *       extensions [3] EXPLICIT Extensions OPTIONAL }
 */
export type TbsCertificate = {
  /** 0 is v1, 2 is v3. */
  readonly version: number
  readonly serialNumber: bigint
  readonly signature: AlgorithmIdentifier
  readonly issuer: Name
  readonly validity: Validity
  readonly subject: Name
  readonly subjectPublicKeyInfo: PublicKey
  readonly issuerUniqueId?: der.BitString
  readonly subjectUniqueId?: der.BitString
  readonly extensions?: readonly Extension[]
}
/** The DER codec of TBSCertificate. */
export const TbsCertificate: Der<TbsCertificate> = named(
  'a TBSCertificate',
  der.sequence<TbsCertificate>({
    version: der.withDefault(der.explicit(0, der.smallInteger), 0),
    serialNumber: der.integer,
    signature: AlgorithmIdentifier,
    issuer: Name,
    validity: Validity,
    subject: Name,
    subjectPublicKeyInfo: PublicKey,
    issuerUniqueId: der.optional(der.implicit(1, der.bitString)),
    subjectUniqueId: der.optional(der.implicit(2, der.bitString)),
    extensions: der.optional(der.explicit(3, Extensions)),
  }),
)

/**
 *     Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
 */
type Fields = {
  readonly tbsCertificate: der.Captured<TbsCertificate>
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signatureValue: Uint8Array
}
const Fields: Der<der.Captured<Fields>> = der.captured(
  der.sequence<Fields>({
    tbsCertificate: der.captured(TbsCertificate),
    signatureAlgorithm: AlgorithmIdentifier,
    signatureValue: der.bitStringBytes,
  }),
)

/** A certificate that was read. Its extensions are decoded when they are asked for: see `certificate-extensions.ts`. */
export type Certificate = {
  /** The whole certificate, DER. */
  readonly bytes: Uint8Array
  /** What the signature covers. */
  readonly tbs: Uint8Array
  /** 1, 2 or 3. */
  readonly version: number
  readonly serialNumber: bigint
  /** The algorithm outside; `tbsSignatureAlgorithm` is the one inside, and they must be the same (RFC 5280 §4.1.1.2). */
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly tbsSignatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Name
  readonly publicKey: PublicKey
  readonly hasUniqueIds: boolean
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
}

const LONGEST = 1024 * 1024

/** The DER codec of Certificate; encodes to the bytes that were read. */
export const Certificate: Der<Certificate> = named('a certificate', {
  tag: Fields.tag,
  accepts: Fields.accepts,
  encode: ({ bytes }) => bytes,
  decode: (bytes) => {
    if (bytes.length > LONGEST) throw new DerError('length', `a certificate of ${bytes.length} bytes`)
    return certificateFrom(Fields.decode(bytes))
  },
  fromElement: (element) => certificateFrom(Fields.fromElement(element)),
})

function certificateFrom({ value, bytes }: der.Captured<Fields>): Certificate {
  const tbs = value.tbsCertificate.value
  if (tbs.version > 2 || tbs.version < 0) throw new DerError('value', `a certificate of version ${tbs.version + 1}`)
  return {
    bytes,
    tbs: value.tbsCertificate.bytes,
    version: tbs.version + 1,
    serialNumber: tbs.serialNumber,
    signatureAlgorithm: value.signatureAlgorithm,
    tbsSignatureAlgorithm: tbs.signature,
    issuer: tbs.issuer,
    notBefore: tbs.validity.notBefore,
    notAfter: tbs.validity.notAfter,
    subject: tbs.subject,
    publicKey: tbs.subjectPublicKeyInfo,
    hasUniqueIds: tbs.issuerUniqueId !== undefined || tbs.subjectUniqueId !== undefined,
    extensions: tbs.extensions ?? [],
    signature: value.signatureValue,
  }
}

/** Whether two certificates are the very same bytes. */
export function equalCertificates(a: Certificate, b: Certificate): boolean {
  return a === b || equalBytes(a.bytes, b.bytes)
}
