/** The thread that hashes, signs and verifies files. Keys stay on the main thread: what is to be signed is sent there. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { parentPort } from 'node:worker_threads'
import { C2paError } from '@countersign/c2pa'
import { encodeHex } from '@countersign/codec'
import type { Signer } from '@countersign/pki'
import type { FromThread, ToThread } from './content-message.ts'
import { type SigningJob, signAndVerify } from './content-signing.ts'

if (!parentPort) throw new Error('this file runs in a worker thread')
const port = parentPort

const answers = new Map<number, (bytes: Uint8Array | undefined) => void>()
let calls = 0

port.on('message', (message: ToThread) => {
  if (message.type === 'answer') {
    answers.get(message.call)?.(message.bytes)
    answers.delete(message.call)
    return
  }
  const { id, job } = message
  work(id, job).catch((error: Error) => {
    const code = error instanceof C2paError ? error.code : undefined
    post({ type: 'failed', id, error: { message: error.message, stack: error.stack, code } })
  })
})

function post(message: FromThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

async function work(id: number, job: SigningJob): Promise<void> {
  const outcome = await jobId.run(id, signAndVerify, job, {
    signer: signerOf(job.signer),
    timeStamp: (request) => ask(id, 'timeStamp', request),
    // The record is written on the main thread while the file is read back here.
    signed: (summary) => post({ type: 'signed', id, summary }),
  })
  post({ type: 'done', id, ...outcome }, [...new Set(outcome.contents.map(({ buffer }) => buffer))])
}

/** The job that something is done for. */
const jobId = new AsyncLocalStorage<number>()

const signers = new Map<string, Signer>()
const MOST_SIGNERS = 100

/** One object for each key, for what is prepared once for all that it signs. */
function signerOf({ algorithm, publicKey }: SigningJob['signer']): Signer {
  const name = `${algorithm} ${encodeHex(publicKey)}`
  const known = signers.get(name)
  if (known) return known
  const signer: Signer = { algorithm, publicKey, sign: (data) => ask(jobId.getStore() as number, 'sign', data) }
  signers.set(name, signer)
  if (signers.size > MOST_SIGNERS) signers.delete(signers.keys().next().value as string)
  return signer
}

/** Asks the main thread; it keeps the error of what failed there, so that only the fact comes back. */
async function ask(id: number, what: 'sign' | 'timeStamp', bytes: Uint8Array): Promise<Uint8Array> {
  const call = calls++
  const answer = await new Promise<Uint8Array | undefined>((resolve) => {
    answers.set(call, resolve)
    // A view of its own buffer: else all of the buffer would cross.
    post({ type: 'call', id, call, what, bytes: bytes.slice() })
  })
  if (!answer) throw new Error(`${what} failed on the main thread`)
  return answer
}
