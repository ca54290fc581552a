/** The other side of file-thread.ts: one file after the other, by calls that wait, since nothing else is done here. */
import { createHash, randomUUID } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writevSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { createFileMemory } from '../file-memory.ts'

/** What is to be done, and what was read before and is done with. */
export type FileRequest = (
  | { readonly kind: 'read'; readonly path: string; readonly mostBytes: number }
  | { readonly kind: 'write'; readonly path: string; readonly pieces: readonly Uint8Array[] }
) & {
  /** Where in the shared memory. */
  readonly givenBack: readonly number[]
}

/** To each request one, in their order. */
export type FileAnswer =
  | { readonly kind: 'read'; readonly bytes: Uint8Array; readonly hash: Uint8Array }
  | { readonly kind: 'too large' }
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly message: string; readonly facts: object }

/** Files that are read beyond that, since others are not written yet, have memory of their own. */
const memory = createFileMemory(128 * 1024 * 1024)

/** What was just read is hashed before it has left the processor's own memory. */
const PIECE = 256 * 1024

function read(path: string, mostBytes: number): FileAnswer {
  const handle = openSync(path, 'r')
  try {
    const { size } = fstatSync(handle)
    if (size > mostBytes) return { kind: 'too large' }
    const shared = memory.take(size)
    try {
      return { kind: 'read', ...readInto(shared ?? new Uint8Array(size), handle) }
    } catch (error) {
      if (shared) memory.giveBack(shared.byteOffset)
      throw error
    }
  } finally {
    closeSync(handle)
  }
}

function readInto(bytes: Uint8Array, handle: number): { readonly bytes: Uint8Array; readonly hash: Uint8Array } {
  const hash = createHash('sha256')
  let length = 0
  while (length < bytes.length) {
    const count = readSync(handle, bytes, length, Math.min(PIECE, bytes.length - length), length)
    // It has become shorter meanwhile; the library says so.
    if (count === 0) break
    hash.update(bytes.subarray(length, length + count))
    length += count
  }
  return { bytes: bytes.subarray(0, length), hash: hash.digest() }
}

/** Beside where it goes, and there when it is whole. */
function write(path: string, pieces: readonly Uint8Array[]): FileAnswer {
  const part = `${path}.${randomUUID()}.part`
  const handle = openSync(part, 'wx')
  try {
    try {
      let left = pieces
      while (left.length > 0) left = withoutFirst(left, writevSync(handle, left as Uint8Array[]))
    } finally {
      closeSync(handle)
    }
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
  return { kind: 'written' }
}

/** The system may take less than all of it. */
function withoutFirst(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let gone = count
  return pieces.flatMap((piece) => {
    const left = piece.subarray(gone)
    gone -= piece.length - left.length
    return left.length > 0 ? [left] : []
  })
}

function answerTo(request: FileRequest): FileAnswer {
  for (const start of request.givenBack) memory.giveBack(start)
  try {
    return request.kind === 'read' ? read(request.path, request.mostBytes) : write(request.path, request.pieces)
  } catch (error) {
    const { message, code, errno, syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string }
    return { kind: 'failed', message, facts: { code, errno, syscall, path, ...(dest !== undefined && { dest }) } }
  }
}

parentPort?.on('message', (request: FileRequest) => {
  const answer = answerTo(request)
  const isOwn = answer.kind === 'read' && answer.bytes.buffer instanceof ArrayBuffer
  parentPort?.postMessage(answer, isOwn ? [answer.bytes.buffer as ArrayBuffer] : [])
})
