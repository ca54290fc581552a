/** Reading the certificates of authorities that are to be believed. */
import { decodePem, encodeHex, PemError } from '@countersign/codec'
import { basicConstraints, Certificate, digest, equalNames, keyUsage, nameText, PkiError } from '@countersign/pki'
import { Refusal } from './refusal.ts'
import type { TrustAnchor } from './trust-anchor.ts'

/** What is known of an anchor by its certificate alone. */
export type AnchorCertificate = Pick<TrustAnchor, 'sha256' | 'certificate' | 'subject' | 'notBefore' | 'notAfter'>

/** The longest text of certificates that is read; the lists that C2PA publishes have a twentieth of that. */
export const MOST_PEM = 1024 * 1024

/** More would keep others waiting while they are read. */
const MOST_CERTIFICATES = 250
const LONGEST_CERTIFICATE = 16_384
const LONGEST_SUBJECT = 500

/** The certificates of a PEM text, each once, each of an authority. Throws a Refusal that names the one at fault. */
export function anchorCertificates(pem: string): readonly AnchorCertificate[] {
  const blocks = pemBlocks(pem).filter(({ label }) => label === 'CERTIFICATE')
  if (blocks.length === 0) throw invalid('There is no certificate in PEM.')
  if (blocks.length > MOST_CERTIFICATES)
    throw invalid(`There are ${blocks.length} certificates; at most ${MOST_CERTIFICATES} are taken.`)
  const bySha256 = new Map<string, AnchorCertificate>()
  for (const [index, { bytes }] of blocks.entries()) {
    const certificate = anchorCertificate(bytes, `Certificate ${index + 1}`)
    bySha256.set(encodeHex(certificate.sha256), certificate)
  }
  return [...bySha256.values()]
}

function pemBlocks(pem: string): ReturnType<typeof decodePem> {
  if (pem.length > MOST_PEM) throw invalid(`The text is longer than ${MOST_PEM} characters.`)
  try {
    return decodePem(pem)
  } catch (cause) {
    if (!(cause instanceof PemError)) throw cause
    throw invalid(`This is not PEM: ${cause.message}.`, cause)
  }
}

function anchorCertificate(bytes: Uint8Array, which: string): AnchorCertificate {
  if (bytes.length > LONGEST_CERTIFICATE)
    throw invalid(`${which} has ${bytes.length} bytes; an anchor has at most ${LONGEST_CERTIFICATE}.`)
  try {
    const certificate = Certificate.decode(bytes)
    const subject = subjectText(certificate)
    if (!isAuthority(certificate))
      throw invalid(
        `${which} (${subject}) is of no authority: an anchor is a CA certificate that may sign certificates, or self-issued.`,
      )
    const { notBefore, notAfter } = certificate
    return { sha256: digest('sha256', bytes), certificate: bytes, subject, notBefore, notAfter }
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause
    throw invalid(`${which} can't be read: ${cause.message}.`, cause)
  }
}

/** RFC 5280 §4.2.1.9 and §4.2.1.3; roots of older days say nothing of the kind, and are known by issuing themselves. */
function isAuthority(certificate: Certificate): boolean {
  const constraints = basicConstraints(certificate)
  const usage = keyUsage(certificate)
  if (usage && !usage.has('keyCertSign')) return false
  return constraints?.cA ?? equalNames(certificate.subject, certificate.issuer)
}

function subjectText({ subject }: Certificate): string {
  return nameText(subject)
    .slice(0, LONGEST_SUBJECT)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '\uFFFD')
}

function invalid(sentence: string, cause?: Error): Refusal {
  return new Refusal('invalid', 'invalid_certificate', sentence, { cause })
}
