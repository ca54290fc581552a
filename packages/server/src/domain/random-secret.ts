import { encodeBase64, encodeHex } from '@countersign/codec'
import { randomBytes } from '@countersign/pki'

/** An API key: 26 hexadecimal digits, `_`, and 64 more; 360 random bits. */
export function randomApiKey(): string {
  return `${encodeHex(randomBytes(13))}_${encodeHex(randomBytes(32))}`
}

/** A password of 24 characters that survive a shell, a URL and a form; 144 random bits. */
export function randomPassword(): string {
  return encodeBase64(randomBytes(18)).replaceAll('+', '-').replaceAll('/', '_')
}
