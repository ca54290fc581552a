/** The thread that hashes, signs and verifies files. Keys stay on the main thread: what is to be signed is sent there. */
import { parentPort } from 'node:worker_threads'
import { C2paError } from '@countersign/c2pa'
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
  const outcome = await signAndVerify(job, {
    sign: (data) => ask(id, 'sign', data),
    timeStamp: (request) => ask(id, 'timeStamp', request),
    // The record is written on the main thread while the file is read back here.
    signed: (summary) => post({ type: 'signed', id, summary }),
  })
  post({ type: 'done', id, ...outcome }, [outcome.contents.buffer])
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
