/** Memory for files, used again: what is new for each file costs its pages, and has the collector look at everything. */
export type FileBuffers = {
  /** So many bytes, holding whatever a file before left in them. */
  take(size: number): Uint8Array<ArrayBuffer>
  /** Gives back what `take` gave, once nothing refers to it any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void
}

const MOST_BYTES = 128 * 1024 * 1024
const STEP = 256 * 1024

/** Keeps 128 MB at most. */
export function createFileBuffers(): FileBuffers {
  const free: ArrayBuffer[] = []
  let bytes = 0
  return {
    take(size) {
      // Not one that is far too large: the large ones are for large files.
      const index = free.findIndex(({ byteLength }) => byteLength >= size && byteLength <= 2 * size + STEP)
      const [found] = index === -1 ? [] : free.splice(index, 1)
      bytes -= found?.byteLength ?? 0
      return new Uint8Array(found ?? new ArrayBuffer(Math.ceil(size / STEP) * STEP), 0, size)
    },
    giveBack({ buffer }) {
      if (bytes + buffer.byteLength > MOST_BYTES) return
      bytes += buffer.byteLength
      free.push(buffer)
    },
  }
}
