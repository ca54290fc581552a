/** Extensions of certificates, requests, CRLs and OCSP. RFC 5280 §4.1.2.9. */
import { type Der, der } from '@countersign/codec'
import { PkiError } from '../error.ts'

/**
 *     Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
 *     Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
 */
export type Extension = { readonly id: string; readonly critical: boolean; readonly value: Uint8Array }

const Fields: Der<Extension> = der.sequence<Extension>({
  id: der.oid,
  critical: der.withDefault(der.boolean, false),
  value: der.octetString,
})

/** Encodings of extensions written before: a profile's constant extensions go into each of its certificates. */
const encodings = new WeakMap<Extension, Uint8Array>()

/** The DER codec of Extension. */
export const Extension: Der<Extension> = {
  ...Fields,
  encode(value) {
    const known = encodings.get(value)
    if (known) return known
    const bytes = Fields.encode(value)
    encodings.set(value, bytes)
    return bytes
  },
}

/** The DER codec of Extensions. */
export const Extensions: Der<readonly Extension[]> = der.sequenceOf(Extension)

const decoded = new WeakMap<Extension, unknown>()

/** The value of the one extension of that id, decoded once; undefined when there is none. Throws PkiError on a value that is not what it should be. */
export function extensionValue<T>(extensions: readonly Extension[], id: string, type: Der<T>): T | undefined {
  const extension = extensions.find((candidate) => candidate.id === id)
  if (!extension) return undefined
  if (decoded.has(extension)) return decoded.get(extension) as T
  try {
    const value = type.decode(extension.value)
    decoded.set(extension, value)
    return value
  } catch (error) {
    throw new PkiError('malformed', `extension ${id}: ${(error as Error).message}`, { cause: error })
  }
}
