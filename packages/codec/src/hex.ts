/** Lower-case hexadecimal, two digits a byte. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Two lower-case digits a byte. */
export function encodeHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += DIGITS[byte]
  return text
}

/** -1 for what is no digit, which stays negative in whatever byte it goes into. */
function digitValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Bytes of hexadecimal digits, in either case; throws TypeError on anything else. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1)
  let isWrong = text.length % 2 !== 0
  for (let index = 0; index < bytes.length; index++) {
    const value = (digitValue(text.charCodeAt(index * 2)) << 4) | digitValue(text.charCodeAt(index * 2 + 1))
    isWrong ||= value < 0
    bytes[index] = value
  }
  if (isWrong) throw new TypeError('not an even number of hexadecimal digits')
  return bytes
}
