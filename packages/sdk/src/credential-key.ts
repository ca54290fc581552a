/** A credential's key, which stays in the platform: hashes go there and signatures come back. Cloud Signature Consortium API, 1.0.4.0. */
import { decodeBase64, encodeBase64 } from '@countersign/codec'
import {
  Certificate,
  digest,
  hashAlgorithmIdentifier,
  hashAlgorithmOf,
  type PublicKey,
  type SignatureAlgorithm,
  type Signer,
  signatureAlgorithmIdentifier,
  TimeStampReq,
  timeStampResponse,
  verifySignature,
} from '@countersign/pki'
import type { Api } from './api.ts'
import { inBatches } from './batch.ts'
import { CountersignError } from './countersign-error.ts'

/** Which credential signs, and how often. */
export type CredentialOptions = {
  /** Its id or nickname. */
  readonly credentialId: string
  /** Of a user's own credential; the account's have none. */
  readonly pin?: string
  /** How many signatures the PIN is to be good for; 1 unless given. More than that ask for it again. */
  readonly signatures?: number
  /** By default the one that suits the key: PS256 for RSA. */
  readonly signatureAlgorithm?: SignatureAlgorithm
}

/** A credential in use. */
export type CredentialKey = {
  readonly signer: Signer
  /** DER, the signer's first, without the root. */
  readonly certificates: readonly Uint8Array[]
  /** Takes a TimeStampReq, gives a TimeStampResp. RFC 3161. */
  readonly timeStamp: (request: Uint8Array) => Promise<Uint8Array>
}

/** So many hashes go along at once: fewer than files are signed at once, so that there is work while they are away. */
const MOST_AT_ONCE = 64

type Transaction = { readonly sad: string; readonly remaining: number; readonly endsAt: number }

/** Asks for the credential's certificates; the PIN is needed with the first signature. `coming`: how many are about to ask for one. */
export async function openCredentialKey(
  csc: Api['csc'],
  options: CredentialOptions,
  now: () => Date,
  coming: () => number = () => 0,
): Promise<CredentialKey> {
  const { credentialId: credentialID, pin } = options
  const { certificates, most } = await credentialOf(csc, credentialID)
  const [leaf] = certificates
  if (!leaf) throw new CountersignError('invalid_answer', 'The platform gave no certificate of the credential.')
  const { publicKey } = answered('certificate', () => Certificate.decode(leaf))
  const algorithm = options.signatureAlgorithm ?? algorithmFor(publicKey)
  const hashAlgorithm = hashAlgorithmOf(algorithm)
  // Ed25519 hashes by itself, and is sent what is to be signed: that is the claim, and not the file. RFC 8032 §5.1.
  const isHashed = algorithm !== 'EdDSA'
  const hashAlgo = isHashed ? { hashAlgo: hashAlgorithmIdentifier(hashAlgorithm).algorithm } : {}

  let expected = options.signatures ?? 1
  let transaction: Transaction | undefined
  // A PIN that is refused is not tried again: five wrong ones lock it.
  let refusal: CountersignError | undefined

  async function authorize(hash: readonly string[]): Promise<Transaction> {
    if (refusal) throw refusal
    const numSignatures = Math.max(hash.length, Math.min(most, expected))
    try {
      const PIN = pin === undefined ? {} : { PIN: pin }
      const answer = await csc.authorize({ credentialID, numSignatures, hash, ...hashAlgo, ...PIN })
      return transactionOf(answer, numSignatures)
    } catch (error) {
      if (error instanceof CountersignError && error.status === 400) refusal = error
      throw error
    }
  }

  /** What signs these hashes: the transaction that the PIN began, as long as it lasts. */
  async function activation(hash: readonly string[]): Promise<Transaction> {
    if (!transaction || transaction.remaining < hash.length || transaction.endsAt <= now().getTime())
      return authorize(hash)
    try {
      const answer = await csc.extendTransaction({ credentialID, hash, ...hashAlgo, SAD: transaction.sad })
      return transactionOf(answer, transaction.remaining)
    } catch (error) {
      if (!(error instanceof CountersignError) || error.status !== 400) throw error
      return authorize(hash)
    }
  }

  function transactionOf(
    answer: { readonly SAD: string; readonly expiresIn?: number },
    remaining: number,
  ): Transaction {
    return answered('authorisation', () => {
      const { SAD: sad, expiresIn } = answer
      if (typeof sad !== 'string' || sad === '') throw new TypeError('SAD is no text')
      // An hour is what the API means when it says nothing. CSC §11.6.
      return { sad, remaining, endsAt: now().getTime() + (Number(expiresIn) || 3600) * 1000 }
    })
  }

  const signHashes = inBatches<Uint8Array, Uint8Array>(
    Math.min(most, MOST_AT_ONCE),
    async (hashes) => {
      const hash = hashes.map(encodeBase64)
      const active = await activation(hash)
      // Whatever comes of it, this SAD was given for these hashes.
      transaction = undefined
      const { algorithm: signAlgo, parameters } = signatureAlgorithmIdentifier(algorithm)
      const signAlgoParams = parameters ? { signAlgoParams: encodeBase64(parameters) } : {}
      const answer = await csc.signHash({
        credentialID,
        SAD: active.sad,
        hash,
        ...hashAlgo,
        signAlgo,
        ...signAlgoParams,
      })
      expected = Math.max(0, expected - hashes.length)
      transaction = { ...active, remaining: active.remaining - hashes.length }
      return answered('signature of each hash', () => {
        const signatures = answer.signatures.map(decodeBase64)
        if (signatures.length !== hashes.length) throw new TypeError(`there are ${signatures.length}`)
        return signatures
      })
    },
    // The first opens the key, which takes a fifth of a second: others are read meanwhile.
    () => (transaction ? coming() : 0),
  )

  return {
    signer: {
      algorithm,
      publicKey: publicKey.bytes,
      async sign(data) {
        const signature = await signHashes(isHashed ? digest(hashAlgorithm, data) : data)
        if (await verifySignature(algorithm, publicKey.bytes, data, signature)) return signature
        throw new CountersignError(
          'invalid_answer',
          "The platform's signature is not one by the credential's certificate.",
        )
      },
    },
    certificates,
    timeStamp: (request) => timeStampOf(csc, request),
  }
}

/** The chain of a credential without its root, which verifiers have, and how many signatures it makes at once. */
async function credentialOf(
  csc: Api['csc'],
  credentialID: string,
): Promise<{ readonly certificates: readonly Uint8Array[]; readonly most: number }> {
  const answer = await csc.getCredential({ credentialID, certificates: 'chain' })
  return answered('certificate', () => {
    const { cert, multisign } = answer
    const chain = (cert.certificates ?? []).map(decodeBase64)
    const certificates = chain.filter((bytes, index) => index === 0 || !isSelfIssued(Certificate.decode(bytes)))
    // One at a time where it does not say.
    return { certificates, most: Number.isSafeInteger(multisign) && multisign > 0 ? multisign : 1 }
  })
}

/** What an answer holds, which may be anything. */
function answered<Value>(what: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    throw new CountersignError('invalid_answer', `The platform's answer has no ${what} that can be read.`, { cause })
  }
}

function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return JSON.stringify(issuer) === JSON.stringify(subject)
}

function algorithmFor({ type, curve }: PublicKey): SignatureAlgorithm {
  if (type === 'RSA' || type === 'RSASSA-PSS') return 'PS256'
  if (type === 'Ed25519') return 'EdDSA'
  return curve === 'P-521' ? 'ES512' : curve === 'P-384' ? 'ES384' : 'ES256'
}

async function timeStampOf(csc: Api['csc'], request: Uint8Array): Promise<Uint8Array> {
  const { messageImprint, nonce } = TimeStampReq.decode(request)
  const answer = await csc.timestamp({
    hash: encodeBase64(messageImprint.hashedMessage),
    hashAlgo: messageImprint.hashAlgorithm.algorithm,
    ...(nonce !== undefined && { nonce: nonce.toString() }),
  })
  return answered('time stamp', () => timeStampResponse(decodeBase64(answer.timestamp)))
}
