/** What is asked of a time-stamping authority. RFC 3161 §2.4.1. */
import { type Der, DerError, der } from '@countersign/codec'
import { AlgorithmIdentifier, hashAlgorithmFrom, hashLength, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type Extension, Extensions } from '../x509/extension.ts'
import type { Failure } from './response.ts'

/**
 *     MessageImprint ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }
 *
 * RFC 3161 §2.4.1.
 */
export type MessageImprint = {
  readonly hashAlgorithm: AlgorithmIdentifier
  readonly hashedMessage: Uint8Array
}
export const MessageImprint: Der<MessageImprint> = der.sequence<MessageImprint>({
  hashAlgorithm: AlgorithmIdentifier,
  hashedMessage: der.octetString,
})

/**
 *     TimeStampReq ::= SEQUENCE {
 *       version INTEGER { v1(1) }, messageImprint MessageImprint, reqPolicy TSAPolicyId OPTIONAL,
 *       nonce INTEGER OPTIONAL, certReq BOOLEAN DEFAULT FALSE, extensions [0] IMPLICIT Extensions OPTIONAL }
 *
 * RFC 3161 §2.4.1.
 */
export type TimeStampReq = {
  readonly version: number
  readonly messageImprint: MessageImprint
  readonly reqPolicy?: string
  readonly nonce?: bigint
  readonly certReq: boolean
  readonly extensions?: readonly Extension[]
}
const Fields: Der<TimeStampReq> = der.sequence<TimeStampReq>({
  version: der.smallInteger,
  messageImprint: MessageImprint,
  reqPolicy: der.optional(der.oid),
  nonce: der.optional(der.integer),
  certReq: der.withDefault(der.boolean, false),
  extensions: der.optional(der.implicit(0, Extensions)),
})

const LONGEST = 16 * 1024

/** The DER codec of TimeStampReq, RFC 3161 §2.4.1. */
export const TimeStampReq: Der<TimeStampReq> = named('a TimeStampReq', {
  ...Fields,
  decode: (bytes) => {
    if (bytes.length > LONGEST) throw new DerError('length', `a request of ${bytes.length} bytes`)
    return Fields.decode(bytes)
  },
})

/** The DER of a request for a time stamp over a hash. RFC 3161 §2.4.1. */
export function timeStampRequest({
  hash,
  algorithm,
  nonce,
  certReq = true,
  policy,
}: {
  readonly hash: Uint8Array
  readonly algorithm: HashAlgorithm
  readonly nonce?: bigint
  readonly certReq?: boolean
  readonly policy?: string
}): Uint8Array {
  if (hash.length !== hashLength(algorithm))
    throw new PkiError('invalid_argument', `${hash.length} bytes are no ${algorithm} hash`)
  return TimeStampReq.encode({
    version: 1,
    // NULL, as the requests of OpenSSL have it: authorities are about that know no other form.
    messageImprint: {
      hashAlgorithm: { algorithm: oids[algorithm], parameters: NULL_PARAMETERS },
      hashedMessage: hash,
    },
    ...(policy === undefined ? {} : { reqPolicy: policy }),
    ...(nonce === undefined ? {} : { nonce }),
    certReq,
  })
}

/** Why an authority of that one policy has to refuse a request; undefined when it may grant it. RFC 3161 §2.4.1 and §2.4.2. */
export function timeStampRequestFailure(request: TimeStampReq, policy: string): Failure | undefined {
  const { version, messageImprint, reqPolicy, extensions } = request
  if (version !== 1) return 'badRequest'
  const algorithm = hashAlgorithmFrom(messageImprint.hashAlgorithm)
  if (!algorithm || algorithm === 'sha1') return 'badAlg'
  if (messageImprint.hashedMessage.length !== hashLength(algorithm)) return 'badDataFormat'
  if (reqPolicy !== undefined && reqPolicy !== policy) return 'unacceptedPolicy'
  return extensions === undefined ? undefined : 'unacceptedExtension'
}
