/** Reading PKCS#12 files. RFC 7292 §5.2. */
import { type Der, DerError, der, equalBytes } from '@countersign/codec'
import { attributeTypes, singleValue } from '../cms/attribute.ts'
import { type ContentInfo, contentTypes } from '../cms/content-info.ts'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Pkcs12Contents } from './encode.ts'
import { EncryptedPrivateKeyInfo } from './encrypted-private-key.ts'
import type { IterationBudget } from './iteration-budget.ts'
import { verifyMac } from './mac.ts'
import { decryptUnderPassword } from './password-encryption.ts'
import { AuthenticatedSafe, CertBag, EncryptedData, Pfx, type SafeBag, SafeContents } from './safe-bag.ts'

const LONGEST = 1024 * 1024
/** In one file: some seconds of one core. */
const MOST_ITERATIONS = 5_000_000

const Octets = named('an OCTET STRING', der.octetString)

/**
 * The one key of a PKCS#12 file, with its certificate and the others in it. Reads what AES, Triple DES
 * and RC2 encrypted, PBMAC1 and BER too; throws PkiError, `wrong_password` among them. RFC 7292 §5.2.
 */
export async function decodePkcs12(bytes: Uint8Array, password: string): Promise<Pkcs12Contents> {
  if (bytes.length > LONGEST) throw new PkiError('malformed', `a PKCS#12 file of ${bytes.length} bytes`)
  const budget: IterationBudget = { left: MOST_ITERATIONS }
  const { version, authSafe, macData } = Pfx.decode(bytes)
  if (version !== 3) throw new PkiError('malformed', `a PKCS#12 file of version ${version}`)
  if (!macData) throw new PkiError('unsupported', 'a PKCS#12 file whose integrity no password protects')
  const authenticatedSafe = dataOf(authSafe)
  if (!(await verifyMac(macData, authenticatedSafe, password, budget)))
    throw new PkiError('wrong_password', 'the password is wrong, or the file was changed')
  const bags: SafeBag[] = []
  for (const content of AuthenticatedSafe.decode(authenticatedSafe))
    bags.push(...SafeContents.decode(await decrypted(content, password, budget)))
  return contentsOf(bags, password, budget)
}

function dataOf({ contentType, content }: ContentInfo): Uint8Array {
  if (contentType !== contentTypes.data) throw new PkiError('unsupported', `content of type ${contentType}`)
  return Octets.decode(content)
}

async function decrypted(content: ContentInfo, password: string, budget: IterationBudget): Promise<Uint8Array> {
  if (content.contentType !== contentTypes.encryptedData) return dataOf(content)
  const { encryptedContentInfo } = EncryptedData.decode(content.content)
  const { contentEncryptionAlgorithm: encryptionAlgorithm, encryptedContent: encryptedData } = encryptedContentInfo
  return decryptUnderPassword({ encryptionAlgorithm, encryptedData }, password, budget)
}

async function contentsOf(
  bags: readonly SafeBag[],
  password: string,
  budget: IterationBudget,
): Promise<Pkcs12Contents> {
  const [key, ...otherKeys] = bags.filter(({ bagId }) => bagId === oids.keyBag || bagId === oids.pkcs8ShroudedKeyBag)
  if (!key || otherKeys.length > 0) throw new PkiError('unsupported', 'a PKCS#12 file without one private key')
  const certificates = bags.filter(({ bagId }) => bagId === oids.certBag)
  const keyId = attributeOf(key, attributeTypes.localKeyId, der.octetString)
  const own = certificates.find((bag) => isNamed(bag, keyId)) ?? certificates[0]
  if (!own) throw new PkiError('unsupported', 'a PKCS#12 file without a certificate')
  const friendlyName = attributeOf(key, attributeTypes.friendlyName, der.bmpString)
  return {
    privateKey:
      key.bagId === oids.keyBag
        ? key.bagValue
        : await decryptUnderPassword(EncryptedPrivateKeyInfo.decode(key.bagValue), password, budget),
    certificate: certificateIn(own),
    chain: certificates.filter((bag) => bag !== own).map(certificateIn),
    ...(friendlyName === undefined ? {} : { friendlyName }),
  }
}

function isNamed(bag: SafeBag, keyId: Uint8Array | undefined): boolean {
  const id = attributeOf(bag, attributeTypes.localKeyId, der.octetString)
  return keyId !== undefined && id !== undefined && equalBytes(id, keyId)
}

function certificateIn({ bagValue }: SafeBag): Uint8Array {
  const { certId, certValue } = CertBag.decode(bagValue)
  if (certId !== oids.x509Certificate) throw new PkiError('unsupported', `a certificate of type ${certId}`)
  return certValue
}

function attributeOf<T>({ bagAttributes = [] }: SafeBag, type: string, value: Der<T>): T | undefined {
  try {
    return singleValue(bagAttributes, type, value)
  } catch (error) {
    if (error instanceof DerError)
      throw new PkiError('malformed', `not a PKCS#12 file: ${error.message}`, { cause: error })
    throw error
  }
}
