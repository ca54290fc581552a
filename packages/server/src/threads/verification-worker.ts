/** The thread that verifies one file at a time. It has no key and no connection, and is ended when a file takes too long. */
import { parentPort } from 'node:worker_threads'
import { crJson, readerReport, verify } from '@countersign/c2pa'
import type { ContentToVerify, VerifiedContent } from '../domain/verification-engine.ts'
import { knownTrust } from './known-trust.ts'

/** What the thread is told of a file. */
export type VerificationTask = Omit<ContentToVerify, 'onSpent'>

if (!parentPort) throw new Error('this file runs in a worker thread')
const port = parentPort

port.on('message', async (content: VerificationTask) => {
  const { bytes, now, style } = content
  const trust = knownTrust(content.trust)
  const report = await verify(bytes, { trust: trust.signers, tsaTrust: trust.timeStamps, now })
  // Memory given back at once is memory that the collector need not look for.
  bytes.buffer.transfer(0)
  const text = new TextEncoder().encode(JSON.stringify(style === 'crjson' ? crJson(report) : readerReport(report)))
  const verified: VerifiedContent = { state: report.state, format: report.format, report: text }
  port.postMessage(verified, [text.buffer])
})
port.postMessage('ready')
