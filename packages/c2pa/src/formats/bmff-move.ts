/** Moving what is in an ISO base media file: offsets in it have to follow. C2PA 2.2 §18.6.2. */
import { C2paError } from '../c2pa-error.ts'
import type { ByteRange } from './asset-format.ts'

/** Where what stood at an offset stands now. */
export type Move = (offset: number) => number

/** A run of the file that holds offsets. */
export type OffsetTable = ByteRange & {
  /** The same run, for a file in which things have moved. Throws C2paError `too_large` for offsets that don't fit any more. */
  moved(move: Move): Uint8Array
}

/** Writes where the offset at that place leads now. */
export function moveOffset(table: Uint8Array, at: number, size: 4 | 8, move: Move): void {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  const offset = size === 4 ? view.getUint32(at) : Number(view.getBigUint64(at))
  const moved = move(offset)
  if (moved === offset) return
  if (size === 8) view.setBigUint64(at, BigInt(moved))
  else if (moved <= 0xffffffff) view.setUint32(at, moved)
  else
    throw new C2paError(
      'too_large',
      `The file keeps its offsets in 32 bits, and ${moved} needs more: it has to be written with 64-bit offsets first.`,
    )
}
