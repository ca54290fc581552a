/** What a lint is: one thing that a certificate must or should be, under an id of its own. */
import type { Certificate } from '../x509/certificate.ts'

/** What a certificate is meant for; it decides which lints apply. */
export type CertificateProfile =
  | 'root'
  | 'authority'
  | 'tls-server'
  | 'tls-client'
  | 'content-signing'
  | 'time-stamping'
  | 'ocsp-responder'
  | 'device'

/**
 * An `error` breaks what a specification demands, a `warning` what it advises: neither is signed. A `notice` is worth a
 * look and no reason to refuse: readers take the certificate, and some who ask for it want it so.
 */
export type LintSeverity = 'error' | 'warning' | 'notice'

/** Something wrong with a certificate or a key. `message` begins with a verb: what is looked at is its subject. */
export type LintFinding = {
  readonly id: string
  readonly severity: LintSeverity
  readonly message: string
  /** The specification that asks for it. */
  readonly source: string
}

/** What is looked at. `issuer` is the certificate above it, where it is known. */
export type LintSubject = {
  readonly certificate: Certificate
  readonly profile: CertificateProfile
  readonly issuer?: Certificate | undefined
}

/** One lint. */
export type LintRule = {
  readonly id: string
  readonly severity: LintSeverity
  /** Where it is demanded. */
  readonly source: string
  /** Where it applies; everywhere unless said. */
  readonly profiles?: readonly CertificateProfile[]
  /** What is wrong; undefined when nothing. */
  check(subject: LintSubject): string | undefined
}

/** The profiles of certificates that issue others. */
export const AUTHORITIES: readonly CertificateProfile[] = ['root', 'authority']

/** The profiles of those that don't. */
export const END_ENTITIES: readonly CertificateProfile[] = [
  'tls-server',
  'tls-client',
  'content-signing',
  'time-stamping',
  'ocsp-responder',
  'device',
]

/** All but the root, which no one stands above. */
export const ISSUED: readonly CertificateProfile[] = ['authority', ...END_ENTITIES]

/** `message` when `isWrong`: keeps rules to a line. */
export function when(isWrong: boolean, message: string): string | undefined {
  return isWrong ? message : undefined
}
