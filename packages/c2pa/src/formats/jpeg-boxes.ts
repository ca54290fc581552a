/** The boxes of a JPEG: its markers with what belongs to them. C2PA 2.2 §18.7.3.1. */
import type { Source, Walk } from './asset.ts'
import type { ByteRange, HashBox } from './asset-format.ts'
import { EOI, isRestart, malformed, markerAt, nextMarker, SOI, SOS } from './jpeg-marker.ts'

const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, index) => name + index)

/** From 0xC0 on. ISO/IEC 10918-1 Table B.1. */
const SYMBOLS: readonly string[] = [
  ...numbered('SOF', 16).map((name) => ({ SOF4: 'DHT', SOF8: 'JPG', SOF12: 'DAC' })[name] ?? name),
  ...numbered('RST', 8),
  ...['SOI', 'EOI', 'SOS', 'DQT', 'DNL', 'DRI', 'DHP', 'EXP'],
  ...numbered('APP', 16),
  ...numbered('JPG', 14),
  'COM',
]

/** Restart intervals are as many as anyone likes. */
const MOST_BOXES = 250_000

/** All boxes, those of further images that follow without a gap too; the segments in the container are one. */
export function* jpegBoxes(source: Source, container: ByteRange | undefined): Walk<readonly HashBox[]> {
  const found: HashBox[] = []
  for (let position = 0; ; ) {
    if (found.length === MOST_BOXES) throw malformed(`it has more than ${MOST_BOXES} segments`)
    const marker = yield* markerAt(source, position)
    const isContainer = marker.start === container?.start
    const end = isContainer ? marker.start + container.length : yield* endOfBox(source, marker)
    const name = isContainer ? 'C2PA' : SYMBOLS[marker.code - 0xc0]
    if (name === undefined) throw malformed(`marker ${marker.code} at offset ${marker.start}`)
    found.push({ name, start: position, length: end - position })
    if (marker.code === EOI && !(yield* isImage(source, end))) return found
    position = end
  }
}

function* endOfBox(source: Source, { code, start }: { code: number; start: number }): Walk<number> {
  const isAlone = code === SOI || code === EOI || isRestart(code)
  const end = isAlone ? start + 2 : start + 2 + (yield* lengthAt(source, start + 2))
  if (end > source.length) throw malformed(`it ends inside a segment at offset ${start}`)
  return code === SOS || isRestart(code) ? yield* nextMarker(source, end, true) : end
}

function* lengthAt(source: Source, start: number): Walk<number> {
  if (start + 2 > source.length) throw malformed(`it ends inside a segment at offset ${start - 2}`)
  const bytes = source.peek(start, 2) ?? (yield { start, length: 2 })
  const length = ((bytes[0] as number) << 8) | (bytes[1] as number)
  if (length < 2) throw malformed(`a segment of length ${length} at offset ${start - 2}`)
  return length
}

function* isImage(source: Source, start: number): Walk<boolean> {
  if (start + 3 > source.length) return false
  const bytes = source.peek(start, 3) ?? (yield { start, length: 3 })
  return bytes[0] === 0xff && bytes[1] === SOI && bytes[2] === 0xff
}
