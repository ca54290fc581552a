/** Pictures of every kind that is signed, made with sharp or put together by hand from its segments and chunks. */
import { concatBytes, utf8Bytes } from '@countersign/codec'
import sharp, { type Sharp } from 'sharp'
import { crc32 } from '../src/formats/crc32.ts'

/** A picture that compresses badly and is the same on each call. */
export function noise(width: number, height: number, channels: 1 | 3 | 4 = 3): Sharp {
  const pixels = new Uint8Array(width * height * channels)
  let state = 0x2545f491
  for (let index = 0; index < pixels.length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    pixels[index] = state & 0xff
  }
  return sharp(pixels, { raw: { width, height, channels } })
}

const bytesOf = async (image: Sharp): Promise<Uint8Array> => new Uint8Array(await image.toBuffer())

/** A segment of a JPEG. */
export function segment(marker: number, payload: Uint8Array): Uint8Array {
  const length = payload.length + 2
  return concatBytes([Uint8Array.of(0xff, marker, length >> 8, length & 0xff), payload])
}

/** Puts segments right after SOI: sharp writes no JFIF of its own. */
export function withSegments(jpeg: Uint8Array, ...segments: readonly Uint8Array[]): Uint8Array {
  return concatBytes([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)])
}

/** APP11 with a JUMBF superbox that is not C2PA's, in two segments, as JPEG 360 and JPEG Privacy have them. ISO/IEC 19566-5 D.2. */
export function foreignJumbf(instance = 1): Uint8Array[] {
  const contents = new Uint8Array(600).map((_, index) => index & 0xff)
  const description = concatBytes([
    Uint8Array.of(0, 0, 0, 25 + 8, ...utf8Bytes('jumd')),
    Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index),
    Uint8Array.of(0x03, ...utf8Bytes('JPEG360'), 0),
  ])
  const payload = concatBytes([description, Uint8Array.of(0, 0, 2, 0x60, ...utf8Bytes('free')), contents])
  const length = payload.length + 8
  const header = Uint8Array.of(0, 0, length >> 8, length & 0xff, ...utf8Bytes('jumb'))
  const head = (sequence: number) =>
    Uint8Array.of(0x4a, 0x50, instance >> 8, instance & 0xff, 0, 0, 0, sequence, ...header)
  return [
    segment(0xeb, concatBytes([head(1), payload.subarray(0, 300)])),
    segment(0xeb, concatBytes([head(2), payload.subarray(300)])),
  ]
}

export function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, data.length)
  bytes.set(utf8Bytes(type), 4)
  bytes.set(data, 8)
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)))
  return bytes
}

/** Puts chunks right after IHDR. */
export function withChunks(png: Uint8Array, ...chunks: readonly Uint8Array[]): Uint8Array {
  return concatBytes([png.subarray(0, 33), ...chunks, png.subarray(33)])
}

/** An animation whose one frame is the picture itself. APNG 1.0, ISO/IEC 15948 §11.3.6. */
function animated(png: Uint8Array, width: number, height: number): Uint8Array {
  const numbers = (...values: number[]) => {
    const bytes = new Uint8Array(values.length * 4)
    for (const [index, value] of values.entries()) new DataView(bytes.buffer).setUint32(index * 4, value)
    return bytes
  }
  const control = chunk('acTL', numbers(1, 0))
  const frame = chunk('fcTL', concatBytes([numbers(0, width, height, 0, 0), Uint8Array.of(0, 1, 0, 10, 0, 0)]))
  return withChunks(png, control, frame)
}

export type Picture = { readonly name: string; readonly format: 'image/jpeg' | 'image/png'; readonly bytes: Uint8Array }

export async function pictures(): Promise<Picture[]> {
  const baseline = await bytesOf(noise(160, 120).jpeg())
  const png = await bytesOf(noise(64, 48, 4).png())
  // A reference into the bytes after EOI, counted from its own place, as MPF has them (CIPA DC-007).
  const mpf = segment(0xe2, concatBytes([utf8Bytes('MPF\0MM\0*'), new Uint8Array(120)]))
  const jfif = segment(0xe0, concatBytes([utf8Bytes('JFIF\0'), Uint8Array.of(1, 2, 0, 0, 1, 0, 1, 0, 0)]))
  const jpegs: [string, Uint8Array][] = [
    ['baseline', baseline],
    ['progressive', await bytesOf(noise(160, 120).jpeg({ progressive: true }))],
    ['grey', await bytesOf(noise(64, 64, 1).toColourspace('b-w').jpeg())],
    ['CMYK with APP14', await bytesOf(noise(64, 64, 3).toColourspace('cmyk').jpeg())],
    ['restart markers of a mosaic', await bytesOf(noise(300, 300).jpeg({ mozjpeg: true }))],
    ['EXIF with orientation 6', await bytesOf(noise(160, 120).withMetadata({ orientation: 6 }).jpeg())],
    ['MPF with a second picture after EOI', concatBytes([withSegments(baseline, mpf), baseline])],
    ['foreign JUMBF in APP11', withSegments(baseline, ...foreignJumbf())],
    ["foreign JUMBF with c2pa-rs's box number", withSegments(baseline, ...foreignJumbf(0x0211))],
    ['bytes after EOI', concatBytes([baseline, utf8Bytes('a motion photo comes here')])],
    ['JFIF with a JFXX extension', withSegments(baseline, jfif, segment(0xe0, utf8Bytes('JFXX\0\x10')))],
    ['EXIF before JFIF', withSegments(baseline, segment(0xe1, utf8Bytes('Exif\0\0MM\0*')), jfif)],
    [
      'fill bytes before a marker',
      concatBytes([baseline.subarray(0, 2), Uint8Array.of(0xff, 0xff), baseline.subarray(2)]),
    ],
  ]
  const pngs: [string, Uint8Array][] = [
    ['8 bit', png],
    ['16 bit', await bytesOf(noise(64, 48).toColourspace('rgb16').png())],
    ['interlaced', await bytesOf(noise(64, 48).png({ progressive: true }))],
    ['palette', await bytesOf(noise(64, 48).png({ palette: true }))],
    ['animated', animated(png, 64, 48)],
    ['with text', withChunks(png, chunk('tEXt', utf8Bytes('Title\0a picture')))],
    ['bytes after IEND', concatBytes([png, utf8Bytes('and more')])],
  ]
  return [
    ...jpegs.map(([name, bytes]): Picture => ({ name: `JPEG: ${name}`, format: 'image/jpeg', bytes })),
    ...pngs.map(([name, bytes]): Picture => ({ name: `PNG: ${name}`, format: 'image/png', bytes })),
  ]
}

/** The pixels that a decoder sees, orientation not applied. */
export async function pixels(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await sharp(bytes).raw().toBuffer())
}
