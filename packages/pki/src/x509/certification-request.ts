/** Certification requests, PKCS #10, RFC 2986. */
import { type Der, DerError, der } from '@countersign/codec'
import { verifySignature } from '#crypto'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import type { Signer } from '../crypto/port.ts'
import { PublicKey } from '../crypto/public-key.ts'
import { signatureAlgorithmFrom, signatureAlgorithmIdentifier } from '../crypto/signature-algorithm.ts'
import { named } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type Extension, Extensions } from './extension.ts'
import { Name } from './name.ts'

/**
 *     Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET SIZE(1..MAX) OF ANY }
 */
export type RequestAttribute = { readonly type: string; readonly values: readonly Uint8Array[] }

/**
 *     CertificationRequestInfo ::= SEQUENCE {
 *       version INTEGER { v1(0) }, subject Name, subjectPKInfo SubjectPublicKeyInfo, attributes [0] IMPLICIT SET OF Attribute }
 */
type Info = {
  readonly version: number
  readonly subject: Name
  readonly subjectPublicKeyInfo: PublicKey
  readonly attributes: readonly RequestAttribute[]
}
const NO_ATTRIBUTES: readonly RequestAttribute[] = []
const Info: Der<Info> = der.sequence<Info>({
  version: der.smallInteger,
  subject: Name,
  subjectPublicKeyInfo: PublicKey,
  // Some programs leave out an empty set.
  attributes: der.withDefault(
    der.implicit(0, der.setOf(der.sequence<RequestAttribute>({ type: der.oid, values: der.setOf(der.any) }))),
    NO_ATTRIBUTES,
  ),
})

/**
 *     CertificationRequest ::= SEQUENCE {
 *       certificationRequestInfo CertificationRequestInfo, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
 */
type Fields = {
  readonly certificationRequestInfo: der.Captured<Info>
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}
const Fields: Der<der.Captured<Fields>> = der.captured(
  der.sequence<Fields>({
    certificationRequestInfo: der.captured(Info),
    signatureAlgorithm: AlgorithmIdentifier,
    signature: der.bitStringBytes,
  }),
)

/** A request that was read. It asserts nothing until `verifyCertificationRequest` says so. */
export type CertificationRequest = {
  /** The whole request, DER. */
  readonly bytes: Uint8Array
  /** What the signature covers. */
  readonly info: Uint8Array
  readonly subject: Name
  readonly publicKey: PublicKey
  readonly attributes: readonly RequestAttribute[]
  /** The extensions that the request asks for (RFC 2985 §5.4.2). */
  readonly extensions: readonly Extension[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

const LONGEST = 64 * 1024

/** The DER codec of CertificationRequest; encodes to the bytes that were read. */
export const CertificationRequest: Der<CertificationRequest> = named('a certification request', {
  tag: Fields.tag,
  accepts: Fields.accepts,
  encode: ({ bytes }) => bytes,
  decode: (bytes) => {
    if (bytes.length > LONGEST) throw new DerError('length', `a request of ${bytes.length} bytes`)
    return requestFrom(Fields.decode(bytes))
  },
  fromElement: (element) => requestFrom(Fields.fromElement(element)),
})

function requestFrom({ value, bytes }: der.Captured<Fields>): CertificationRequest {
  const { value: info, bytes: infoBytes } = value.certificationRequestInfo
  if (info.version !== 0) throw new DerError('value', `a request of version ${info.version + 1}`)
  return {
    bytes,
    info: infoBytes,
    subject: info.subject,
    publicKey: info.subjectPublicKeyInfo,
    attributes: info.attributes,
    extensions: requestedExtensions(info.attributes),
    signatureAlgorithm: value.signatureAlgorithm,
    signature: value.signature,
  }
}

/** Microsoft's own name for the attribute, with the same content. */
const MICROSOFT_EXTENSIONS = '1.3.6.1.4.1.311.2.1.14'

function requestedExtensions(attributes: readonly RequestAttribute[]): readonly Extension[] {
  const values = attributes
    .filter(({ type }) => type === oids.extensionRequest || type === MICROSOFT_EXTENSIONS)
    .flatMap((attribute) => attribute.values)
  const extensions = values.flatMap((value) => Extensions.decode(value))
  if (new Set(extensions.map(({ id }) => id)).size !== extensions.length)
    throw new DerError('value', 'a request that asks for an extension twice')
  return extensions
}

/** Whether the request is signed with the key it is about: proof that the private key is there. False for SHA-1 and MD5 too. */
export async function verifyCertificationRequest(request: CertificationRequest): Promise<boolean> {
  const algorithm = signatureAlgorithmFrom(request.signatureAlgorithm)
  if (!algorithm) return false
  return await verifySignature(algorithm, request.publicKey.bytes, request.info, request.signature)
}

/** What a request is to ask for. */
export type CertificationRequestTemplate = {
  readonly subject: Name
  readonly extensions?: readonly Extension[]
  /** Beside the one that holds the extensions. */
  readonly attributes?: readonly RequestAttribute[]
}

/** Builds and signs a request with the key that the certificate shall be for. */
export async function signCertificationRequest(
  { subject, extensions = [], attributes = [] }: CertificationRequestTemplate,
  signer: Signer,
): Promise<Uint8Array> {
  const info = Info.encode({
    version: 0,
    subject,
    subjectPublicKeyInfo: PublicKey.decode(signer.publicKey),
    attributes: [
      ...(extensions.length > 0 ? [{ type: oids.extensionRequest, values: [Extensions.encode(extensions)] }] : []),
      ...attributes,
    ],
  })
  return der.writeElement(0x30, [
    info,
    AlgorithmIdentifier.encode(signatureAlgorithmIdentifier(signer.algorithm)),
    der.bitStringBytes.encode(await signer.sign(info)),
  ])
}
