/** Base64, RFC 4648 §4. */
import { latin1Text } from './bytes.ts'

/** Padded base64 in one line. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(latin1Text(bytes))
}

/** Bytes of padded base64 without white space; throws TypeError on anything else, bits past the last byte included. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new TypeError('not base64')
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index)
  if (btoa(binary) !== text) throw new TypeError('not base64: bits set past the last byte')
  return bytes
}
