/** What a PKCS#12 file is made of. RFC 7292 §4. */
import { type Der, DerError, der } from '@countersign/codec'
import { Attribute } from '../cms/attribute.ts'
import { ContentInfo } from '../cms/content-info.ts'
import { EncryptedContentInfo } from '../cms/encrypted-content.ts'
import { named } from '../error.ts'
import { MacData } from './mac.ts'

/**
 *     PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
 */
export type Pfx = { readonly version: number; readonly authSafe: ContentInfo; readonly macData?: MacData }
/** The DER codec of PFX, RFC 7292 §4. */
export const Pfx: Der<Pfx> = named(
  'a PKCS#12 file',
  fromBer(der.sequence<Pfx>({ version: der.smallInteger, authSafe: ContentInfo, macData: der.optional(MacData) })),
)

/** The DER codec of AuthenticatedSafe, RFC 7292 §4.1. */
export const AuthenticatedSafe: Der<readonly ContentInfo[]> = named(
  'an AuthenticatedSafe',
  fromBer(atMost(16, der.sequenceOf(ContentInfo))),
)

/**
 *     EncryptedData ::= SEQUENCE { version CMSVersion, encryptedContentInfo EncryptedContentInfo }
 *
 * RFC 5652 §8.
 */
export type EncryptedData = { readonly version: number; readonly encryptedContentInfo: EncryptedContentInfo }
/** The DER codec of EncryptedData, RFC 5652 §8. */
export const EncryptedData: Der<EncryptedData> = named(
  'an EncryptedData',
  der.sequence<EncryptedData>({ version: der.smallInteger, encryptedContentInfo: EncryptedContentInfo }),
)

/**
 *     SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL }
 */
export type SafeBag = {
  readonly bagId: string
  readonly bagValue: Uint8Array
  readonly bagAttributes?: readonly Attribute[]
}
const SafeBag: Der<SafeBag> = der.sequence<SafeBag>({
  bagId: der.oid,
  bagValue: der.explicit(0, der.any),
  bagAttributes: der.optional(der.setOf(Attribute)),
})
/** The DER codec of SafeContents, RFC 7292 §4.2. */
export const SafeContents: Der<readonly SafeBag[]> = named(
  'SafeContents',
  fromBer(atMost(100, der.sequenceOf(SafeBag))),
)

/**
 *     CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT ANY }
 *
 * A certificate of X.509 is an OCTET STRING in it.
 */
export type CertBag = { readonly certId: string; readonly certValue: Uint8Array }
/** The DER codec of CertBag, RFC 7292 §4.2.3. */
export const CertBag: Der<CertBag> = named(
  'a CertBag',
  der.sequence<CertBag>({ certId: der.oid, certValue: der.explicit(0, der.octetString) }),
)

/** Written as DER, and read as BER too: Windows and NSS write their files as they come. */
function fromBer<T>(type: Der<T>): Der<T> {
  return { ...type, decode: (bytes) => type.decode(der.derFromBer(bytes)) }
}

function atMost<T>(most: number, type: Der<readonly T[]>): Der<readonly T[]> {
  return {
    ...type,
    decode: (bytes) => {
      const count = der.elementsOf(der.onlyElement(bytes)).length
      if (count > most) throw new DerError('value', `${count} items, where at most ${most} may be`)
      return type.decode(bytes)
    },
  }
}
