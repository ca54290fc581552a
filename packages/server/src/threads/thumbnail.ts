import sharp from 'sharp'
import type { Thumbnail, ThumbnailMaker } from '../domain/content-engine.ts'
import { invalidImage } from '../domain/sign-content.ts'
import { createBudget } from './budget.ts'

// What libvips keeps of the last hundred pictures serves for none that comes: it is their decoders, which hold hundreds of
// megabytes for a single one that is progressive.
sharp.cache(false)

/** What a thumbnail may take: its longer side, and the pixels of the picture that has to be decoded for it. */
const LONGEST_SIDE = 1024
const MOST_PIXELS = 100_000_000

/**
 * A progressive JPEG or an interlaced PNG takes up to eight bytes a pixel to decode, and may come as a file a thousandth
 * as large: so pictures that are decoded at the same time share these pixels, and others wait for their turn.
 */
const MOST_PIXELS_AT_A_TIME = MOST_PIXELS

/**
 * A JPEG of at most 1024 pixels a side, upright, never larger than the picture, on white where that is transparent.
 * A picture that says it is huge is refused before it is decoded; one that sharp can't decode just has no thumbnail,
 * since whether the file is whole is for the signer to judge.
 */
export function createThumbnailMaker(onFailure: (error: unknown) => void): ThumbnailMaker {
  const pixelsAtATime = createBudget(MOST_PIXELS_AT_A_TIME)
  return async (image) => {
    const input = Buffer.from(image.buffer, image.byteOffset, image.byteLength)
    const size = await sizeOf(input).catch((error: unknown) => void onFailure(error))
    if (!size) return undefined
    const pixels = size.width * size.height
    if (pixels > MOST_PIXELS) {
      throw invalidImage(
        `It has ${Math.round(pixels / 1_000_000)} million pixels; with a thumbnail it may have ${MOST_PIXELS / 1_000_000} million (thumbnail=false leaves it out).`,
      )
    }
    return pixelsAtATime.spend(pixels, () => makeThumbnail(input)).catch((error: unknown) => void onFailure(error))
  }
}

async function sizeOf(input: Buffer): Promise<{ width: number; height: number }> {
  return sharp(input, { limitInputPixels: false }).metadata()
}

async function makeThumbnail(input: Buffer): Promise<Thumbnail> {
  const bytes = await sharp(input, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
    .autoOrient()
    .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .jpeg({ quality: 80 })
    .timeout({ seconds: 20 })
    .toBuffer()
  return { format: 'image/jpeg', bytes: new Uint8Array(bytes) }
}
