/** Signing one file and reading it back; on whichever thread. */

import { bytesOf, readerReport, type SignOptions, signInParts, verify } from '@countersign/c2pa'
import { concatBytes } from '@countersign/codec'
import type { SignatureAlgorithm, Signer } from '@countersign/pki'
import { createHash } from '@countersign/pki'
import type { ContentToSign, SignedSummary, Verdict } from '../domain/content-engine.ts'
import { knownTrust } from './known-trust.ts'

/** Everything of a signing but its functions, which stay where the keys are. */
export type SigningJob = Omit<ContentToSign, 'signer' | 'timeStamp' | 'onSigned'> & {
  readonly signer: { readonly algorithm: SignatureAlgorithm; readonly publicKey: Uint8Array }
  readonly isTimeStamped: boolean
}

/**
 * The functions: of the key, the same object for each file that it signs; of the time-stamp authority, and who is told that there is a
 * signature. `verifyParent` takes the place of the verifier for the manifest that a file brings along.
 */
export type SigningCalls = {
  readonly signer: Signer
  readonly verifyParent?: NonNullable<SignOptions['verifyParent']>
  timeStamp(request: Uint8Array): Promise<Uint8Array>
  signed(summary: SignedSummary): void
}

/** What comes out: the pieces of the file in the encoding that was asked for, and what the verifier says where it was asked. */
export type SigningOutcome = {
  readonly contents: readonly Uint8Array<ArrayBuffer>[]
  readonly verdict: Verdict | undefined
}

/**
 * Signs, tells so, and verifies what came out where a report is wanted; and always what carries a manifest from
 * outside, which is all of a signed file that we did not make ourselves.
 */
export async function signAndVerify(job: SigningJob, calls: SigningCalls): Promise<SigningOutcome> {
  const { image, hashAlgorithm } = job
  const { signers, timeStamps } = knownTrust(job.trust)
  const judge = { trust: signers, tsaTrust: timeStamps, now: job.now }
  const signed = await signInParts(image, {
    signer: calls.signer,
    certificates: job.certificates,
    hashAlgorithm,
    assetHash: job.imageHash,
    title: job.title,
    parentTitle: job.parentTitle,
    claimGenerator: job.generator,
    ...(job.digitalSourceType === undefined ? {} : { digitalSourceType: job.digitalSourceType }),
    ...(job.thumbnail ? { thumbnail: job.thumbnail } : {}),
    assertions: job.assertions,
    ...(job.isTimeStamped ? { timeStamp: calls.timeStamp } : {}),
    ocspResponses: job.ocspResponses,
    verifyParent: calls.verifyParent ?? ((asset) => verify(asset, judge)),
    now: () => job.now,
  })
  const pieces = signed.parts.map((part) => bytesOf(image, part) as Uint8Array<ArrayBuffer>)
  calls.signed({
    format: signed.format,
    manifestLabel: signed.manifestLabel,
    inputHash: job.imageHash,
    outputHash: hashOf(pieces),
    size: lengthOf(pieces),
  })
  // A time stamp may be a moment younger than the beginning of the job.
  const isVerified = job.isReported || signed.hadManifest
  if (!isVerified && job.encoding === 'bytes') return { contents: pieces, verdict: undefined }
  const file = concatBytes(pieces)
  // A megabyte given back at once is one that the collector need not look for. What was verified may be remembered.
  if (!signed.hadManifest) image.buffer.transfer(0)
  const report =
    isVerified && (await verify(file, { ...judge, now: new Date(Math.max(Date.now(), job.now.getTime())) }))
  return {
    contents: [job.encoding === 'base64' ? base64(file) : file],
    verdict: report ? { state: report.state, report: JSON.stringify(readerReport(report), null, 1) } : undefined,
  }
}

function hashOf(pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest()
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((total, { length }) => total + length, 0)
}

/** A multiple of three, which is what four characters hold. */
const BASE64_PIECE = 48 * 1024

/** The characters of base64, as bytes: so they are ready to send, and cross threads without a copy. */
function base64(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ascii = Buffer.from(new ArrayBuffer(4 * Math.ceil(bytes.length / 3)))
  let length = 0
  // Piece by piece: as a whole it would be a string as long as the file, for the collector of garbage to find.
  for (let at = 0; at < from.length; at += BASE64_PIECE) {
    length += ascii.write(from.toString('base64', at, at + BASE64_PIECE), length, 'latin1')
  }
  return ascii
}
