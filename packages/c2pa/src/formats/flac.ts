/** FLAC streams: what stands before the audio. RFC 9639 §8. */
import { latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import type { ByteRange, Visit } from './asset-format.ts'

const STREAM_INFO = 0
const VORBIS_COMMENT = 4

/** Whether a stream begins there. */
export function isFlac(bytes: Uint8Array, at: number): boolean {
  return latin1Text(bytes.subarray(at, at + 4)) === 'fLaC'
}

type Block = { readonly type: number; readonly isLast: boolean; readonly content: ByteRange }

function* blockAt(source: Source, start: number): Walk<Block | undefined> {
  if (start + 4 > source.length) return undefined
  const header = source.peek(start, 4) ?? (yield { start, length: 4 })
  const word = new DataView(header.buffer, header.byteOffset).getUint32(0)
  const content = { start: start + 4, length: word & 0xffffff }
  const isInside = content.start + content.length <= source.length
  return isInside ? { type: (word >>> 24) & 0x7f, isLast: word >>> 31 === 1, content } : undefined
}

/** What is wrong with the stream that begins at `start`, up to its first frame. */
export function* checkFlac(source: Source, start: number): Walk<C2paError | undefined> {
  let position = start + 4
  for (let isLast = false; !isLast; ) {
    const block = yield* blockAt(source, position)
    if (!block) return malformed(`it ends inside a metadata block at offset ${position}`)
    const isFirst = position === start + 4
    if (isFirst !== (block.type === STREAM_INFO) || (isFirst && block.content.length !== 34))
      return malformed('it does not begin with one STREAMINFO block')
    isLast = block.isLast
    position = block.content.start + block.content.length
  }
  const frame = position + 2 > source.length ? [] : (source.peek(position, 2) ?? (yield { start: position, length: 2 }))
  return frame[0] === 0xff && ((frame[1] ?? 0) & 0xfe) === 0xf8 ? undefined : malformed('it has no frame of audio')
}

/** Tells of the Vorbis comments of the stream that begins at `start`. */
export function* flacComments(source: Source, start: number, visit: Visit): Walk<void> {
  if (start + 4 > source.length) return
  if (!isFlac(source.peek(start, 4) ?? (yield { start, length: 4 }), 0)) return
  for (let block = yield* blockAt(source, start + 4); block; ) {
    if (block.type === VORBIS_COMMENT && !visit(block.content)) return
    if (block.isLast) return
    block = yield* blockAt(source, block.content.start + block.content.length)
  }
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The FLAC is damaged: ${what}.`)
}
