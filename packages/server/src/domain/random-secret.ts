import { encodeHex } from '@countersign/codec'
import { randomBytes } from '@countersign/pki'

/** An API key: 26 hexadecimal digits, `_`, and 64 more; 360 random bits. */
export function randomApiKey(): string {
  return `${encodeHex(randomBytes(13))}_${encodeHex(randomBytes(32))}`
}

/** 32 letters and digits of which no two look alike. */
const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyz'

/** A password of 24 characters that people can read out and shells leave alone; 120 random bits. */
export function randomPassword(): string {
  return Array.from(randomBytes(24), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}
