/** The manifest store in C2PA's `uuid` boxes. C2PA 2.2 A.5.3. */
import { concatBytes } from '@countersign/codec'
import { decodeBoxes, decodeFirstBox, encodeBox } from '../jumbf/box.ts'
import type { Source, Walk } from './asset.ts'
import { checkStoreLength } from './asset-format.ts'
import { bytesAt, c2paUuid, malformedBmff, type ProvenanceBox, uint32, uint64 } from './bmff-box.ts'

/** Where the first box for a Merkle tree is, before the store. */
const MERKLE_OFFSET = 8

/** The store without the padding that may follow it. */
export function* storeIn(source: Source, { box, data }: ProvenanceBox): Walk<Uint8Array> {
  const length = box.end - data - MERKLE_OFFSET
  if (length < 8) throw malformedBmff('its C2PA box has no room for a manifest store')
  checkStoreLength(length)
  const bytes = yield* bytesAt(source, data + MERKLE_OFFSET, length)
  const stated = uint32(bytes, 0)
  const whole = stated === 0 ? length : stated === 1 && length >= 16 ? uint64(bytes, 8) : stated
  return bytes.subarray(0, Math.min(whole, length))
}

/** One store of the manifests of both: those of the second are the later ones. */
export function joinedStores(store: Uint8Array, updates: Uint8Array): Uint8Array {
  const original = decodeFirstBox(store)
  const [, ...manifests] = decodeBoxes(decodeFirstBox(updates).payload)
  return encodeBox('jumb', original.payload, ...manifests.map(({ bytes }) => bytes))
}

/** Version and flags, then the purpose with the zero that ends it. */
const PREFIX = concatBytes([c2paUuid(), new Uint8Array(4), new TextEncoder().encode('manifest\0')])
const OVERHEAD = 8 + PREFIX.length + MERKLE_OFFSET

/** How long the box of a store of that length is. */
export function storeBoxLength(storeLength: number): number {
  return OVERHEAD + storeLength
}

/** Writes the box. `merkle`: where the first box for a Merkle tree is, or zero. */
export function writeStoreBox(target: Uint8Array, position: number, store: Uint8Array, merkle: number): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  view.setUint32(position, OVERHEAD + store.length)
  target.set([0x75, 0x75, 0x69, 0x64], position + 4)
  target.set(PREFIX, position + 8)
  view.setBigUint64(position + 8 + PREFIX.length, BigInt(merkle))
  target.set(store, position + OVERHEAD)
}
