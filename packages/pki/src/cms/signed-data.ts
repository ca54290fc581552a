/** Signed data of the Cryptographic Message Syntax. RFC 5652 §5. */
import { type Der, DerError, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { Name } from '../x509/name.ts'
import { Attribute } from './attribute.ts'
import { ContentInfo, contentTypes } from './content-info.ts'

/**
 *     EncapsulatedContentInfo ::= SEQUENCE { eContentType ContentType, eContent [0] EXPLICIT OCTET STRING OPTIONAL }
 *
 * RFC 5652 §5.2.
 */
export type EncapsulatedContentInfo = {
  readonly contentType: string
  readonly content?: Uint8Array
}
export const EncapsulatedContentInfo: Der<EncapsulatedContentInfo> = der.sequence<EncapsulatedContentInfo>({
  contentType: der.oid,
  content: der.optional(der.explicit(0, der.octetString)),
})

/**
 *     IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber CertificateSerialNumber }
 *
 * RFC 5652 §10.2.4.
 */
export type IssuerAndSerialNumber = {
  readonly issuer: Name
  readonly serialNumber: bigint
}
export const IssuerAndSerialNumber: Der<IssuerAndSerialNumber> = der.sequence<IssuerAndSerialNumber>({
  issuer: Name,
  serialNumber: der.integer,
})

/**
 * Which certificate a signer uses. RFC 5652 §5.3.
 *
 *     SignerIdentifier ::= CHOICE {
 *       issuerAndSerialNumber IssuerAndSerialNumber, subjectKeyIdentifier [0] SubjectKeyIdentifier }
 */
export type SignerIdentifier = der.Choice<{
  issuerAndSerialNumber: IssuerAndSerialNumber
  subjectKeyIdentifier: Uint8Array
}>
export const SignerIdentifier: Der<SignerIdentifier> = der.choice({
  issuerAndSerialNumber: IssuerAndSerialNumber,
  subjectKeyIdentifier: der.implicit(0, der.octetString),
})

/**
 *     SignerInfo ::= SEQUENCE {
 *       version CMSVersion, sid SignerIdentifier, digestAlgorithm DigestAlgorithmIdentifier,
 *       signedAttrs [0] IMPLICIT SignedAttributes OPTIONAL, signatureAlgorithm SignatureAlgorithmIdentifier,
 *       signature SignatureValue, unsignedAttrs [1] IMPLICIT UnsignedAttributes OPTIONAL }
 *
 * RFC 5652 §5.3. The signed attributes keep their bytes: the signature is over those, as a SET OF.
 */
export type SignerInfo = {
  readonly version: number
  readonly signerIdentifier: SignerIdentifier
  readonly digestAlgorithm: AlgorithmIdentifier
  readonly signedAttributes?: der.Captured<readonly Attribute[]>
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly unsignedAttributes?: readonly Attribute[]
}
export const SignerInfo: Der<SignerInfo> = der.sequence<SignerInfo>({
  version: der.smallInteger,
  signerIdentifier: SignerIdentifier,
  digestAlgorithm: AlgorithmIdentifier,
  signedAttributes: der.optional(der.captured(der.implicit(0, der.setOf(Attribute)))),
  signatureAlgorithm: AlgorithmIdentifier,
  signature: der.octetString,
  unsignedAttributes: der.optional(der.implicit(1, der.setOf(Attribute))),
})

/**
 *     SignedData ::= SEQUENCE {
 *       version CMSVersion, digestAlgorithms DigestAlgorithmIdentifiers, encapContentInfo EncapsulatedContentInfo,
 *       certificates [0] IMPLICIT CertificateSet OPTIONAL, crls [1] IMPLICIT RevocationInfoChoices OPTIONAL,
 *       signerInfos SignerInfos }
 *
 * RFC 5652 §5.1. Certificates and revocation lists stay bytes: a set may hold kinds that nobody here reads.
 */
export type SignedData = {
  readonly version: number
  readonly digestAlgorithms: readonly AlgorithmIdentifier[]
  readonly encapsulatedContent: EncapsulatedContentInfo
  readonly certificates?: readonly Uint8Array[]
  readonly revocationLists?: readonly Uint8Array[]
  readonly signerInfos: readonly SignerInfo[]
}
export const SignedData: Der<SignedData> = der.sequence<SignedData>({
  version: der.smallInteger,
  digestAlgorithms: der.setOf(AlgorithmIdentifier),
  encapsulatedContent: EncapsulatedContentInfo,
  certificates: der.optional(der.implicit(0, der.setOf(der.any))),
  revocationLists: der.optional(der.implicit(1, der.setOf(der.any))),
  signerInfos: der.setOf(SignerInfo),
})

/** The signed data inside a ContentInfo; throws DerError for any other content. RFC 5652 §5.1. */
export function decodeSignedData(bytes: Uint8Array): SignedData {
  const { contentType, content } = ContentInfo.decode(bytes)
  if (contentType !== contentTypes.signedData) throw new DerError('value', `content of type ${contentType}`)
  return SignedData.decode(content)
}
