/** Looking for a run of bytes in tens of megabytes, in a tenth of the time that hashing them takes. */

/** Probes asked in one step, so that none waits for the one before. */
const AT_ONCE = 8
/** What is looked at of a pair: few enough bits that their table stays in the fastest memory, beside the bytes. */
const BITS = 0x3fff

/**
 * A search for `needle`, of three bytes or more. Only one pair of bytes of each needle's length of bytes is looked at:
 * wherever the needle stands, one of these pairs lies inside it. They are read as words of two bytes, so at even places
 * of the memory.
 */
export function byteSearch(needle: Uint8Array): (bytes: Uint8Array, from: number) => boolean {
  const last = needle.length - 1
  /** In words: as many as lie wholly inside a needle that begins at an odd place. */
  const stride = last >> 1
  const isIn = new Uint8Array(BITS + 1)
  for (let index = 0; index < last; index++) {
    const [pair = 0] = new Uint16Array(needle.slice(index, index + 2).buffer)
    isIn[pair & BITS] = 1
  }

  const standsAt = (bytes: Uint8Array, start: number): boolean => {
    for (let index = 0; index <= last; index++) if (bytes[start + index] !== needle[index]) return false
    return true
  }
  /** Whether the needle stands anywhere so that it holds the pair at `place`. */
  const stands = (bytes: Uint8Array, place: number, from: number): boolean => {
    const byte = bytes[place] as number
    for (let index = 0; index < last; index++)
      if (needle[index] === byte && place - index >= from && standsAt(bytes, place - index)) return true
    return false
  }

  // Written out: a loop or a function in the middle makes it half as fast.
  const [s2, s3, s4, s5, s6, s7] = [2 * stride, 3 * stride, 4 * stride, 5 * stride, 6 * stride, 7 * stride]
  const search = (words: Uint16Array, from: number): number => {
    let at = from
    for (const stop = words.length - s7; at < stop; at += AT_ONCE * stride) {
      const isAny =
        (isIn[(words[at] as number) & BITS] as number) |
        (isIn[(words[at + stride] as number) & BITS] as number) |
        (isIn[(words[at + s2] as number) & BITS] as number) |
        (isIn[(words[at + s3] as number) & BITS] as number) |
        (isIn[(words[at + s4] as number) & BITS] as number) |
        (isIn[(words[at + s5] as number) & BITS] as number) |
        (isIn[(words[at + s6] as number) & BITS] as number) |
        (isIn[(words[at + s7] as number) & BITS] as number)
      if (isAny !== 0) break
    }
    return at
  }

  return (bytes, from) => {
    const start = from + ((bytes.byteOffset + from) & 1)
    if (start >= bytes.length) return false
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) >> 1)
    for (let at = stride - 1; at < words.length; ) {
      at = search(words, at)
      for (let step = 0; step < AT_ONCE && at < words.length; step++, at += stride)
        if (isIn[(words[at] as number) & BITS] !== 0 && stands(bytes, start + 2 * at, from)) return true
    }
    return false
  }
}
