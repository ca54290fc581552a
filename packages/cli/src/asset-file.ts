/** Files as the library reads them. */
import { open, readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Asset } from '@countersign/c2pa'
import { progress } from './progress.ts'

/** More than any manifest store has. */
const LONGEST_SIDECAR = 128 * 1024 * 1024

/** The manifest store that stands beside a file, under its name with `.c2pa` for an extension; undefined where there is none. C2PA 2.2 §15.5.3.1. */
export async function sidecarOf(file: string): Promise<{ name: string; bytes: Uint8Array } | undefined> {
  const extension = extname(file)
  if (extension.toLowerCase() === '.c2pa') return undefined
  const name = `${extension ? file.slice(0, -extension.length) : file}.c2pa`
  const status = await stat(name).catch(() => undefined)
  return status?.isFile() && status.size <= LONGEST_SIDECAR ? { name, bytes: await readFile(name) } : undefined
}

/** Gives a file to `use` piece by piece, of whatever size, and tells how far it is; what can be read but once, as a pipe, whole. */
export async function withAsset<T>(file: string, use: (asset: Asset) => Promise<T>): Promise<T> {
  const { size } = await stat(file)
  const reading = progress(file, size)
  try {
    return await withFile(file, use, (length) => reading.advance(length))
  } finally {
    reading.end()
  }
}

/** Gives a file to `use` piece by piece; what can be read but once, whole. */
export async function withFile<T>(
  file: string,
  use: (asset: Asset) => Promise<T>,
  onRead: (length: number) => void = () => {},
): Promise<T> {
  if (!(await stat(file)).isFile()) return use(await readFile(file))
  const handle = await open(file)
  const { size } = await handle.stat()
  try {
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
        onRead(length)
        return bytes.subarray(0, length)
      },
    })
  } finally {
    await handle.close()
  }
}
