/** The physical limit of signing a folder, on as many threads as there are processors: read each file, hash it, make one signature, write one copy. OpenSSL through Node. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

/** Files and where their copies go. */
export type Copies = readonly { readonly file: string; readonly out: string }[]

/** Threads that wait for work. */
export type FolderLimit = {
  run(copies: Copies): Promise<void>
  end(): void
}

/** About what a claim and its protected headers come to. */
const TO_BE_SIGNED = Buffer.alloc(2048, 7)
const PIECE = 256 * 1024

/** Starts the threads; the first run has them ready. */
export function folderLimit(): FolderLimit {
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(fileURLToPath(import.meta.url)))
  const share = (worker: Worker, copies: Copies): Promise<void> =>
    new Promise((resolve, reject) => {
      worker.once('error', reject)
      worker.once('message', () => resolve())
      worker.postMessage(copies)
    })
  return {
    run: async (copies) => {
      const all = workers.map((worker, turn) =>
        share(
          worker,
          copies.filter((_, index) => index % workers.length === turn),
        ),
      )
      await Promise.all(all)
    },
    end: () => {
      for (const worker of workers) void worker.terminate()
    },
  }
}

function work(copies: Copies): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const memory = Buffer.alloc(4_000_000)
  for (const { file, out } of copies) {
    const source = openSync(file, 'r')
    const bytes = memory.subarray(0, fstatSync(source).size)
    const hash = createHash('sha256')
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE)
      readSync(source, piece)
      hash.update(piece)
    }
    closeSync(source)
    hash.digest()
    sign('sha256', TO_BE_SIGNED, privateKey)
    const target = openSync(out, 'wx')
    writeSync(target, bytes)
    closeSync(target)
  }
}

if (!isMainThread) {
  parentPort?.on('message', (copies: Copies) => {
    work(copies)
    parentPort?.postMessage('done')
  })
}
