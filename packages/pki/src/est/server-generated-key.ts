/** Private keys that an EST server makes, encrypted for the client that will have them. RFC 7030 §4.4, RFC 5958 §4. */
import { type Der, DerError, der } from '@countersign/codec'
import { type Attribute, attributeTypes } from '../cms/attribute.ts'
import { ContentInfo, contentTypes } from '../cms/content-info.ts'
import { encryptEnvelopedData } from '../cms/encrypt.ts'
import { signSignedData } from '../cms/signature.ts'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import type { Signer } from '../crypto/port.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { RequestAttribute } from '../x509/certification-request.ts'
import { Time } from '../x509/time.ts'

/** For which key of its own a client wants the key to be encrypted, beside TLS. RFC 7030 §4.4.1. */
export type KeyEncryptionWish = {
  /** A secret that both have, or a key pair of the client. */
  readonly kind: 'symmetric' | 'asymmetric'
  readonly keyIdentifier: Uint8Array
  /** Object identifiers of what the client can decrypt; undefined where it does not say. */
  readonly capabilities: readonly string[] | undefined
}

/**
 *     SMIMECapabilities ::= SEQUENCE OF SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY OPTIONAL }
 *
 * RFC 8551 §2.5.2.
 */
const SmimeCapabilities: Der<readonly AlgorithmIdentifier[]> = der.sequenceOf(AlgorithmIdentifier)

/** What the attributes of a request say of it; undefined where they want no encryption. Throws PkiError where they are malformed. */
export function keyEncryptionWish(attributes: readonly RequestAttribute[]): KeyEncryptionWish | undefined {
  try {
    const symmetric = onlyValue(attributes, oids.decryptKeyIdentifier, der.octetString)
    const asymmetric = onlyValue(attributes, oids.asymmetricDecryptKeyIdentifier, der.octetString)
    if (symmetric && asymmetric) throw new DerError('value', 'a key that is to be encrypted in two ways')
    const keyIdentifier = symmetric ?? asymmetric
    const capabilities = onlyValue(attributes, oids.smimeCapabilities, SmimeCapabilities)
    return (
      keyIdentifier && {
        kind: symmetric ? 'symmetric' : 'asymmetric',
        keyIdentifier,
        capabilities: capabilities?.map(({ algorithm }) => algorithm),
      }
    )
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause
    throw new PkiError('malformed', `not what a key is to be encrypted for: ${cause.message}`, { cause })
  }
}

function onlyValue<T>(attributes: readonly RequestAttribute[], type: string, value: Der<T>): T | undefined {
  const [bytes, ...others] = attributes.filter((one) => one.type === type).flatMap(({ values }) => values)
  if (others.length > 0) throw new DerError('value', `attribute ${type} with more than one value`)
  return bytes && value.decode(bytes)
}

/** A key, for whom it is encrypted, and who made it. */
export type GeneratedKeyTemplate = {
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array
  readonly recipient: Certificate
  readonly contentEncryption: 'AES-128' | 'AES-256'
  /** The signer's, and what stands between it and the root. */
  readonly certificate: Certificate
  readonly chain: readonly Certificate[]
  readonly at: Date
}

/** The key as a package that its maker signed and that the recipient alone can open: a ContentInfo, DER. RFC 7030 §4.4.2. */
export async function encryptGeneratedKey(
  { privateKey, recipient, contentEncryption, certificate, chain, at }: GeneratedKeyTemplate,
  signer: Signer,
): Promise<Uint8Array> {
  const signingTime: Attribute = { type: attributeTypes.signingTime, values: [Time.encode(at)] }
  const signed = await signSignedData(
    {
      contentType: contentTypes.keyPackage,
      // AsymmetricKeyPackage ::= SEQUENCE SIZE (1..MAX) OF OneAsymmetricKey
      content: der.writeElement(0x30, [privateKey]),
      certificate,
      certificates: [certificate, ...chain],
      attributes: [signingTime],
    },
    signer,
  )
  return encryptEnvelopedData({
    content: ContentInfo.decode(signed).content,
    contentType: contentTypes.signedData,
    recipients: [recipient],
    contentEncryption,
  })
}
