/** Many files at once, and no more of them than memory holds. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { C2paError } from '@countersign/c2pa'
import { InputError, unreadable } from './failure.ts'
import type { FileToSign } from './sign-plan.ts'
import { standingAt } from './sign-standing.ts'

/** What signing gave. */
export type SignedFile = { readonly mediaType: string; readonly manifestLabel: string; readonly size: number }

/** Signs one file, and writes it whole or not at all. What says nothing about the file but ends all of it is a Stop. */
export type FileSigner = (file: FileToSign, signal: AbortSignal) => Promise<SignedFile>

/** What became of a file. */
export type FileResult = { readonly file: FileToSign } & (
  | { readonly status: 'signed'; readonly signed: SignedFile }
  | { readonly status: 'present' }
  | { readonly status: 'failed'; readonly why: string }
)

/** Nothing more is signed: it would go as wrong with the next file. */
export class Stop extends Error {
  constructor(cause: unknown) {
    super('signing was stopped', { cause })
  }
}

/** How it is done. */
export type BatchOptions = {
  readonly sign: FileSigner
  /** Files at once. */
  readonly jobs: number
  /** Whether the first that is signed goes alone: where each brings its PIN, a wrong one is tried once then. */
  readonly isFirstAlone: boolean
  /** Whether what stands there already is signed anew. */
  readonly force: boolean
  readonly signal: AbortSignal
  readonly onResult: (result: FileResult) => void
}

/** Bytes of all files at once; a file with more goes alone. */
const MOST_BYTES = 192 * 1024 * 1024

/** Signs them; rejects with what stopped it, after what was under way has ended. */
export async function signBatch(files: readonly FileToSign[], options: BatchOptions): Promise<void> {
  const { signal, jobs } = options
  const stopping = new AbortController()
  const all = AbortSignal.any([signal, stopping.signal])
  const made = new Set<string>()
  let next = 0
  let bytes = 0
  let running = 0
  let isProven = !options.isFirstAlone
  let reason: unknown
  await new Promise<void>((resolve) => {
    const fill = (): void => {
      for (let file = files[next]; file && !all.aborted; file = files[next]) {
        const isFull = running >= (isProven ? jobs : 1) || (running > 0 && bytes + file.size > MOST_BYTES)
        if (isFull) return
        next++
        running++
        bytes += file.size
        run(file)
      }
      if (running === 0) resolve()
    }
    const run = async (file: FileToSign): Promise<void> => {
      try {
        const result = await resultOf(file, options, made, all)
        isProven ||= result.status === 'signed'
        options.onResult(result)
      } catch (error) {
        if (!all.aborted) reason = error
        stopping.abort()
      }
      running--
      bytes -= file.size
      fill()
    }
    fill()
  })
  if (reason !== undefined) throw reason instanceof Stop ? reason.cause : reason
  signal.throwIfAborted()
}

async function resultOf(
  file: FileToSign,
  { sign, force }: BatchOptions,
  made: Set<string>,
  signal: AbortSignal,
): Promise<FileResult> {
  try {
    if (!force) {
      const standing = await standingAt(file)
      if (standing.kind === 'signed') return { file, status: 'present' }
      if (standing.kind === 'other')
        return { file, status: 'failed', why: `${file.out} is there already, and ${standing.why}: --force replaces it` }
    }
    const folder = dirname(file.out)
    if (!made.has(folder)) await mkdir(folder, { recursive: true })
    made.add(folder)
    return { file, status: 'signed', signed: await sign(file, signal) }
  } catch (error) {
    const why = reasonOf(file, error)
    if (why === undefined || signal.aborted) throw error
    return { file, status: 'failed', why }
  }
}

/** What is wrong with the file, or where it was to be written; undefined where it is neither. */
function reasonOf({ file }: FileToSign, error: unknown): string | undefined {
  if (error instanceof C2paError || error instanceof InputError) return error.message
  const { syscall, path, code } = error as NodeJS.ErrnoException
  if (syscall === undefined) return undefined
  // A disk that is full is so for all of them.
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS')
    throw new InputError(`${path} can't be written: ${code}`)
  return path === undefined || path === file
    ? unreadable(file, error as NodeJS.ErrnoException).message
    : `${path} can't be written: ${code}`
}
