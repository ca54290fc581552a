/** What kind of file the brands of an ISO base media file say it is. ISO/IEC 14496-12 §4.3, ISO/IEC 23008-12 §10, AVIF §6. */
import { latin1Text } from '@countersign/codec'
import type { MediaType } from './asset-format.ts'
import { uint32 } from './bmff-box.ts'

/** In this order: who claims several is taken for the first. */
const BRANDS: readonly (readonly [MediaType, RegExp])[] = [
  ['image/avif', /^avi[fso]$/],
  ['image/heic', /^(?:hei[cxms]|hev[cxms])$/],
  ['image/heif', /^(?:mif[12]|msf1|miaf)$/],
  ['video/quicktime', /^qt {2}$/],
  ['audio/mp4', /^(?:M4[ABP]|F4[AB]) $/],
  [
    'video/mp4',
    /^(?:iso[m2-9a-d]|mp4[12]|avc1|av01|dash|cmf[2cf]|M4V[ HP]|3g[gprse2][0-9a-z]|mmp4|MSNV|F4[VP] |XAVC|nvr1)$/,
  ],
]

/** How QuickTime files begin that are older than `ftyp`: with what is in them, or with room. QuickTime File Format, chapter 1. */
const OLD_QUICKTIME = ['moov', 'mdat', 'wide', 'pnot']

/** By the major brand if it is known, else by the compatible ones; undefined for files of other specifications, such as JPEG 2000. */
export function bmffMediaType(head: Uint8Array): MediaType | undefined {
  if (head.length < 8) return undefined
  const type = latin1Text(head.subarray(4, 8))
  if (OLD_QUICKTIME.includes(type)) return isPlausible(head) ? 'video/quicktime' : undefined
  if (type !== 'ftyp') return undefined
  const end = Math.min(head.length, uint32(head, 0))
  const brands: string[] = []
  // Major brand, its version, then compatible brands.
  for (let at = 8; at + 4 <= end; at += at === 8 ? 8 : 4) brands.push(latin1Text(head.subarray(at, at + 4)))
  const [major = '', ...compatible] = brands
  const byMajor = mediaTypeOf([major])
  // What only says that it is an image tells by the others which kind.
  return (byMajor === 'image/heif' ? mediaTypeOf(brands) : byMajor) ?? mediaTypeOf(isForeign(major) ? [] : compatible)
}

function mediaTypeOf(brands: readonly string[]): MediaType | undefined {
  return BRANDS.find(([, pattern]) => brands.some((brand) => pattern.test(brand)))?.[0]
}

/** Canon's raw files hold offsets that only Canon knows of; JPEG 2000 and JPEG XL are formats of their own. */
function isForeign(major: string): boolean {
  return /^(?:crx |jp2 |jpx |jpm |mj[p2]2|jxl )$/.test(major)
}

/** Sizes that a box can have: four letters alone may begin any text. */
function isPlausible(head: Uint8Array): boolean {
  const size = uint32(head, 0)
  return size === 0 || size === 1 || size >= 8
}
