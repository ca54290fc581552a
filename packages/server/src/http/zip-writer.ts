/** ZIP files as they are written, APPNOTE 6.3.10: any number of entries, which fflate does not count beyond 65 535. */
import { crc32 } from 'node:zlib'

/** A file in it. */
type Entry = {
  readonly name: Buffer
  readonly method: 0 | 8
  readonly crc: number
  readonly stored: number
  readonly size: number
  /** Where it begins. */
  readonly offset: number
}

export type ZipWriter = {
  /** A file as it is. */
  file(name: string, bytes: Uint8Array): readonly Uint8Array[]
  /** A file of which there are the deflated bytes, the sum (CRC-32) and the size. */
  deflated(name: string, bytes: Uint8Array, of: { readonly crc: number; readonly size: number }): readonly Uint8Array[]
  /** What stands behind all files. */
  end(): Generator<Uint8Array>
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50
/** 2.0 for what is deflated, 4.5 for ZIP64. */
const NEEDED = 20
const NEEDED_64 = 45
/** By Unix, so that a mode goes along: for its owner alone. */
const MADE_BY = (3 << 8) | NEEDED_64
const MODE = 0o100600
const MOST_ENTRIES = 0xffff
const MOST_BYTES = 0xffffffff
/** Entries of the directory that are written at a time. */
const PIECE = 1_000

/** Writes files into one, the one after the other. Names are ASCII, and the caller's to keep apart. */
export function createZipWriter(at: Date): ZipWriter {
  const entries: Entry[] = []
  const stamp = dosTime(at)
  let offset = 0

  function add(name: string, bytes: Uint8Array, how: Pick<Entry, 'method' | 'crc' | 'size'>): readonly Uint8Array[] {
    const entry: Entry = { ...how, name: Buffer.from(name, 'ascii'), stored: bytes.length, offset }
    entries.push(entry)
    const header = Buffer.alloc(30)
    header.writeUInt32LE(LOCAL, 0)
    writeCommon(header, 4, entry)
    offset += header.length + entry.name.length + bytes.length
    if (offset > MOST_BYTES) throw new RangeError('the ZIP file is larger than 4 GiB')
    return [header, entry.name, bytes]
  }

  /** What the header of a file and its entry in the directory have in common. */
  function writeCommon(header: Buffer, begin: number, { name, method, crc, stored, size }: Entry): void {
    header.writeUInt16LE(NEEDED, begin)
    header.writeUInt16LE(method, begin + 4)
    header.writeUInt32LE(stamp, begin + 6)
    header.writeUInt32LE(crc, begin + 10)
    header.writeUInt32LE(stored, begin + 14)
    header.writeUInt32LE(size, begin + 18)
    header.writeUInt16LE(name.length, begin + 22)
  }

  function inDirectory(entry: Entry): Buffer {
    const header = Buffer.alloc(46)
    header.writeUInt32LE(CENTRAL, 0)
    header.writeUInt16LE(MADE_BY, 4)
    writeCommon(header, 6, entry)
    header.writeUInt32LE(MODE * 0x10000, 38)
    header.writeUInt32LE(entry.offset, 42)
    return Buffer.concat([header, entry.name])
  }

  return {
    file: (name, bytes) => add(name, bytes, { method: 0, crc: crc32(bytes), size: bytes.length }),
    deflated: (name, bytes, of) => add(name, bytes, { method: 8, ...of }),
    *end() {
      let length = 0
      for (let first = 0; first < entries.length; first += PIECE) {
        const piece = Buffer.concat(entries.slice(first, first + PIECE).map(inDirectory))
        length += piece.length
        yield piece
      }
      const isMany = entries.length >= MOST_ENTRIES || offset + length >= MOST_BYTES
      if (isMany) yield endOf64(entries.length, length, offset)
      const end = Buffer.alloc(22)
      end.writeUInt32LE(END, 0)
      const count = isMany ? MOST_ENTRIES : entries.length
      end.writeUInt16LE(count, 8)
      end.writeUInt16LE(count, 10)
      end.writeUInt32LE(isMany ? MOST_BYTES : length, 12)
      end.writeUInt32LE(isMany ? MOST_BYTES : offset, 16)
      yield end
    },
  }
}

/** §4.3.14 and §4.3.15. */
function endOf64(count: number, length: number, offset: number): Buffer {
  const end = Buffer.alloc(56 + 20)
  end.writeUInt32LE(END_64, 0)
  end.writeBigUInt64LE(44n, 4)
  end.writeUInt16LE(MADE_BY, 12)
  end.writeUInt16LE(NEEDED_64, 14)
  end.writeBigUInt64LE(BigInt(count), 24)
  end.writeBigUInt64LE(BigInt(count), 32)
  end.writeBigUInt64LE(BigInt(length), 40)
  end.writeBigUInt64LE(BigInt(offset), 48)
  end.writeUInt32LE(LOCATOR_64, 56)
  end.writeBigUInt64LE(BigInt(offset + length), 64)
  end.writeUInt32LE(1, 72)
  return end
}

/** Two 16-bit numbers, the time first; of UTC, since nobody says of which zone it is. */
function dosTime(at: Date): number {
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1)
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate()
  return date * 0x10000 + time
}
