/** How words of Brotli's dictionary are changed before they are used. RFC 7932 §8 and Appendix B. */

/** Before the word, what becomes of it, after it. Text is one byte a character; numbers leave off so many bytes, at its start or, negative, at its end. */
type Transform = readonly [prefix: string, change: number | 'first' | 'all', suffix: string]

const TRANSFORMS: readonly Transform[] = [
  ['', 0, ''],
  ['', 0, ' '],
  [' ', 0, ' '],
  ['', 1, ''],
  ['', 'first', ' '],
  ['', 0, ' the '],
  [' ', 0, ''],
  ['s ', 0, ' '],
  ['', 0, ' of '],
  ['', 'first', ''],
  ['', 0, ' and '],
  ['', 2, ''],
  ['', -1, ''],
  [', ', 0, ' '],
  ['', 0, ', '],
  [' ', 'first', ' '],
  ['', 0, ' in '],
  ['', 0, ' to '],
  ['e ', 0, ' '],
  ['', 0, '"'],
  ['', 0, '.'],
  ['', 0, '">'],
  ['', 0, '\n'],
  ['', -3, ''],
  ['', 0, ']'],
  ['', 0, ' for '],
  ['', 3, ''],
  ['', -2, ''],
  ['', 0, ' a '],
  ['', 0, ' that '],
  [' ', 'first', ''],
  ['', 0, '. '],
  ['.', 0, ''],
  [' ', 0, ', '],
  ['', 4, ''],
  ['', 0, ' with '],
  ['', 0, "'"],
  ['', 0, ' from '],
  ['', 0, ' by '],
  ['', 5, ''],
  ['', 6, ''],
  [' the ', 0, ''],
  ['', -4, ''],
  ['', 0, '. The '],
  ['', 'all', ''],
  ['', 0, ' on '],
  ['', 0, ' as '],
  ['', 0, ' is '],
  ['', -7, ''],
  ['', -1, 'ing '],
  ['', 0, '\n\t'],
  ['', 0, ':'],
  [' ', 0, '. '],
  ['', 0, 'ed '],
  ['', 9, ''],
  ['', 7, ''],
  ['', -6, ''],
  ['', 0, '('],
  ['', 'first', ', '],
  ['', -8, ''],
  ['', 0, ' at '],
  ['', 0, 'ly '],
  [' the ', 0, ' of '],
  ['', -5, ''],
  ['', -9, ''],
  [' ', 'first', ', '],
  ['', 'first', '"'],
  ['.', 0, '('],
  ['', 'all', ' '],
  ['', 'first', '">'],
  ['', 0, '="'],
  [' ', 0, '.'],
  ['.com/', 0, ''],
  [' the ', 0, ' of the '],
  ['', 'first', "'"],
  ['', 0, '. This '],
  ['', 0, ','],
  ['.', 0, ' '],
  ['', 'first', '('],
  ['', 'first', '.'],
  ['', 0, ' not '],
  [' ', 0, '="'],
  ['', 0, 'er '],
  [' ', 'all', ' '],
  ['', 0, 'al '],
  [' ', 'all', ''],
  ['', 0, "='"],
  ['', 'all', '"'],
  ['', 'first', '. '],
  [' ', 0, '('],
  ['', 0, 'ful '],
  [' ', 'first', '. '],
  ['', 0, 'ive '],
  ['', 0, 'less '],
  ['', 'all', "'"],
  ['', 0, 'est '],
  [' ', 'first', '.'],
  ['', 'all', '">'],
  [' ', 0, "='"],
  ['', 'first', ','],
  ['', 0, 'ize '],
  ['', 'all', '.'],
  ['\u00c2\u00a0', 0, ''],
  [' ', 0, ','],
  ['', 'first', '="'],
  ['', 'all', '="'],
  ['', 0, 'ous '],
  ['', 'all', ', '],
  ['', 'first', "='"],
  [' ', 'first', ','],
  [' ', 'all', '="'],
  [' ', 'all', ', '],
  ['', 'all', ','],
  ['', 'all', '('],
  ['', 'all', '. '],
  [' ', 'all', '.'],
  ['', 'all', "='"],
  [' ', 'all', '. '],
  [' ', 'first', '="'],
  [' ', 'all', "='"],
  [' ', 'first', "='"],
]

/** How many there are. */
export const TRANSFORM_COUNT: number = TRANSFORMS.length

/** The word as transform `number` makes it. */
export function transformed(word: Uint8Array, number: number): Uint8Array {
  const [prefix, change, suffix] = TRANSFORMS[number] as Transform
  const kept = typeof change === 'string' ? word : change >= 0 ? word.subarray(change) : word.slice(0, change)
  const bytes = new Uint8Array(prefix.length + kept.length + suffix.length)
  for (let index = 0; index < prefix.length; index++) bytes[index] = prefix.charCodeAt(index)
  bytes.set(kept, prefix.length)
  const end = prefix.length + kept.length
  if (typeof change === 'string')
    for (let index = prefix.length; index < end; ) {
      index += capitalize(bytes.subarray(index, end))
      if (change === 'first') break
    }
  for (let index = 0; index < suffix.length; index++) bytes[end + index] = suffix.charCodeAt(index)
  return bytes
}

/** Upper case as the specification understands it for UTF-8; gives how many bytes the character has. */
function capitalize(bytes: Uint8Array): number {
  const first = bytes[0] as number
  if (first < 0xc0) {
    if (first >= 0x61 && first <= 0x7a) bytes[0] = first ^ 32
    return 1
  }
  const last = first < 0xe0 ? 1 : 2
  if (last < bytes.length) bytes[last] = (bytes[last] as number) ^ (last === 1 ? 32 : 5)
  return last + 1
}
