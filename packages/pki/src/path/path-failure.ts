/** Why a path is not valid. */
import type { Certificate } from '../x509/certificate.ts'
import { nameText } from '../x509/name.ts'

/** Why a path is not valid, in a word. */
export type PathFailureCode =
  /** No way leads to an anchor. */
  | 'untrusted'
  | 'signature'
  /** Signed with an algorithm that is not accepted, SHA-1 and MD5 among them. */
  | 'algorithm'
  | 'weak_key'
  | 'not_yet_valid'
  | 'expired'
  | 'not_an_authority'
  | 'key_usage'
  | 'path_length'
  | 'name_constraints'
  | 'critical_extension'
  | 'policy'
  | 'purpose'
  | 'malformed'
  /** Given up: more ways to go than an honest set of certificates has. */
  | 'limit'

/** The first thing found wrong with a path. */
export type PathFailure = {
  readonly code: PathFailureCode
  /** A sentence that begins with the certificate that failed. */
  readonly reason: string
  readonly certificate: Certificate
}

/** A failure of one certificate; `what` goes on after its name. */
export function failure(code: PathFailureCode, certificate: Certificate, what: string): PathFailure {
  const subject = nameText(certificate.subject)
  const label = subject === '' ? `serial number ${certificate.serialNumber.toString(16)}` : subject.slice(0, 200)
  return { code, reason: `${label} ${what}`, certificate }
}
