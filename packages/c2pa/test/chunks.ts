/** RIFF files put together by hand from their chunks. */
import { concatBytes, utf8Bytes } from '@countersign/codec'

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

export function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}

/** With its padding. */
export function riffChunk(id: string, ...data: readonly Uint8Array[]): Uint8Array {
  const bytes = concatBytes(data)
  return concatBytes([utf8Bytes(id), uint32(bytes.length), bytes, new Uint8Array(bytes.length & 1)])
}

export function riffList(type: string, ...chunks: readonly Uint8Array[]): Uint8Array {
  return riffChunk('LIST', utf8Bytes(type), ...chunks)
}

export function riffFile(form: string, ...chunks: readonly Uint8Array[]): Uint8Array {
  return riffChunk('RIFF', utf8Bytes(form), ...chunks)
}

/** Forty bytes of silence. */
export const silence: readonly Uint8Array[] = [
  riffChunk('fmt ', Uint8Array.of(1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0)),
  riffChunk('data', new Uint8Array(40)),
]

const STREAM_HEADER = riffChunk(
  'strh',
  utf8Bytes('vidsMJPG'),
  new Uint8Array(12),
  uint32(1),
  uint32(5),
  uint32(0),
  uint32(4),
  new Uint8Array(20),
)
const MAIN_HEADER = (width: number, height: number) =>
  riffChunk(
    'avih',
    uint32(200_000),
    uint32(0),
    uint32(0),
    uint32(0x10),
    uint32(4),
    uint32(0),
    uint32(1),
    uint32(0),
    uint32(width),
    uint32(height),
    new Uint8Array(16),
  )
const FORMAT = (width: number, height: number) =>
  riffChunk(
    'strf',
    uint32(40),
    uint32(width),
    uint32(height),
    Uint8Array.of(1, 0, 24, 0),
    utf8Bytes('MJPG'),
    uint32(width * height * 3),
    new Uint8Array(16),
  )

/**
 * An AVI as OpenDML has long ones: two RIFF chunks with a picture's frames, an index in each, and in the first a super index with their
 * offsets. `tail` goes to the end of the first.
 */
export function longAvi(
  frames: readonly Uint8Array[],
  width: number,
  height: number,
  ...tail: readonly Uint8Array[]
): Uint8Array {
  const halves = [frames.slice(0, 2), frames.slice(2)]
  const movie = (half: readonly Uint8Array[], base: number) => {
    const chunks = half.map((frame) => riffChunk('00dc', frame))
    let at = 4
    const entries = chunks.map((chunk, index) => {
      const entry = concatBytes([uint32(at + 8), uint32((half[index] as Uint8Array).length)])
      at += chunk.length
      return entry
    })
    const index = riffChunk(
      'ix00',
      Uint8Array.of(2, 0, 0, 1),
      uint32(half.length),
      utf8Bytes('00dc'),
      uint64(base),
      uint32(0),
      ...entries,
    )
    return { list: riffList('movi', ...chunks, index), indexAt: at - 4 }
  }
  const header = (offsets: readonly number[]) =>
    riffList(
      'hdrl',
      MAIN_HEADER(width, height),
      riffList(
        'strl',
        STREAM_HEADER,
        FORMAT(width, height),
        riffChunk(
          'indx',
          Uint8Array.of(4, 0, 0, 0),
          uint32(2),
          utf8Bytes('00dc'),
          new Uint8Array(12),
          ...offsets.map((offset, index) =>
            concatBytes([
              uint64(offset),
              uint32(32 + 8 * (halves[index]?.length ?? 0)),
              uint32(halves[index]?.length ?? 0),
            ]),
          ),
        ),
      ),
    )
  const firstMovi = 12 + header([0, 0]).length
  const lengthOf = (half: readonly Uint8Array[]) => movie(half, 0).list.length
  const tailLength = concatBytes(tail).length
  const secondForm = firstMovi + lengthOf(halves[0] ?? []) + tailLength
  // What entries count from is the type of the list, four bytes before its first chunk.
  const first = movie(halves[0] ?? [], firstMovi + 8)
  const second = movie(halves[1] ?? [], secondForm + 12 + 8)
  const offsets = [firstMovi + 12 + first.indexAt, secondForm + 12 + 12 + second.indexAt]
  return concatBytes([riffFile('AVI ', header(offsets), first.list, ...tail), riffFile('AVIX', second.list)])
}
