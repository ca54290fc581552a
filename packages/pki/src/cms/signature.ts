/** Signatures over signed attributes. RFC 5652 §5.4 and §5.6. */
import { der, equalBytes } from '@countersign/codec'
import { digest, verifySignature } from '#crypto'
import {
  type AlgorithmIdentifier,
  hashAlgorithmFrom,
  hashAlgorithmIdentifier,
  hasNoParameters,
} from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm, SignatureAlgorithm, Signer } from '../crypto/port.ts'
import { hashAlgorithmOf, signatureAlgorithmFrom, signatureAlgorithmIdentifier } from '../crypto/signature-algorithm.ts'
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import { subjectKeyIdentifier } from '../x509/certificate-extensions.ts'
import { equalNames } from '../x509/name.ts'
import { Attribute, attributeTypes, singleValue } from './attribute.ts'
import { ContentInfo, contentTypes } from './content-info.ts'
import { SignedData, type SignerIdentifier, type SignerInfo } from './signed-data.ts'

const SET_OF = 0x31
const SignedAttributes = der.setOf(Attribute)

/** What one signer is to sign. RFC 5652 §5. */
export type SignedDataTemplate = {
  readonly contentType: string
  readonly content: Uint8Array
  /** The signer's. */
  readonly certificate: Certificate
  /** Those to go along, in any order: a set has none. */
  readonly certificates: readonly Certificate[]
  /** Beside content-type and message-digest, which are always there. */
  readonly attributes: readonly Attribute[]
}

/** Signed data of one signer with the content inside, as a ContentInfo, DER. RFC 5652 §5.1. */
export async function signSignedData(template: SignedDataTemplate, signer: Signer): Promise<Uint8Array> {
  const { contentType, content, certificate, certificates } = template
  const hashAlgorithm = hashAlgorithmOf(signer.algorithm)
  const digestAlgorithm = hashAlgorithmIdentifier(hashAlgorithm)
  const signedAttributes = SignedAttributes.encode([
    { type: attributeTypes.contentType, values: [der.oid.encode(contentType)] },
    { type: attributeTypes.messageDigest, values: [der.octetString.encode(digest(hashAlgorithm, content))] },
    ...template.attributes,
  ])
  const signature = await signer.sign(signedAttributes)
  const signedData: SignedData = {
    // 3 where the content is not plain data (RFC 5652 §5.1).
    version: contentType === contentTypes.data ? 1 : 3,
    digestAlgorithms: [digestAlgorithm],
    encapsulatedContent: { contentType, content },
    ...(certificates.length === 0 ? {} : { certificates: certificates.map(({ bytes }) => bytes) }),
    signerInfos: [
      {
        version: 1,
        signerIdentifier: {
          type: 'issuerAndSerialNumber',
          value: { issuer: certificate.issuer, serialNumber: certificate.serialNumber },
        },
        digestAlgorithm,
        signedAttributes: { value: [], bytes: retagged(signedAttributes, 0xa0) },
        signatureAlgorithm: signatureAlgorithmIdentifier(signer.algorithm),
        signature,
      },
    ],
  }
  return ContentInfo.encode({ contentType: contentTypes.signedData, content: SignedData.encode(signedData) })
}

/** Whether the identifier is that certificate's. RFC 5652 §5.3. */
export function identifies(identifier: SignerIdentifier, certificate: Certificate): boolean {
  if (identifier.type === 'subjectKeyIdentifier') {
    const keyIdentifier = subjectKeyIdentifier(certificate)
    return keyIdentifier !== undefined && equalBytes(keyIdentifier, identifier.value)
  }
  const { issuer, serialNumber } = identifier.value
  return certificate.serialNumber === serialNumber && equalNames(certificate.issuer, issuer)
}

/** How a signer's signature does not verify; undefined when it does. RFC 5652 §5.4 and §5.6. */
export async function signatureFault(
  signerInfo: SignerInfo,
  contentType: string,
  content: Uint8Array,
  certificate: Certificate,
): Promise<string | undefined> {
  const { signedAttributes } = signerInfo
  const hashAlgorithm = hashAlgorithmFrom(signerInfo.digestAlgorithm)
  if (!hashAlgorithm || hashAlgorithm === 'sha1')
    return `the hash ${signerInfo.digestAlgorithm.algorithm} is not accepted`
  const algorithm = signatureAlgorithmOf(signerInfo.signatureAlgorithm, hashAlgorithm)
  if (!algorithm) return `the signature algorithm ${signerInfo.signatureAlgorithm.algorithm} is not accepted`
  // Without signed attributes a signature over content can be passed off as one over attributes; no one here needs it.
  if (!signedAttributes) return 'there are no signed attributes'
  const { value: attributes, bytes } = signedAttributes
  if (singleValue(attributes, attributeTypes.contentType, der.oid) !== contentType)
    return 'the content-type attribute is not the type of the content'
  const messageDigest = singleValue(attributes, attributeTypes.messageDigest, der.octetString)
  if (!messageDigest || !equalBytes(messageDigest, digest(hashAlgorithm, content)))
    return 'the message-digest attribute is not the hash of the content'
  const isSigned = await verifySignature(
    algorithm,
    certificate.publicKey.bytes,
    retagged(bytes, SET_OF),
    signerInfo.signature,
  )
  return isSigned ? undefined : 'the signature is not that of the certificate over the signed attributes'
}

/** In CMS a signature may be named by its key alone, the hash being the signer's. RFC 3370 §3.2, RFC 5754 §3.2. */
function signatureAlgorithmOf(
  identifier: AlgorithmIdentifier,
  hashAlgorithm: HashAlgorithm,
): SignatureAlgorithm | undefined {
  const bits = hashAlgorithm.slice(3)
  if (identifier.algorithm === oids.rsaEncryption && hasNoParameters(identifier))
    return `RS${bits}` as SignatureAlgorithm
  if (identifier.algorithm === oids.ecPublicKey) return `ES${bits}` as SignatureAlgorithm
  return signatureAlgorithmFrom(identifier)
}

/** The same element under another identifier: what is [0] IMPLICIT in place is signed as a SET OF (RFC 5652 §5.4). */
function retagged(bytes: Uint8Array, tag: number): Uint8Array {
  const copy = bytes.slice()
  copy[0] = tag
  return copy
}
