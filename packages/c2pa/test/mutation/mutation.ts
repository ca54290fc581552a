/** Ways to change a file, drawn at random by fast-check: the same ones for the same seed. */
import { concatBytes } from '@countersign/codec'
import fc from 'fast-check'

/** A way, and numbers that say where and how; what they mean depends on the file. */
export type Mutation = {
  readonly kind: (typeof KINDS)[number]
  readonly area: (typeof AREAS)[number]
  readonly place: number
  readonly length: number
  readonly value: number
}

const KINDS = [
  'flip a bit',
  'set a byte',
  'lie in four bytes',
  'lie in eight bytes',
  'lie in four bytes, least first',
  'cut',
  'take out',
  'put in',
  'repeat',
  'move',
  'zeros',
] as const

/** Where parsers work most: the manifest store, what begins a structure in it, and the ends of the file. */
const AREAS = ['anywhere', 'store', 'store', 'structure', 'structure', 'start', 'end'] as const

const LARGEST = 0xffffffff
const LIES = [0, 1, 2, 7, 8, 9, 15, 16, 17, 0x7f, 0x80, 0xff, 0x100, 0x7fffffff, 0x80000000, 0xfffffff0, LARGEST]

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    area: fc.constantFrom(...AREAS),
    place: fc.nat(LARGEST),
    length: fc.oneof(fc.nat(8), fc.nat(600)),
    value: fc.oneof(fc.constantFrom(...LIES), fc.nat(0xffff), fc.nat(LARGEST)),
  }),
  { minLength: 1, maxLength: 3 },
)

/** Names that structures begin with, in one format or another. */
const NAMES =
  /jumb|jumd|cbor|json|bfdb|bidb|uuid|c2sh|caBX|IHDR|IDAT|JXL |ftyp|moov|meta|iloc|mdat|moof|stco|co64|RIFF|C2PA|WEBP|ID3|GEOB|fLaC|obj|xref|\/Length|\/Prev|metadata|exclusions|length|start|hash|sigTst|pad|\xff\xeb/g

/** Where a file's structures are; found once for all its mutations. */
export type Landmarks = {
  readonly store: readonly [from: number, to: number] | undefined
  readonly structures: readonly number[]
}

export function landmarksOf(asset: Uint8Array, store: Landmarks['store']): Landmarks {
  const text = Buffer.from(asset.buffer, asset.byteOffset, asset.length).toString('latin1')
  const structures: number[] = []
  for (const { index } of text.matchAll(NAMES)) if (structures.push(index) === 2000) break
  return { store, structures }
}

export function mutated(asset: Uint8Array, landmarks: Landmarks, list: readonly Mutation[]): Uint8Array {
  return list.reduce((bytes, mutation) => (bytes.length === 0 ? bytes : apply(bytes, landmarks, mutation)), asset)
}

function apply(asset: Uint8Array, landmarks: Landmarks, { kind, area, place, length, value }: Mutation): Uint8Array {
  const at = positionIn(asset.length, landmarks, area, place)
  const end = Math.min(asset.length, at + length + 1)
  if (kind === 'cut') return asset.slice(0, at)
  if (kind === 'take out') return concatBytes([asset.subarray(0, at), asset.subarray(end)])
  if (kind === 'put in')
    return concatBytes([asset.subarray(0, at), new Uint8Array(end - at).fill(value), asset.subarray(at)])
  if (kind === 'repeat') return concatBytes([asset.subarray(0, end), asset.subarray(at)])
  const changed = asset.slice()
  if (kind === 'flip a bit') changed[at] = (changed[at] as number) ^ (1 << (value & 7))
  else if (kind === 'set a byte') changed[at] = value
  else if (kind === 'zeros') changed.fill(0, at, end)
  else if (kind === 'move') changed.copyWithin(at, value % asset.length, (value % asset.length) + length + 1)
  else lie(changed, at, value, kind)
  return changed
}

function lie(bytes: Uint8Array, at: number, value: number, kind: Mutation['kind']): void {
  const wide = kind === 'lie in eight bytes'
  const start = Math.min(at, bytes.length - (wide ? 8 : 4))
  if (start < 0) return
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (wide) view.setBigUint64(start, (BigInt(value & 3) << 32n) | BigInt(value))
  else view.setUint32(start, value, kind === 'lie in four bytes, least first')
}

function positionIn(length: number, { store, structures }: Landmarks, area: Mutation['area'], place: number): number {
  const within = (from: number, to: number) => Math.min(from + (place % Math.max(1, to - from)), length - 1)
  if (area === 'store' && store) return within(...store)
  if (area === 'structure' && structures.length > 0) {
    const structure = structures[place % structures.length] as number
    // The length before a name, the name, or what follows it.
    return Math.min(Math.max(0, structure - 8 + (Math.floor(place / structures.length) % 40)), length - 1)
  }
  if (area === 'start') return within(0, Math.min(length, 256))
  if (area === 'end') return within(Math.max(0, length - 256), length)
  return within(0, length)
}
