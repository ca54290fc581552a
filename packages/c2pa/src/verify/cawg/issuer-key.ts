/** Keys of issuers that are named by a decentralized identifier. W3C DID 1.0 §3.1, the did:jwk method, RFC 8037 §2. */
import { concatBytes, decodeBase64, decodeHex, utf8Text } from '@countersign/codec'

/** SubjectPublicKeyInfo of an Ed25519 key, DER, or the status that says why there is none. */
export type IssuerKey =
  | { readonly spki: Uint8Array }
  | {
      readonly code: 'cawg.ica.invalid_issuer' | 'cawg.ica.did_unavailable' | 'cawg.ica.invalid_did_document'
      readonly reason: string
    }

const DID = /^did:([a-z0-9]+):([A-Za-z0-9._:%-]+)$/
/** AlgorithmIdentifier id-Ed25519 and the head of the BIT STRING. RFC 8410 §4. */
const ED25519_HEAD = decodeHex('302a300506032b6570032100')
const ED25519_LENGTH = 32

/** The identifier without the part of its document that it points to. W3C DID 1.0 §3.2. */
export function withoutFragment(identifier: string): string {
  return identifier.split('#', 1)[0] as string
}

/** The issuer's key, as far as the identifier itself holds it: nothing is fetched. */
export function issuerKey(identifier: string): IssuerKey {
  const [, method, specific] = DID.exec(withoutFragment(identifier)) ?? []
  if (method === undefined || specific === undefined)
    return { code: 'cawg.ica.invalid_issuer', reason: 'the issuer is no DID' }
  if (method === 'web') return { code: 'cawg.ica.did_unavailable', reason: 'a did:web document is not fetched' }
  if (method !== 'jwk')
    return { code: 'cawg.ica.invalid_issuer', reason: `DIDs of method ${method} are not known here` }
  const key = keyOf(specific)
  return key
    ? { spki: concatBytes([ED25519_HEAD, key]) }
    : { code: 'cawg.ica.invalid_did_document', reason: 'its did:jwk is no Ed25519 key' }
}

function keyOf(specific: string): Uint8Array | undefined {
  try {
    const jwk: unknown = JSON.parse(utf8Text(base64UrlBytes(specific)))
    const { kty, crv, x } = Object(jwk) as { readonly kty?: unknown; readonly crv?: unknown; readonly x?: unknown }
    if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') return undefined
    const key = base64UrlBytes(x)
    return key.length === ED25519_LENGTH ? key : undefined
  } catch {
    return undefined
  }
}

/** RFC 4648 §5, without padding or with it. */
function base64UrlBytes(text: string): Uint8Array {
  const digits = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  return decodeBase64(digits.padEnd(Math.ceil(digits.length / 4) * 4, '='))
}
