/** Extensions of certificates, requests, CRLs and OCSP. RFC 5280 §4.1.2.9. */
import { type Der, der, equalBytes } from '@countersign/codec'
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

type Decoded = { readonly type: Der<unknown>; readonly bytes: Uint8Array; readonly value: unknown }

/** The last value of each extension: most stand in one certificate of an authority after the other. */
const last = new Map<string, Decoded>()
const LONGEST_REMEMBERED = 1024

/** The value of the one extension of that id, decoded once; undefined when there is none. Throws PkiError on a value that is not what it should be. */
export function extensionValue<T>(extensions: readonly Extension[], id: string, type: Der<T>): T | undefined {
  const extension = extensions.find((candidate) => candidate.id === id)
  if (!extension) return undefined
  if (decoded.has(extension)) return decoded.get(extension) as T
  const known = last.get(id)
  const value =
    known?.type === type && equalBytes(known.bytes, extension.value)
      ? (known.value as T)
      : decodedValue(extension, type)
  decoded.set(extension, value)
  return value
}

function decodedValue<T>({ id, value: bytes }: Extension, type: Der<T>): T {
  try {
    // A copy: what is remembered must not hold on to a whole certificate, nor change with it.
    const isShort = bytes.length <= LONGEST_REMEMBERED
    const own = isShort ? bytes.slice() : bytes
    const value = type.decode(own)
    if (isShort) last.set(id, { type, bytes: own, value })
    return value
  } catch (error) {
    throw new PkiError('malformed', `extension ${id}: ${(error as Error).message}`, { cause: error })
  }
}
