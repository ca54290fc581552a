/** What authorities elsewhere gave for a key of the platform: read, put in order, and held against C2PA's profile. */

import { signingPurposes } from '@countersign/c2pa'
import { decodePem, encodePem, equalBytes, PemError } from '@countersign/codec'
import { Certificate, equalNames, PkiError, validatePath } from '@countersign/pki'
import { lintCertificate } from '@countersign/pki/lint'
import type { OutsideCertificate } from './outside-certificate.ts'
import { Refusal } from './refusal.ts'
import { trustLists } from './trust-settings.ts'
import type { World } from './world.ts'

/** A chain that a credential can have, in order. */
export type OutsideChain = Pick<OutsideCertificate, 'chain' | 'notBefore' | 'notAfter'>

const MOST_CERTIFICATES = 10
/** Each; those of signers have some 1000 bytes. */
const MOST_BYTES = 16_384

/** The chain in PEM, for the key, or a Refusal that says what is wrong with it. Certificates may come in any order, and what is for no link is left out. */
export async function readOutsideChain(
  world: Pick<World, 'store' | 'now'>,
  pem: string,
  publicKey: Uint8Array,
): Promise<OutsideChain> {
  return outsideChain(world, certificatesIn(pem), publicKey)
}

/** The same of certificates in DER. */
export async function outsideChain(
  world: Pick<World, 'store' | 'now'>,
  certificates: readonly Uint8Array[],
  publicKey: Uint8Array,
): Promise<OutsideChain> {
  if (certificates.length > MOST_CERTIFICATES) throw invalid(`There are more than ${MOST_CERTIFICATES}.`)
  const all = certificates.map(decode)
  const leaf = all.find((certificate) => equalBytes(certificate.publicKey.bytes, publicKey))
  if (!leaf) throw invalid('None of them is for the key of the credential.')
  const anchors = (await trustLists(world)).signers.map((bytes) => Certificate.decode(bytes))
  const result = await validatePath({
    leaf,
    intermediates: all.filter((certificate) => certificate !== leaf),
    // Whom to believe is for readers to say; here it is only to be whole.
    anchors: [...all.filter((certificate) => certificate !== leaf && isSelfIssued(certificate)), ...anchors],
    at: world.now(),
    purpose: signingPurposes,
  })
  if (!result.valid) {
    const what = result.code === 'untrusted' ? `${result.reason}: send what stands above it, too` : result.reason
    throw invalid(`${what}.`)
  }
  checkProfile(leaf, result.path[1])
  return {
    chain: result.path.map(({ bytes }) => encodePem('CERTIFICATE', bytes)).join(''),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
  }
}

function certificatesIn(pem: string): readonly Uint8Array[] {
  try {
    const blocks = decodePem(pem)
    if (blocks.length === 0 || blocks.some(({ label }) => label !== 'CERTIFICATE'))
      throw invalid('They are to be certificates in PEM, and nothing else.')
    return blocks.map(({ bytes }) => bytes)
  } catch (cause) {
    throw cause instanceof PemError ? invalid('They can’t be read as PEM.', cause) : cause
  }
}

function decode(bytes: Uint8Array): Certificate {
  if (bytes.length > MOST_BYTES) throw invalid(`One of them has more than ${MOST_BYTES} bytes.`)
  try {
    return Certificate.decode(bytes)
  } catch (cause) {
    throw cause instanceof PkiError ? invalid(`One of them is ${cause.message}.`, cause) : cause
  }
}

function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return equalNames(subject, issuer)
}

/** As strict as with what the platform issues: a reader that refuses it would be met too late. C2PA 2.2 §14.5.1. */
function checkProfile(leaf: Certificate, issuer: Certificate | undefined): void {
  const findings = lintCertificate(leaf.bytes, 'content-signing', { issuer }).filter(
    ({ severity }) => severity === 'error',
  )
  if (findings.length === 0) return
  const rules = findings.map(({ id, message }) => `${id}: ${message}`).join('; ')
  throw new Refusal('invalid', 'certificate_not_conforming', `certificates: The certificate breaks rules: ${rules}.`)
}

function invalid(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', `certificates: ${what}`, { cause })
}
