/** Markers of a JPEG, and the entropy-coded data between them. ISO/IEC 10918-1 B.1.1. */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'

/** Start of image. */
export const SOI = 0xd8
/** End of image. */
export const EOI = 0xd9
/** Start of scan. */
export const SOS = 0xda

/** The marker at that place, after the fill bytes that may stand before it (B.1.1.2). */
export function* markerAt(source: Source, position: number): Walk<{ code: number; start: number }> {
  for (let at = position; at < source.length; ) {
    const bytes = source.peek(at, 1) ?? (yield { start: at, length: 1 })
    if (at === position && bytes[0] !== 0xff) throw malformed(`there is no marker at offset ${position}`)
    let index = 0
    while (index < bytes.length && bytes[index] === 0xff) index++
    at += index
    if (index < bytes.length) return { code: bytes[index] as number, start: at - 1 }
  }
  throw malformed('it ends before its end-of-image marker')
}

/** Restart markers, which stand inside entropy-coded data. */
export function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7
}

/** Where the entropy-coded data that starts at `position` ends: at the next marker, which may be a restart only if those are asked for. */
export function* nextMarker(source: Source, position: number, withRestarts = false): Walk<number> {
  for (let start = position; start + 2 <= source.length; ) {
    const bytes = source.peek(start, 2) ?? (yield { start, length: 2 })
    let at = bytes.indexOf(0xff)
    while (at >= 0 && at + 1 < bytes.length) {
      const code = bytes[at + 1] as number
      if (code !== 0xff && code !== 0 && (withRestarts || !isRestart(code))) return start + at
      at = bytes.indexOf(0xff, code === 0xff ? at + 1 : at + 2)
    }
    start += at < 0 ? bytes.length : at
  }
  throw malformed('it ends before its end-of-image marker')
}

/** What is said of a broken JPEG. */
export function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The JPEG is damaged: ${what}.`)
}
