/** Frames of MPEG audio, without which there is no telling an MP3. ISO/IEC 11172-3 §2.4.1.3, ISO/IEC 13818-3 §2.4.1. */

/** In kilobits: layers I, II and III of MPEG-1, then layer I and the others of MPEG-2. */
const BITRATES = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const
const SAMPLE_RATES = [44_100, 48_000, 32_000] as const

type MpegFrame = { readonly length: number; readonly kind: string }

/** Whether a frame is there and another of its kind, or the end of the file, follows it. */
export function startsMpegAudio(bytes: Uint8Array, at: number, isAll: boolean): boolean {
  const frame = mpegFrame(bytes, at)
  if (!frame) return false
  const next = at + frame.length
  return mpegFrame(bytes, next)?.kind === frame.kind || (isAll && next === bytes.length)
}

/** The frame whose header stands there; undefined where there is none, or one of free format. */
function mpegFrame(bytes: Uint8Array, at: number): MpegFrame | undefined {
  const [first, second, third] = bytes.subarray(at, at + 4)
  if (first !== 0xff || second === undefined || third === undefined || (second & 0xe0) !== 0xe0) return undefined
  const version = (second >> 3) & 3
  const layer = 4 - ((second >> 1) & 3)
  const isFirst = version === 3
  const table = isFirst ? layer - 1 : layer === 1 ? 3 : 4
  const bitrate = BITRATES[table as 0]?.[(third >> 4) - 1]
  const base = SAMPLE_RATES[(third >> 2) & 3]
  if (version === 1 || layer === 4 || bitrate === undefined || base === undefined) return undefined
  const sampleRate = isFirst ? base : version === 2 ? base / 2 : base / 4
  const padding = (third >> 1) & 1
  const kind = `${version} ${layer} ${sampleRate}`
  if (layer === 1) return { length: (Math.floor((12_000 * bitrate) / sampleRate) + padding) * 4, kind }
  const samples = layer === 3 && !isFirst ? 72_000 : 144_000
  return { length: Math.floor((samples * bitrate) / sampleRate) + padding, kind }
}
