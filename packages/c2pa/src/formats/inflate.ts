/** DEFLATE in its zlib wrapping, as PDF has it; never more bytes than are asked for. RFC 1950, RFC 1951. */
import { concatBytes } from '@countersign/codec'
import { Inflate } from 'fflate'
import { C2paError } from '../c2pa-error.ts'

/** So much is handed to the decoder at a time, since a thousand times as much may come out of it. */
const PIECE = 4096
const HEADER = 2

/** The bytes that the data stand for; throws C2paError `malformed_asset`, and `too_large` for more than `most`. The checksum is not looked at. */
export function inflate(data: Uint8Array, most: number): Uint8Array {
  const [method = 0, flags = 0] = data
  const hasDictionary = (flags & 0x20) !== 0
  if (data.length < 3 || (method & 0x0f) !== 8 || ((method << 8) | flags) % 31 !== 0 || hasDictionary)
    throw new C2paError('malformed_asset', 'The compressed data do not begin as zlib data do.')
  const pieces: Uint8Array[] = []
  let left = most
  const decoder = new Inflate((piece) => {
    left -= piece.length
    if (left < 0)
      throw new C2paError('too_large', `The compressed data have more than the ${most} bytes that they may.`)
    pieces.push(piece)
  })
  try {
    for (let at = HEADER; at < data.length; at += PIECE)
      decoder.push(data.subarray(at, at + PIECE), at + PIECE >= data.length)
  } catch (error) {
    if (error instanceof C2paError) throw error
    throw new C2paError('malformed_asset', `The compressed data are damaged: ${(error as Error).message}.`, {
      cause: error,
    })
  }
  return concatBytes(pieces)
}
