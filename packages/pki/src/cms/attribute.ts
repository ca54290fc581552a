/** Attributes of signers, requests and key bags. RFC 5652 §5.3. */
import { type Der, DerError, der } from '@countersign/codec'

/**
 * An attribute; its values are kept as bytes until somebody knows their type. RFC 5652 §5.3.
 *
 *     Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }
 */
export type Attribute = {
  readonly type: string
  readonly values: readonly Uint8Array[]
}
export const Attribute: Der<Attribute> = der.sequence<Attribute>({
  type: der.oid,
  values: der.setOf(der.any),
})

/** Attribute types. RFC 5652 §11, RFC 2634 §5.4, RFC 5035 §3, RFC 2985 §5.5. */
export const attributeTypes = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const

/** The value of an attribute that has to be there at most once and with one value; throws DerError if it isn't so. */
export function singleValue<T>(attributes: readonly Attribute[], type: string, value: Der<T>): T | undefined {
  const found = attributes.filter((attribute) => attribute.type === type)
  if (found.length === 0) return undefined
  const [bytes, ...others] = found[0]?.values ?? []
  if (found.length > 1 || bytes === undefined || others.length > 0)
    throw new DerError('value', `attribute ${type} is not there once with one value`)
  return value.decode(bytes)
}
