/** Where the items of an image file are. ISO/IEC 14496-12 §8.11.3. */
import { C2paError } from '../c2pa-error.ts'
import { malformedBmff } from './bmff-box.ts'
import type { Move } from './bmff-move.ts'

/** In the file; the others are in the `idat` box or inside of items, and stay where they are. */
const IN_FILE = 0

/** Where one item is. */
export type ItemPlace = {
  readonly id: number
  /** Whether the offsets are those in a file, and of which: zero is this one, others are data references. */
  readonly isInFile: boolean
  readonly reference: number
  readonly base: Field
  readonly extents: readonly { readonly offset: Field; readonly length: number }[]
}

/** Rewrites the content of an `iloc` box. `isOwn` tells of a data reference, numbered from one, whether it is this file. */
export function movedItems(table: Uint8Array, isOwn: (reference: number) => boolean, move: Move): void {
  const fields = new Fields(table)
  for (const { isInFile, reference, base, extents } of places(fields)) {
    const offsets = extents.map(({ offset }) => offset)
    if (isInFile && (reference === 0 || isOwn(reference))) moveItem(fields, base, offsets, move)
  }
}

/** The places in the content of an `iloc` box. */
export function itemPlaces(table: Uint8Array): Generator<ItemPlace> {
  return places(new Fields(table))
}

function* places(fields: Fields): Generator<ItemPlace> {
  const version = fields.take(1)
  fields.take(3)
  if (version > 2) throw malformedBmff(`version ${version} of the iloc box is not known here`)
  const sizes = fields.take(2)
  const size = {
    offset: sizes >> 12,
    length: (sizes >> 8) & 15,
    base: (sizes >> 4) & 15,
    index: version > 0 ? sizes & 15 : 0,
  }
  if (Object.values(size).some((bytes) => bytes !== 0 && bytes !== 4 && bytes !== 8))
    throw malformedBmff('the iloc box has numbers of other lengths than 0, 4 and 8')
  const extentLength = size.index + size.offset + size.length
  const idLength = version === 2 ? 4 : 2
  for (let items = fields.take(idLength); items > 0; items--) {
    const id = fields.take(idLength)
    const method = version > 0 ? fields.take(2) & 15 : IN_FILE
    const reference = fields.take(2)
    const base = fields.number(size.base)
    const extents: { offset: Field; length: number }[] = []
    const count = fields.take(2)
    if (extentLength === 0 && count > 1)
      throw malformedBmff('an item in its iloc box has several places and room for none')
    for (let left = count; left > 0; left--) {
      fields.take(size.index)
      extents.push({ offset: fields.number(size.offset), length: fields.take(size.length) })
    }
    yield { id, isInFile: method === IN_FILE, reference, base, extents }
  }
}

/** By its base if all of it moves alike, else by its extents. */
function moveItem(fields: Fields, base: Field, extents: readonly Field[], move: Move): void {
  const distances = extents.map(({ value }) => move(base.value + value) - (base.value + value))
  const [distance = 0, ...others] = distances
  if (distance === 0 && others.every((other) => other === 0)) return
  const isAlike = others.every((other) => other === distance)
  const byBase: Change[] = isAlike ? [[base, base.value + distance]] : []
  const byExtents = extents.map((extent, index): Change => [extent, extent.value + (distances[index] as number)])
  for (const changes of base.value > 0 ? [byBase, byExtents] : [byExtents, byBase])
    if (changes.length > 0 && changes.every(fits)) {
      for (const [field, value] of changes) fields.put(field, value)
      return
    }
  throw new C2paError('too_large', 'The file keeps where its items are in numbers too short for where they would be.')
}

/** A number in the table. */
export type Field = { readonly at: number; readonly size: number; readonly value: number }
type Change = readonly [field: Field, value: number]

function fits([{ size }, value]: Change): boolean {
  return value >= 0 && value < 0x100 ** size && value <= Number.MAX_SAFE_INTEGER
}

class Fields {
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  take(size: number): number {
    return this.number(size).value
  }

  number(size: number): Field {
    const at = this.#position
    if (at + size > this.#view.byteLength) throw malformedBmff('its iloc box ends in the middle of an item')
    this.#position += size
    let value = 0
    for (let index = 0; index < size; index++) value = value * 0x100 + this.#view.getUint8(at + index)
    return { at, size, value }
  }

  put({ at, size }: Field, value: number): void {
    if (size === 4) this.#view.setUint32(at, value)
    else if (size === 8) this.#view.setBigUint64(at, BigInt(value))
  }
}
