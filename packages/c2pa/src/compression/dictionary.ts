/** Brotli's static dictionary. RFC 7932 §8 and Appendix A. */
import { decodeBase64 } from '@countersign/codec'
import { BrotliError } from './prefix-code.ts'
import { TRANSFORM_COUNT, transformed } from './word-transforms.ts'

/** Of words of each length, the binary logarithm of how many there are; 0 where there are none. */
const SIZE_BITS = [0, 0, 0, 0, 10, 10, 11, 11, 10, 10, 10, 10, 10, 9, 9, 8, 7, 7, 8, 7, 7, 6, 6, 5, 5]
const LENGTH = 122_784

let loaded: Promise<Uint8Array> | undefined

/** Its bytes; made once, and not loaded before something is decompressed. */
export function dictionary(): Promise<Uint8Array> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Uint8Array> {
  const { DICTIONARY_DATA } = await import('./dictionary-data.ts')
  const inflated = new Blob([decodeBase64(DICTIONARY_DATA)])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'))
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer())
  if (bytes.length !== LENGTH) throw new BrotliError(`a dictionary of ${bytes.length} bytes`)
  return bytes
}

/** The transformed word of that length and number. */
export function wordOf(words: Uint8Array, length: number, number: number): Uint8Array {
  const bits = SIZE_BITS[length] ?? 0
  const transform = number >> bits
  if (bits === 0 || transform >= TRANSFORM_COUNT) throw new BrotliError('a word that is not in the dictionary')
  const start = startOf(length) + (number & ((1 << bits) - 1)) * length
  return transformed(words.subarray(start, start + length), transform)
}

function startOf(length: number): number {
  let start = 0
  for (let shorter = 4; shorter < length; shorter++) start += shorter << (SIZE_BITS[shorter] as number)
  return start
}
