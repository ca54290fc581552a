/** Files as the library reads them. */
import { open, readFile, stat } from 'node:fs/promises'
import type { Asset } from '@countersign/c2pa'

/** Gives a file to `use` piece by piece, of whatever size; what can be read but once, as a pipe, whole. */
export async function withAsset<T>(file: string, use: (asset: Asset) => Promise<T>): Promise<T> {
  if (!(await stat(file)).isFile()) return use(await readFile(file))
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    return await use({
      size,
      async read(start, end) {
        const bytes = new Uint8Array(end - start)
        let length = 0
        while (length < bytes.length) {
          const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length)
          // It has become shorter meanwhile; the library says so.
          if (bytesRead === 0) break
          length += bytesRead
        }
        return bytes.subarray(0, length)
      },
    })
  } finally {
    await handle.close()
  }
}
