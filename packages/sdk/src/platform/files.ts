/** Files of this machine. */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { OpenedAsset } from '../sign-image.ts'
import type { NamedFile } from '../source.ts'

/** A file of this machine. */
export async function fileAt(path: string): Promise<NamedFile> {
  const { size } = await stat(path)
  return { name: basename(path), content: { size, stream: () => createReadStream(path) } }
}

/** So much is read at once: that is faster than piece by piece. */
export const READ_WHOLE: number = 64 * 1024 * 1024

/** A file of this machine, to be read here and there. */
export async function openAsset(path: string): Promise<OpenedAsset> {
  const handle = await open(path)
  const name = basename(path)
  const { size } = await handle.stat()
  const readAt = (start: number, end: number): Promise<Uint8Array> => read(handle, new Uint8Array(end - start), start)
  const close = (): Promise<void> => handle.close()
  if (size > READ_WHOLE) return { asset: { size, read: readAt }, name, write: writeFile, close }
  // In one read: readFile takes half a megabyte at a time.
  return { asset: await readAt(0, size).finally(close), name, write: writeFile, close: async () => {} }
}

async function read(handle: FileHandle, bytes: Uint8Array, start: number): Promise<Uint8Array> {
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length)
    // It has become shorter meanwhile; the library says so.
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}

/** Writes a file beside where it goes, and puts it there when it is whole. */
export async function writeFile(path: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const part = `${path}.${randomUUID()}.part`
  const handle = await open(part, 'wx')
  try {
    try {
      if (Array.isArray(pieces)) await writeAll(handle, pieces)
      else for await (const piece of pieces) await handle.writeFile(piece)
    } finally {
      await handle.close()
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/** In one go, as far as the system takes it. */
async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let { bytesWritten } = await handle.writev(pieces as Uint8Array[])
  for (const piece of pieces) {
    if (bytesWritten < piece.length) await handle.writeFile(piece.subarray(bytesWritten))
    bytesWritten = Math.max(0, bytesWritten - piece.length)
  }
}
