/** The thread that hashes, signs and verifies files. Keys stay on the main thread: what is to be signed is sent there. */
import { parentPort } from 'node:worker_threads'
import { C2paError, readerReport, sign, verify } from '@countersign/c2pa'
import { digest } from '@countersign/pki'
import type { FromThread, SigningJob, ToThread } from './content-message.ts'

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
  signAndVerify(id, job).catch((error: Error) => {
    const code = error instanceof C2paError ? error.code : undefined
    post({ type: 'failed', id, error: { message: error.message, stack: error.stack, code } })
  })
})

function post(message: FromThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** Asks the main thread; it keeps the error of what failed there, so that only the fact comes back. */
async function ask(id: number, what: 'sign' | 'timeStamp', bytes: Uint8Array): Promise<Uint8Array> {
  const call = calls++
  const answer = await new Promise<Uint8Array | undefined>((resolve) => {
    answers.set(call, resolve)
    post({ type: 'call', id, call, what, bytes })
  })
  if (!answer) throw new Error(`${what} failed on the main thread`)
  return answer
}

async function signAndVerify(id: number, job: SigningJob): Promise<void> {
  const { image, hashAlgorithm, trustAnchors } = job
  const judge = { trust: trustAnchors, tsaTrust: trustAnchors, now: job.now }
  const signed = await sign(image, {
    signer: { ...job.signer, sign: (data) => ask(id, 'sign', data) },
    certificates: job.certificates,
    hashAlgorithm,
    title: job.title,
    claimGenerator: job.generator,
    ...(job.digitalSourceType === undefined ? {} : { digitalSourceType: job.digitalSourceType }),
    ...(job.thumbnail ? { thumbnail: job.thumbnail } : {}),
    assertions: job.assertions,
    ...(job.isTimeStamped ? { timeStamp: (request: Uint8Array) => ask(id, 'timeStamp', request) } : {}),
    ocspResponses: job.ocspResponses,
    verifyParent: (asset) => verify(asset, judge),
    now: () => job.now,
  })
  const isInputHashed = !signed.hadManifest && hashAlgorithm === 'sha256'
  post({
    type: 'signed',
    id,
    summary: {
      format: signed.format,
      manifestLabel: signed.manifestLabel,
      inputHash: isInputHashed ? signed.contentHash : digest('sha256', image),
      outputHash: digest('sha256', signed.asset),
      size: signed.asset.length,
    },
  })
  // The record is being written while the file is read back: what is answered is what a verifier found.
  const report = await verify(signed.asset, { ...judge, now: new Date(Math.max(Date.now(), job.now.getTime())) })
  const contents = job.encoding === 'base64' ? base64(signed.asset) : whole(signed.asset)
  post({ type: 'done', id, contents, state: report.state, report: JSON.stringify(readerReport(report), null, 1) }, [
    contents.buffer,
  ])
}

/** The characters of base64, as bytes: so they are ready to send, and cross to the main thread without a copy. */
function base64(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const ascii = new Uint8Array(text.length)
  Buffer.from(ascii.buffer).write(text, 'latin1')
  return ascii
}

/** The bytes in a buffer of their own, which can be handed over. */
function whole(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const owns = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
  return owns ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}
