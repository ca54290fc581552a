/** Which of the codes for literals follows two bytes. RFC 7932 §7.1. */

/** Classes of the last byte in UTF-8, and of the one before it, from 0x00 to 0x7f: four characters of a kind make a digit. */
const LAST = `${'0'.repeat(9)}11001${'0'.repeat(18)}\
2343353467338393bbbbbbbbbb886a73\
3cdddcdddcdddddcdddddcddddd63733\
3efffefffefffffefffffefffff63730`
const BEFORE = `${'0'.repeat(33)}${'1'.repeat(15)}2222222222${'1'.repeat(7)}${'2'.repeat(26)}${'1'.repeat(6)}${'3'.repeat(26)}11110`

const inUtf8 = new Uint8Array(512)
for (let byte = 0; byte < 256; byte++) {
  inUtf8[byte] = byte < 0x80 ? 4 * Number.parseInt(LAST[byte] as string, 16) : byte < 0xc0 ? byte & 1 : 2 | (byte & 1)
  inUtf8[256 + byte] = byte < 0x80 ? Number(BEFORE[byte]) : byte < 0xe0 ? 0 : 2
}

const LIMITS = [1, 16, 64, 128, 192, 240, 255]
const signed = Uint8Array.from({ length: 256 }, (_, byte) => LIMITS.filter((limit) => byte >= limit).length)

/** The context after `last` and the byte before it: by the low or high six bits, by UTF-8, or by the sign. */
export function literalContext(mode: number, last: number, before: number): number {
  if (mode === 0) return last & 0x3f
  if (mode === 1) return last >> 2
  if (mode === 2) return (inUtf8[last] as number) | (inUtf8[256 + before] as number)
  return ((signed[last] as number) << 3) | (signed[before] as number)
}
