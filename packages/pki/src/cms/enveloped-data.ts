/** Enveloped data of the Cryptographic Message Syntax. RFC 5652 §6, RFC 5753 §3.1. */
import { type Der, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { named } from '../error.ts'
import { Attribute } from './attribute.ts'
import { ContentInfo, contentTypes } from './content-info.ts'
import { EncryptedContentInfo } from './encrypted-content.ts'
import { IssuerAndSerialNumber, SignerIdentifier } from './signed-data.ts'

/**
 *     KeyTransRecipientInfo ::= SEQUENCE {
 *       version CMSVersion, rid RecipientIdentifier, keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
 *       encryptedKey EncryptedKey }
 *
 * RFC 5652 §6.2.1. A recipient is named as signers are.
 */
export type KeyTransRecipientInfo = {
  readonly version: number
  readonly recipientIdentifier: SignerIdentifier
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier
  readonly encryptedKey: Uint8Array
}
const KeyTransRecipientInfo: Der<KeyTransRecipientInfo> = der.sequence<KeyTransRecipientInfo>({
  version: der.smallInteger,
  recipientIdentifier: SignerIdentifier,
  keyEncryptionAlgorithm: AlgorithmIdentifier,
  encryptedKey: der.octetString,
})

/**
 *     OriginatorPublicKey ::= SEQUENCE { algorithm AlgorithmIdentifier, publicKey BIT STRING }
 *
 * RFC 5652 §6.2.2.
 */
export type OriginatorPublicKey = { readonly algorithm: AlgorithmIdentifier; readonly publicKey: Uint8Array }
const OriginatorPublicKey: Der<OriginatorPublicKey> = der.sequence<OriginatorPublicKey>({
  algorithm: AlgorithmIdentifier,
  publicKey: der.bitStringBytes,
})

/**
 *     RecipientKeyIdentifier ::= SEQUENCE {
 *       subjectKeyIdentifier SubjectKeyIdentifier, date GeneralizedTime OPTIONAL, other OtherKeyAttribute OPTIONAL }
 */
type RecipientKeyIdentifier = {
  readonly subjectKeyIdentifier: Uint8Array
  readonly date?: Uint8Array
  readonly other?: Uint8Array
}

/**
 *     RecipientEncryptedKey ::= SEQUENCE {
 *       rid CHOICE { issuerAndSerialNumber IssuerAndSerialNumber, rKeyId [0] IMPLICIT RecipientKeyIdentifier },
 *       encryptedKey EncryptedKey }
 */
export type RecipientEncryptedKey = {
  readonly recipientIdentifier: der.Choice<{
    issuerAndSerialNumber: IssuerAndSerialNumber
    recipientKeyIdentifier: RecipientKeyIdentifier
  }>
  readonly encryptedKey: Uint8Array
}
const RecipientEncryptedKey: Der<RecipientEncryptedKey> = der.sequence<RecipientEncryptedKey>({
  recipientIdentifier: der.choice({
    issuerAndSerialNumber: IssuerAndSerialNumber,
    recipientKeyIdentifier: der.implicit(
      0,
      der.sequence<RecipientKeyIdentifier>({
        subjectKeyIdentifier: der.octetString,
        date: der.optional({ ...der.any, accepts: (tag) => tag === 0x18 }),
        other: der.optional(der.any),
      }),
    ),
  }),
  encryptedKey: der.octetString,
})

/**
 *     KeyAgreeRecipientInfo ::= SEQUENCE {
 *       version CMSVersion, originator [0] EXPLICIT OriginatorIdentifierOrKey, ukm [1] EXPLICIT UserKeyingMaterial OPTIONAL,
 *       keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier, recipientEncryptedKeys SEQUENCE OF RecipientEncryptedKey }
 *
 * RFC 5652 §6.2.2. Of the originator only the key that RFC 5753 §3.1.1 asks for is read.
 */
export type KeyAgreeRecipientInfo = {
  readonly version: number
  readonly originator: OriginatorPublicKey
  readonly userKeyingMaterial?: Uint8Array
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier
  readonly recipientEncryptedKeys: readonly RecipientEncryptedKey[]
}
const KeyAgreeRecipientInfo: Der<KeyAgreeRecipientInfo> = der.sequence<KeyAgreeRecipientInfo>({
  version: der.smallInteger,
  originator: der.explicit(0, der.implicit(1, OriginatorPublicKey)),
  userKeyingMaterial: der.optional(der.explicit(1, der.octetString)),
  keyEncryptionAlgorithm: AlgorithmIdentifier,
  recipientEncryptedKeys: der.sequenceOf(RecipientEncryptedKey),
})

/**
 *     RecipientInfo ::= CHOICE { ktri KeyTransRecipientInfo, kari [1] KeyAgreeRecipientInfo, … }
 */
export type RecipientInfo = der.Choice<{
  keyTransport: KeyTransRecipientInfo
  keyAgreement: KeyAgreeRecipientInfo
}>
const RecipientInfo: Der<RecipientInfo> = der.choice({
  keyTransport: KeyTransRecipientInfo,
  keyAgreement: der.implicit(1, KeyAgreeRecipientInfo),
})

/**
 *     EnvelopedData ::= SEQUENCE {
 *       version CMSVersion, originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL, recipientInfos SET OF RecipientInfo,
 *       encryptedContentInfo EncryptedContentInfo, unprotectedAttrs [1] IMPLICIT UnprotectedAttributes OPTIONAL }
 *
 * RFC 5652 §6.1. Nobody here sends certificates of an originator.
 */
export type EnvelopedData = {
  readonly version: number
  readonly recipientInfos: readonly RecipientInfo[]
  readonly encryptedContentInfo: EncryptedContentInfo
  readonly unprotectedAttributes?: readonly Attribute[]
}
export const EnvelopedData: Der<EnvelopedData> = named(
  'an EnvelopedData',
  der.sequence<EnvelopedData>({
    version: der.smallInteger,
    recipientInfos: der.setOf(RecipientInfo),
    encryptedContentInfo: EncryptedContentInfo,
    unprotectedAttributes: der.optional(der.implicit(1, der.setOf(Attribute))),
  }),
)

/** Enveloped data as a ContentInfo, DER. RFC 5652 §3. */
export function envelopedContentInfo(envelopedData: EnvelopedData): Uint8Array {
  return ContentInfo.encode({
    contentType: contentTypes.envelopedData,
    content: EnvelopedData.encode(envelopedData),
  })
}
