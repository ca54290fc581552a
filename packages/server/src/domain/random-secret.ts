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
  return randomText(24)
}

/** A PIN of 12 characters of the same kind; 60 random bits, each guess of which costs an Argon2id. */
export function randomPin(): string {
  return randomText(12)
}

/** A passcode of so many characters of the same kind; 5 random bits each. */
export function randomPasscode(length: number): string {
  return randomText(length)
}

function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}
