/** Pictures of every kind that the platform must sign, made here: by sharp, or by hand where sharp can't. */
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'

export type Picture = {
  readonly name: string
  readonly format: 'image/jpeg' | 'image/png'
  readonly bytes: Buffer
}

const WIDTH = 96
const HEIGHT = 64

/** A gradient with some texture, so that a decoder that errs is seen. */
function pixels(channels: number): Buffer {
  const bytes = Buffer.alloc(WIDTH * HEIGHT * channels)
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 7 + ((index / WIDTH) | 0) * 13) & 0xff
  return bytes
}

const raw = (channels: 1 | 2 | 3 | 4) => sharp(pixels(channels), { raw: { width: WIDTH, height: HEIGHT, channels } })

/** A JPEG or PNG of noise, which no encoder makes smaller. */
export async function noise(format: 'image/jpeg' | 'image/png', width: number, height: number): Promise<Buffer> {
  const image = sharp({
    create: { width, height, channels: 3, background: 'grey', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  })
  return format === 'image/jpeg'
    ? image.jpeg({ quality: 95 }).toBuffer()
    : image.png({ compressionLevel: 1 }).toBuffer()
}

/** Every JPEG and PNG variant. */
export async function pictures(): Promise<readonly Picture[]> {
  // sharp writes no APP0.
  const bare = await raw(3).jpeg().toBuffer()
  const baseline = afterSoi(bare, segment(0xe0, Buffer.from('4a46494600010100000100010000', 'hex')))
  const png = await raw(3).png().toBuffer()
  const jpegs: Readonly<Record<string, Buffer>> = {
    baseline,
    progressive: await raw(3).jpeg({ progressive: true }).toBuffer(),
    grey: await raw(1).toColourspace('b-w').jpeg().toBuffer(),
    CMYK: await raw(3).toColourspace('cmyk').jpeg().toBuffer(),
    'EXIF with orientation': await raw(3).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'ICC profile': await raw(3).withIccProfile('p3').jpeg().toBuffer(),
    'Adobe APP14': afterSoi(baseline, segment(0xee, Buffer.from('41646f62650064000000000001', 'hex'))),
    'foreign APP11 (JPEG 360)': afterJfif(baseline, foreignJumbf()),
    'foreign APP11 (no JUMBF)': afterJfif(baseline, segment(0xeb, Buffer.from('HDR_RI ver=11\0'))),
    'no APP0': bare,
    'fill bytes between segments': Buffer.concat([
      baseline.subarray(0, 2),
      Buffer.from('ffff', 'hex'),
      baseline.subarray(2),
    ]),
    MPF: multiPicture(baseline, await raw(3).resize(32).jpeg().toBuffer()),
    'trailing bytes after EOI': Buffer.concat([baseline, Buffer.from('what a phone leaves behind')]),
  }
  const pngs: Readonly<Record<string, Buffer>> = {
    'eight bits': png,
    alpha: await raw(4).png().toBuffer(),
    palette: await raw(3).png({ palette: true, colours: 16 }).toBuffer(),
    'sixteen bits': await raw(3).toColourspace('rgb16').png().toBuffer(),
    interlaced: await raw(3).png({ progressive: true }).toBuffer(),
    'EXIF with orientation': await raw(3).withMetadata({ orientation: 6 }).png().toBuffer(),
    APNG: animated(png),
    'trailing bytes after IEND': Buffer.concat([png, Buffer.from('what an editor leaves behind')]),
  }
  return [
    ...Object.entries(jpegs).map(([name, bytes]) => ({ name: `JPEG: ${name}`, format: 'image/jpeg' as const, bytes })),
    ...Object.entries(pngs).map(([name, bytes]) => ({ name: `PNG: ${name}`, format: 'image/png' as const, bytes })),
  ]
}

function segment(marker: number, payload: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(payload.length + 2, 2)
  return Buffer.concat([head, payload])
}

const afterSoi = (jpeg: Buffer, inserted: Buffer): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), inserted, jpeg.subarray(2)])

/** Where the APP0 segment ends. */
const jfifEnd = (jpeg: Buffer): number => 4 + jpeg.readUInt16BE(4)

const afterJfif = (jpeg: Buffer, inserted: Buffer): Buffer =>
  Buffer.concat([jpeg.subarray(0, jfifEnd(jpeg)), inserted, jpeg.subarray(jfifEnd(jpeg))])

/** A JUMBF superbox that is none of C2PA's, in an APP11 segment (ISO 19566-5 D.2). */
function foreignJumbf(): Buffer {
  const description = box(
    'jumd',
    Buffer.from('785f3631000000108000 00aa00389b71 03'.replaceAll(' ', ''), 'hex'),
    'JPEG360\0',
  )
  const superbox = box(
    'jumb',
    description,
    box('xml ', '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'),
  )
  return segment(0xeb, Buffer.concat([Buffer.from('4a50000100000001', 'hex'), superbox]))
}

function box(type: string, ...contents: readonly (string | Buffer)[]): Buffer {
  const payload = Buffer.concat(contents.map((content) => Buffer.from(content as string)))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(payload.length + 8)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, payload])
}

/** CIPA DC-007: an index in APP2, and the second picture after the first one's EOI. */
function multiPicture(first: Buffer, second: Buffer): Buffer {
  const index = Buffer.alloc(4 + 8 + 2 + 3 * 12 + 4 + 32)
  index.write('MPF\0', 0, 'latin1')
  // Offsets count from here, the byte-order mark.
  const tiff = index.subarray(4)
  tiff.write('MM\0*', 0, 'latin1')
  tiff.writeUInt32BE(8, 4)
  tiff.writeUInt16BE(3, 8)
  const entry = (place: number, tag: number, type: number, count: number, value: number): void => {
    tiff.writeUInt16BE(tag, place)
    tiff.writeUInt16BE(type, place + 2)
    tiff.writeUInt32BE(count, place + 4)
    tiff.writeUInt32BE(value, place + 8)
  }
  entry(10, 0xb000, 7, 4, 0x30313030)
  entry(22, 0xb001, 4, 1, 2)
  entry(34, 0xb002, 7, 32, 50)
  const start = first.length + index.length + 4
  tiff.writeUInt32BE(0x20030000, 50)
  tiff.writeUInt32BE(start, 54)
  tiff.writeUInt32BE(second.length, 66 + 4)
  tiff.writeUInt32BE(start - (jfifEnd(first) + 4 + 4), 66 + 8)
  return Buffer.concat([afterJfif(first, segment(0xe2, index)), second])
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(named.length + 8)
  whole.writeUInt32BE(data.length)
  named.copy(whole, 4)
  whole.writeUInt32BE(crc32(named), named.length + 4)
  return whole
}

/** The picture as the first of two frames, the second one black. */
function animated(png: Buffer): Buffer {
  const control = (sequence: number): Buffer => {
    const data = Buffer.alloc(26)
    data.writeUInt32BE(sequence)
    data.writeUInt32BE(WIDTH, 4)
    data.writeUInt32BE(HEIGHT, 8)
    data.writeUInt16BE(1, 20)
    data.writeUInt16BE(10, 22)
    return chunk('fcTL', data)
  }
  const frame = deflateSync(Buffer.alloc(HEIGHT * (1 + WIDTH * 3)))
  const start = png.indexOf('IDAT') - 4
  const end = png.indexOf('IEND') - 4
  return Buffer.concat([
    png.subarray(0, start),
    chunk('acTL', Buffer.from('0000000200000000', 'hex')),
    control(0),
    png.subarray(start, end),
    control(1),
    chunk('fdAT', Buffer.concat([Buffer.from('00000002', 'hex'), frame])),
    png.subarray(end),
  ])
}
