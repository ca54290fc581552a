/** Encrypting for the holders of certificates. RFC 5652 §6, RFC 5753 §3.1, RFC 8017 §7. */
import { concatBytes, type Der, der } from '@countersign/codec'
import { agreeWithEphemeralKey, digest, encryptAesCbc, encryptRsa, randomBytes, wrapAesKey } from '#crypto'
import { AlgorithmIdentifier, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { RsaEncryption } from '../crypto/port.ts'
import { SubjectPublicKeyInfo } from '../crypto/public-key.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import { contentTypes } from './content-info.ts'
import { envelopedContentInfo, type RecipientInfo } from './enveloped-data.ts'

/** What is encrypted, and for whom. */
export type EnvelopeTemplate = {
  readonly content: Uint8Array
  /** What it is; plain data when left out. */
  readonly contentType?: string
  /** Of RSA or EC keys. */
  readonly recipients: readonly Certificate[]
  /** With CBC; 256 bits when left out. */
  readonly contentEncryption?: 'AES-128' | 'AES-256'
  /** How the content's key gets to holders of RSA keys; by PKCS #1 v1.5 when left out, which is all that `openssl smime` reads. */
  readonly rsaKeyTransport?: RsaEncryption
}

const CIPHERS = {
  'AES-128': { cbc: oids.aes128Cbc, wrap: oids.aes128Wrap, length: 16 },
  'AES-256': { cbc: oids.aes256Cbc, wrap: oids.aes256Wrap, length: 32 },
} as const
type Cipher = (typeof CIPHERS)[keyof typeof CIPHERS]

/**
 * Data that only the recipients can read: enveloped data as a ContentInfo, DER. Holders of RSA keys get the content's key by
 * key transport, those of EC keys by ECDH with an ephemeral key (dhSinglePass-stdDH-sha256kdf and AES key wrap). RFC 5652 §6.
 */
export async function encryptEnvelopedData({
  content,
  contentType = contentTypes.data,
  recipients,
  contentEncryption = 'AES-256',
  rsaKeyTransport = 'RSAES-PKCS1-v1_5',
}: EnvelopeTemplate): Promise<Uint8Array> {
  if (recipients.length === 0) throw new PkiError('invalid_argument', 'enveloped data need a recipient')
  const cipher = CIPHERS[contentEncryption]
  const key = randomBytes(cipher.length)
  const initializationVector = randomBytes(16)
  const recipientInfos = await Promise.all(
    recipients.map((certificate) => recipientInfoFor(certificate, key, cipher, rsaKeyTransport)),
  )
  return envelopedContentInfo({
    // 2 with a recipient of any kind but key transport (§6.1).
    version: recipientInfos.every(({ type }) => type === 'keyTransport') ? 0 : 2,
    recipientInfos,
    encryptedContentInfo: {
      contentType,
      contentEncryptionAlgorithm: {
        algorithm: cipher.cbc,
        parameters: der.octetString.encode(initializationVector),
      },
      encryptedContent: await encryptAesCbc(key, initializationVector, content),
    },
  })
}

function recipientInfoFor(
  certificate: Certificate,
  key: Uint8Array,
  cipher: Cipher,
  transport: RsaEncryption,
): Promise<RecipientInfo> {
  const { type, curve } = certificate.publicKey
  if (type === 'RSA') return keyTransportFor(certificate, key, transport)
  if (type === 'EC' && curve) return keyAgreementFor(certificate, key, cipher)
  throw new PkiError('invalid_argument', 'a recipient needs an RSA key, or one on P-256, P-384 or P-521')
}

async function keyTransportFor(
  { issuer, serialNumber, publicKey }: Certificate,
  key: Uint8Array,
  transport: RsaEncryption,
): Promise<RecipientInfo> {
  return {
    type: 'keyTransport',
    value: {
      version: 0,
      recipientIdentifier: { type: 'issuerAndSerialNumber', value: { issuer, serialNumber } },
      keyEncryptionAlgorithm: TRANSPORTS[transport],
      encryptedKey: await encryptRsa(transport, publicKey.bytes, key),
    },
  }
}

const SHA256_WITH_NULL: AlgorithmIdentifier = { algorithm: oids.sha256, parameters: NULL_PARAMETERS }

/**
 *     RSAES-OAEP-params ::= SEQUENCE {
 *       hashAlgorithm [0] HashAlgorithm DEFAULT sha1Identifier, maskGenAlgorithm [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
 *       pSourceAlgorithm [2] PSourceAlgorithm DEFAULT pSpecifiedEmptyIdentifier }
 *
 * RFC 4055 §4.1.
 */
type OaepParameters = { readonly hashAlgorithm: AlgorithmIdentifier; readonly maskGenAlgorithm: AlgorithmIdentifier }
const OaepParameters: Der<OaepParameters> = der.sequence<OaepParameters>({
  hashAlgorithm: der.explicit(0, AlgorithmIdentifier),
  maskGenAlgorithm: der.explicit(1, AlgorithmIdentifier),
})

const TRANSPORTS: { readonly [T in RsaEncryption]: AlgorithmIdentifier } = {
  'RSAES-PKCS1-v1_5': { algorithm: oids.rsaEncryption, parameters: NULL_PARAMETERS },
  'RSAES-OAEP': {
    algorithm: oids.rsaesOaep,
    parameters: OaepParameters.encode({
      hashAlgorithm: SHA256_WITH_NULL,
      maskGenAlgorithm: { algorithm: oids.mgf1, parameters: AlgorithmIdentifier.encode(SHA256_WITH_NULL) },
    }),
  },
}

async function keyAgreementFor(
  { issuer, serialNumber, publicKey }: Certificate,
  key: Uint8Array,
  cipher: Cipher,
): Promise<RecipientInfo> {
  const ephemeral = await agreeWithEphemeralKey(publicKey.bytes)
  const wrapAlgorithm: AlgorithmIdentifier = { algorithm: cipher.wrap }
  // An ephemeral key needs none, but some readers take one that is absent for one of no bytes.
  const userKeyingMaterial = randomBytes(KEYING_MATERIAL_LENGTH)
  const wrappingKey = keyFromSecret(ephemeral.secret, wrapAlgorithm, userKeyingMaterial, cipher.length)
  const { algorithm, subjectPublicKey } = SubjectPublicKeyInfo.decode(ephemeral.publicKey)
  return {
    type: 'keyAgreement',
    value: {
      version: 3,
      originator: { algorithm, publicKey: subjectPublicKey },
      userKeyingMaterial,
      keyEncryptionAlgorithm: {
        algorithm: oids.dhSinglePassStdDHSha256Kdf,
        parameters: AlgorithmIdentifier.encode(wrapAlgorithm),
      },
      recipientEncryptedKeys: [
        {
          recipientIdentifier: { type: 'issuerAndSerialNumber', value: { issuer, serialNumber } },
          encryptedKey: await wrapAesKey(wrappingKey, key),
        },
      ],
    },
  }
}

/**
 *     ECC-CMS-SharedInfo ::= SEQUENCE {
 *       keyInfo AlgorithmIdentifier, entityUInfo [0] EXPLICIT OCTET STRING OPTIONAL, suppPubInfo [2] EXPLICIT OCTET STRING }
 *
 * RFC 5753 §7.2.
 */
type SharedInfo = {
  readonly keyInfo: AlgorithmIdentifier
  readonly entityUInfo: Uint8Array
  readonly suppPubInfo: Uint8Array
}
const SharedInfo: Der<SharedInfo> = der.sequence<SharedInfo>({
  keyInfo: AlgorithmIdentifier,
  entityUInfo: der.explicit(0, der.octetString),
  suppPubInfo: der.explicit(2, der.octetString),
})

const KEYING_MATERIAL_LENGTH = 32

/** The key derivation function of ANSI X9.63 with SHA-256, whose first block is all of a key of up to 256 bits. SEC 1 §3.6.1. */
function keyFromSecret(
  secret: Uint8Array,
  keyInfo: AlgorithmIdentifier,
  entityUInfo: Uint8Array,
  length: number,
): Uint8Array {
  const suppPubInfo = Uint8Array.of(0, 0, (length * 8) >> 8, (length * 8) & 0xff)
  const counter = Uint8Array.of(0, 0, 0, 1)
  const sharedInfo = SharedInfo.encode({ keyInfo, entityUInfo, suppPubInfo })
  return digest('sha256', concatBytes([secret, counter, sharedInfo])).subarray(0, length)
}
