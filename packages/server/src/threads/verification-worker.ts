/** The thread that verifies one file at a time. It has no key and no connection, and is ended when a file takes too long. */
import { parentPort } from 'node:worker_threads'
import { crJson, type FetchedData, type Fetchers, readerReport, verify } from '@countersign/c2pa'
import type { VerifiedContent } from '../domain/verification-engine.ts'
import { knownTrust } from './known-trust.ts'
import type { FetchCall, FromVerification, ToVerification, VerificationTask } from './verification-message.ts'

if (!parentPort) throw new Error('this file runs in a worker thread')
const port = parentPort

const answers = new Map<number, (data: FetchedData | undefined) => void>()
let calls = 0

port.on('message', async (message: ToVerification) => {
  if (message.type === 'verify') {
    await work(message.task)
    return
  }
  answers.get(message.call)?.(message.data)
  answers.delete(message.call)
})

async function work({ bytes, now, style, trust: lists, fetched }: VerificationTask): Promise<void> {
  const trust = knownTrust(lists)
  const fetchers = fetchersFor(fetched)
  const report = await verify(bytes, { trust: trust.signers, tsaTrust: trust.timeStamps, fetchers, now })
  // Memory given back at once is memory that the collector need not look for.
  bytes.buffer.transfer(0)
  const text = new TextEncoder().encode(JSON.stringify(style === 'crjson' ? crJson(report) : readerReport(report)))
  const verified: VerifiedContent = { state: report.state, format: report.format, report: text }
  post({ type: 'done', verified }, [text.buffer])
}

function post(message: FromVerification, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** Only what is there on the main thread: what is missing is to be missing here too. */
function fetchersFor(fetched: VerificationTask['fetched']): Fetchers {
  const all: Required<Fetchers> = {
    manifestStore: async (url) => (await ask({ what: 'manifestStore', url })).bytes,
    ocsp: async (url, request) => (await ask({ what: 'ocsp', url, request })).bytes,
    cloudData: (url, size) => ask({ what: 'cloudData', url, size }),
  }
  return Object.fromEntries(fetched.map((what) => [what, all[what]]))
}

async function ask(fetch: FetchCall): Promise<FetchedData> {
  const call = calls++
  const data = await new Promise<FetchedData | undefined>((resolve) => {
    answers.set(call, resolve)
    post({ type: 'fetch', call, fetch })
  })
  if (data) return data
  throw new Error('it could not be fetched')
}

post({ type: 'ready' })
