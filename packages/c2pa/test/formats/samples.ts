/** One list of assets of every format that is signed: small files of test/vectors/media, and others made as the tests run. */
import { readdirSync, readFileSync } from 'node:fs'
import sharp, { type Sharp } from 'sharp'
import type { AssetFormat, MediaType } from '../../src/formats/asset-format.ts'
import { assetFormat } from '../../src/formats/detect.ts'
import { longAvi, riffChunk, riffFile, silence } from '../chunks.ts'
import { framesByFfmpeg } from '../decoders.ts'
import { inspect } from '../inspect.ts'
import { noise, pictures } from '../pictures.ts'

export type Sample = {
  readonly name: string
  readonly format: AssetFormat
  readonly mediaType: MediaType
  readonly bytes: Uint8Array
}

const media = new URL('../../../../test/vectors/media/', import.meta.url)

/** Those of the folder that are whole files and can hold a manifest store. */
function ofMedia(): [string, Uint8Array][] {
  return readdirSync(media)
    .filter((name) => name !== 'README.md' && !name.startsWith('dash-'))
    .map((name): [string, Uint8Array] => [name, new Uint8Array(readFileSync(new URL(name, media)))])
    .filter(([, bytes]) => inspect(bytes)?.embedding !== undefined)
}

async function made(): Promise<[string, Uint8Array][]> {
  const bytesOf = async (image: Sharp) => new Uint8Array(await image.toBuffer())
  const frames = await Promise.all(
    [1, 2, 3, 4].map((factor) =>
      bytesOf(
        noise(32, 24)
          .modulate({ brightness: factor / 3 })
          .jpeg(),
      ),
    ),
  )
  const animated = sharp(await bytesOf(noise(16, 48)), { raw: { width: 16, height: 48, channels: 3, pageHeight: 16 } })
  const kept = [
    'baseline',
    'MPF with a second picture after EOI',
    'bytes after EOI',
    '8 bit',
    'animated',
    'bytes after IEND',
  ]
  return [
    ...(await pictures())
      .filter(({ name }) => kept.some((ending) => name.endsWith(`: ${ending}`)))
      .map(({ name, bytes }): [string, Uint8Array] => [name, bytes]),
    ['WebP: lossy', await bytesOf(noise(20, 21).webp())],
    ['WebP: lossless', await bytesOf(noise(20, 21, 4).webp({ lossless: true }))],
    [
      'WebP: with Exif',
      await bytesOf(
        noise(20, 21)
          .withExif({ IFD0: { Artist: 'somebody' } })
          .webp(),
      ),
    ],
    ['WebP: animated', await bytesOf(animated.clone().webp())],
    ['GIF: still', await bytesOf(noise(20, 21).gif())],
    ['GIF: few colours', await bytesOf(noise(20, 21).gif({ colours: 4 }))],
    ['GIF: animated', await bytesOf(animated.clone().gif())],
    ['WAV: with an odd chunk', riffFile('WAVE', ...silence, riffChunk('note', Uint8Array.of(1)))],
    ['AVI: of OpenDML', longAvi(frames, 32, 24)],
    ['TIFF: by sharp', await bytesOf(noise(20, 21).tiff())],
  ]
}

export async function samples(): Promise<readonly Sample[]> {
  return [...(await made()), ...ofMedia()].map(([name, bytes]) => {
    const format = assetFormat(bytes)
    const mediaType = format && inspect(bytes)?.mediaType
    if (!format || !mediaType) throw new Error(`${name} is of no format that is read here`)
    return { name, format, mediaType, bytes }
  })
}

/** Those that c2pa-rs signs so that they can't be signed again. */
export const BROKEN_BY_C2PA_RS: { readonly [name: string]: string } = {
  'AVI: of OpenDML': 'c2pa-rs leaves the offsets in the indexes as they were, where nothing stands any more',
}

/** Those that c2pa-rs does not sign, or not as it should. */
export const UNSIGNED_BY_C2PA_RS: { readonly [name: string]: string } = {
  'bigtiff.tif': 'of a BigTIFF c2pa-rs leaves the count of another field than its own out of the hash',
  'codestream.jxl': 'c2pa-rs signs JPEG XL in boxes alone',
  'tone-rf64.wav': 'c2pa-rs reads RIFF alone, not its long form',
}

/** Those that c2pa-rs can't read, and why. */
export const UNKNOWN_TO_C2PA_RS: { readonly [name: string]: string } = {
  'tone-rf64.wav': 'c2pa-rs reads RIFF alone, not its long form',
}

const BY_SHARP: readonly MediaType[] = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/tiff',
  'image/svg+xml',
  'image/avif',
]
/** Decoded by others, in tests of their own. */
const UNKNOWN_TO_SHARP = ['sequence.avif']
const BY_FFMPEG: { readonly [type in MediaType]?: string } = {
  'image/gif': 'gif',
  'image/jxl': 'jxl',
  'audio/wav': 'wav',
  'video/avi': 'avi',
  'audio/mpeg': 'mp3',
  'audio/flac': 'flac',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'audio/mp4': 'm4a',
}

/** What decoders make of a sample: pixels, frames and samples of sound; empty where none of them reads it. */
export async function decoded(
  { name, mediaType }: Sample,
  bytes: Uint8Array,
  hasFfmpeg: boolean,
): Promise<readonly string[]> {
  const found: string[] = []
  if (BY_SHARP.includes(mediaType) && !UNKNOWN_TO_SHARP.includes(name)) {
    const pixels = await sharp(bytes, { pages: /webp|gif|tiff/.test(mediaType) ? -1 : 1 })
      .raw()
      .toBuffer()
    found.push(pixels.toString('base64'))
  }
  const suffix = BY_FFMPEG[mediaType]
  if (suffix && hasFfmpeg) found.push(framesByFfmpeg(bytes, suffix))
  return found
}
