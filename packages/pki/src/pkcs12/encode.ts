/** Writing a private key and its certificates as a PKCS#12 file. RFC 7292 §5.1. */
import { der } from '@countersign/codec'
import { digest } from '#crypto'
import { type Attribute, attributeTypes } from '../cms/attribute.ts'
import { type ContentInfo, contentTypes } from '../cms/content-info.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { EncryptedPrivateKeyInfo } from './encrypted-private-key.ts'
import { macOf } from './mac.ts'
import { encryptUnderPassword, type Pkcs12Encryption } from './password-encryption.ts'
import { AuthenticatedSafe, CertBag, EncryptedData, Pfx, type SafeBag, SafeContents } from './safe-bag.ts'

/** What goes into the file. */
export type Pkcs12Contents = {
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array
  /** That of the key, DER. */
  readonly certificate: Uint8Array
  /** Its authorities, DER. */
  readonly chain: readonly Uint8Array[]
  /** What programs call the entry. */
  readonly friendlyName?: string
}

/**
 * Of each key that is derived from the password. Those for old systems are hashed in this thread, and what reads them may be
 * slow too: what protects such a file is a long password.
 */
const ITERATIONS: { readonly [E in Pkcs12Encryption]: number } = {
  'AES-128': 100_000,
  'AES-256': 100_000,
  '3DES': 10_000,
}

/**
 * A PKCS#12 file, DER: certificates and key under PBES2 (PBKDF2-HMAC-SHA-256, AES-CBC of 256 bits unless 128 are asked for),
 * the whole under HMAC-SHA-256; or, where 3DES is asked for, under pbeWithSHAAnd3-KeyTripleDES-CBC and HMAC-SHA-1, since what
 * can't read the one can't read the other. RFC 7292 §5.1.
 */
export async function encodePkcs12({
  password,
  encryption = 'AES-256',
  iterations = ITERATIONS[encryption],
  ...contents
}: Pkcs12Contents & {
  readonly password: string
  readonly iterations?: number
  readonly encryption?: Pkcs12Encryption
}): Promise<Uint8Array> {
  if (password === '') throw new PkiError('invalid_argument', 'a PKCS#12 file needs a password')
  const { privateKey, certificate, chain, friendlyName } = contents
  const attributes = attributesOf(certificate, friendlyName)
  const shroudedKey: SafeBag = {
    bagId: oids.pkcs8ShroudedKeyBag,
    bagValue: EncryptedPrivateKeyInfo.encode(await encryptUnderPassword(privateKey, password, iterations, encryption)),
    bagAttributes: attributes,
  }
  const certificates = [{ ...certificateBag(certificate), bagAttributes: attributes }, ...chain.map(certificateBag)]
  const authenticatedSafe = AuthenticatedSafe.encode([
    await encryptedContent(SafeContents.encode(certificates), password, iterations, encryption),
    plainContent(SafeContents.encode([shroudedKey])),
  ])
  return Pfx.encode({
    version: 3,
    authSafe: plainContent(authenticatedSafe),
    macData: await macOf(authenticatedSafe, password, iterations, encryption === '3DES' ? 'sha1' : 'sha256'),
  })
}

/** Tells which certificate is the key's: both have the same attributes. RFC 7292 §4.2. */
function attributesOf(certificate: Uint8Array, friendlyName: string | undefined): Attribute[] {
  return [
    ...(friendlyName === undefined
      ? []
      : [{ type: attributeTypes.friendlyName, values: [der.bmpString.encode(friendlyName)] }]),
    { type: attributeTypes.localKeyId, values: [der.octetString.encode(digest('sha256', certificate))] },
  ]
}

function certificateBag(certificate: Uint8Array): SafeBag {
  return { bagId: oids.certBag, bagValue: CertBag.encode({ certId: oids.x509Certificate, certValue: certificate }) }
}

function plainContent(content: Uint8Array): ContentInfo {
  return { contentType: contentTypes.data, content: der.octetString.encode(content) }
}

async function encryptedContent(
  content: Uint8Array,
  password: string,
  iterations: number,
  encryption: Pkcs12Encryption,
): Promise<ContentInfo> {
  const { encryptionAlgorithm, encryptedData } = await encryptUnderPassword(content, password, iterations, encryption)
  return {
    contentType: contentTypes.encryptedData,
    content: EncryptedData.encode({
      version: 0,
      encryptedContentInfo: {
        contentType: contentTypes.data,
        contentEncryptionAlgorithm: encryptionAlgorithm,
        encryptedContent: encryptedData,
      },
    }),
  }
}
