/** Certificate revocation lists. RFC 5280 §5. */
import { type Der, DerError, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { named } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type Extension, Extensions, extensionValue } from '../x509/extension.ts'
import { Name } from '../x509/name.ts'
import { Time } from '../x509/time.ts'
import { type RevocationReason, revocationReasonFrom } from './revocation-reason.ts'

/**
 *     revokedCertificates SEQUENCE OF SEQUENCE {
 *       userCertificate CertificateSerialNumber, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
 */
export type RevokedCertificateEntry = {
  readonly serialNumber: bigint
  readonly revocationDate: Date
  readonly extensions?: readonly Extension[]
}
/** The DER codec of an entry of revokedCertificates, RFC 5280 §5.1.2.6. */
export const RevokedCertificateEntry: Der<RevokedCertificateEntry> = der.sequence<RevokedCertificateEntry>({
  serialNumber: der.integer,
  revocationDate: Time,
  extensions: der.optional(Extensions),
})

/**
 *     TBSCertList ::= SEQUENCE {
 *       version Version OPTIONAL, signature AlgorithmIdentifier, issuer Name, thisUpdate Time, nextUpdate Time OPTIONAL,
 *       revokedCertificates SEQUENCE OF … OPTIONAL, crlExtensions [0] EXPLICIT Extensions OPTIONAL }
 */
export type TbsCertificateList = {
  /** 1 is v2; absent is v1. */
  readonly version?: number
  readonly signature: AlgorithmIdentifier
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate?: Date
  readonly revokedCertificates?: readonly RevokedCertificateEntry[]
  readonly extensions?: readonly Extension[]
}
const TbsFields = {
  version: der.optional(der.smallInteger),
  signature: AlgorithmIdentifier,
  issuer: Name,
  thisUpdate: Time,
  nextUpdate: der.optional(Time),
  extensions: der.optional(der.explicit(0, Extensions)),
}
/** The DER codec of TBSCertList, RFC 5280 §5.1.2. */
export const TbsCertificateList: Der<TbsCertificateList> = der.sequence<TbsCertificateList>({
  version: TbsFields.version,
  signature: TbsFields.signature,
  issuer: TbsFields.issuer,
  thisUpdate: TbsFields.thisUpdate,
  nextUpdate: TbsFields.nextUpdate,
  revokedCertificates: der.optional(der.sequenceOf(RevokedCertificateEntry)),
  extensions: TbsFields.extensions,
})

/** One whose revokedCertificates is DER already: a long list is encoded in slices. */
export type TbsCertificateListAround = Omit<TbsCertificateList, 'revokedCertificates'> & {
  readonly revokedCertificates?: Uint8Array
}
/** The DER codec of TBSCertList around revokedCertificates, RFC 5280 §5.1.2. */
export const TbsCertificateListAround: Der<TbsCertificateListAround> = der.sequence<TbsCertificateListAround>({
  version: TbsFields.version,
  signature: TbsFields.signature,
  issuer: TbsFields.issuer,
  thisUpdate: TbsFields.thisUpdate,
  nextUpdate: TbsFields.nextUpdate,
  revokedCertificates: der.optional(der.any),
  extensions: TbsFields.extensions,
})

/**
 *     CertificateList ::= SEQUENCE {
 *       tbsCertList TBSCertList, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
 */
type Fields = {
  readonly tbsCertList: der.Captured<TbsCertificateList>
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signatureValue: Uint8Array
}
const Fields: Der<der.Captured<Fields>> = der.captured(
  der.sequence<Fields>({
    tbsCertList: der.captured(TbsCertificateList),
    signatureAlgorithm: AlgorithmIdentifier,
    signatureValue: der.bitStringBytes,
  }),
)

/** A certificate that a list names as revoked. RFC 5280 §5.3. */
export type RevokedCertificate = {
  readonly serialNumber: bigint
  readonly at: Date
  readonly reason?: RevocationReason
  /** Since when it should not have counted, where that was before; RFC 5280 §5.3.2. */
  readonly invalidSince?: Date
}

/** A revocation list that was read. RFC 5280 §5.1. */
export type CertificateList = {
  /** The whole list, DER. */
  readonly bytes: Uint8Array
  /** What the signature covers. */
  readonly tbs: Uint8Array
  /** 1 or 2. */
  readonly version: number
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly tbsSignatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate?: Date
  /** By serial number. */
  readonly revoked: ReadonlyMap<bigint, RevokedCertificate>
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
}

const LONGEST = 64 * 1024 * 1024

/** The DER codec of CertificateList, RFC 5280 §5.1; encodes to the bytes that were read. */
export const CertificateList: Der<CertificateList> = named('a CertificateList', {
  tag: Fields.tag,
  accepts: Fields.accepts,
  encode: ({ bytes }) => bytes,
  decode: (bytes) => {
    if (bytes.length > LONGEST) throw new DerError('length', `a CertificateList of ${bytes.length} bytes`)
    return certificateListFrom(Fields.decode(bytes))
  },
  fromElement: (element) => certificateListFrom(Fields.fromElement(element)),
})

function certificateListFrom({ value, bytes }: der.Captured<Fields>): CertificateList {
  const tbs = value.tbsCertList.value
  if (tbs.version !== undefined && tbs.version !== 1)
    throw new DerError('value', `a CertificateList of version ${tbs.version + 1}`)
  return {
    bytes,
    tbs: value.tbsCertList.bytes,
    version: (tbs.version ?? 0) + 1,
    signatureAlgorithm: value.signatureAlgorithm,
    tbsSignatureAlgorithm: tbs.signature,
    issuer: tbs.issuer,
    thisUpdate: tbs.thisUpdate,
    ...(tbs.nextUpdate ? { nextUpdate: tbs.nextUpdate } : {}),
    revoked: new Map(tbs.revokedCertificates?.map((entry) => [entry.serialNumber, revokedFrom(entry)])),
    extensions: tbs.extensions ?? [],
    signature: value.signatureValue,
  }
}

const READ_ENTRY_EXTENSIONS: readonly string[] = [oids.reasonCode, oids.invalidityDate]

function revokedFrom({ serialNumber, revocationDate, extensions = [] }: RevokedCertificateEntry): RevokedCertificate {
  // One that changes whose certificate an entry names (certificateIssuer) may not be passed over (RFC 5280 §5.3).
  const unread = extensions.find(({ id, critical }) => critical && !READ_ENTRY_EXTENSIONS.includes(id))
  if (unread) throw new DerError('value', `an entry with the critical extension ${unread.id}`)
  const code = extensionValue(extensions, oids.reasonCode, der.enumerated)
  const invalidSince = extensionValue(extensions, oids.invalidityDate, der.generalizedTimeWithFraction)
  return {
    serialNumber,
    at: revocationDate,
    ...(code === undefined ? {} : { reason: revocationReasonFrom(code) }),
    ...(invalidSince && { invalidSince }),
  }
}
