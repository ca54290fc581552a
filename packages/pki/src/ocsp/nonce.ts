/** The nonce that binds an answer to its question. RFC 9654. */
import { type Der, DerError, der } from '@countersign/codec'
import { named } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Extension } from '../x509/extension.ts'

/**
 *     Nonce ::= OCTET STRING (SIZE(1..128))
 */
const Nonce: Der<Uint8Array> = named('a nonce', {
  ...der.octetString,
  decode: (bytes) => {
    const nonce = der.octetString.decode(bytes)
    if (nonce.length < 1 || nonce.length > 128) throw new DerError('value', `a nonce of ${nonce.length} bytes`)
    return nonce
  },
})

/** The extension that carries a nonce, in requests and responses. RFC 9654 §2.1. */
export function nonceExtension(nonce: Uint8Array): Extension {
  return { id: oids.ocspNonce, critical: false, value: Nonce.encode(nonce) }
}

/** The nonce among extensions, undefined when there is none; throws PkiError for one that is not 1 to 128 bytes long. */
export function nonceOf(extensions: readonly Extension[] | undefined): Uint8Array | undefined {
  const extension = extensions?.find(({ id }) => id === oids.ocspNonce)
  return extension && Nonce.decode(extension.value)
}
