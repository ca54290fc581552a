/** Making revocation lists. RFC 5280 §5. */
import { concatBytes, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import type { Signer } from '../crypto/port.ts'
import { signatureAlgorithmIdentifier } from '../crypto/signature-algorithm.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Extension } from '../x509/extension.ts'
import { extensions as builders } from '../x509/extensions.ts'
import type { Name } from '../x509/name.ts'
import { type RevokedCertificate, RevokedCertificateEntry, TbsCertificateListAround } from './certificate-list.ts'
import { issuingDistributionPointExtension, type RevocationListScope } from './issuing-distribution-point.ts'
import { type RevocationReason, revocationReasonCode } from './revocation-reason.ts'

/** What a revocation list will say. RFC 5280 §5.1.2. */
export type CertificateRevocationListTemplate = {
  readonly issuer: Name
  /** The issuer's subject key identifier. */
  readonly authorityKeyIdentifier: Uint8Array
  /** Grows with each list of this issuer and scope (RFC 5280 §5.2.3). */
  readonly number: bigint
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Gone through in slices, with breaths between them. */
  readonly revoked: Iterable<RevokedCertificate>
  /** Left out where the list is about everything that the issuer made. */
  readonly scope?: RevocationListScope
}

const reasonExtensions = new Map<RevocationReason, Extension>()

/** A version 2 list, signed, DER. RFC 5280 §5.1. */
export async function signCertificateRevocationList(
  template: CertificateRevocationListTemplate,
  signer: Signer,
): Promise<Uint8Array> {
  const { issuer, thisUpdate, nextUpdate, number } = template
  if (nextUpdate <= thisUpdate) throw new PkiError('invalid_argument', 'nextUpdate is not after thisUpdate')
  // Twenty octets at most, so that every reader can hold it (RFC 5280 §5.2.3).
  if (number < 0n || number >= 1n << 159n) throw new PkiError('invalid_argument', `no CRL number: ${number}`)
  const revokedCertificates = await entries(template.revoked)
  const signature = signatureAlgorithmIdentifier(signer.algorithm)
  const tbs = TbsCertificateListAround.encode({
    version: 1,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    ...(revokedCertificates && { revokedCertificates }),
    extensions: extensions(template),
  })
  await breath()
  const signatureValue = der.bitStringBytes.encode(await signer.sign(tbs))
  await breath()
  return der.writeElement(0x30, [tbs, AlgorithmIdentifier.encode(signature), signatureValue])
}

function extensions({ authorityKeyIdentifier, number, scope }: CertificateRevocationListTemplate): Extension[] {
  return [
    builders.authorityKeyIdentifier(authorityKeyIdentifier),
    { id: oids.crlNumber, critical: false, value: der.integer.encode(number) },
    ...(scope ? [issuingDistributionPointExtension(scope)] : []),
  ]
}

/** Entries encoded between two breaths, some milliseconds' worth: others have to be served meanwhile. */
const SLICE = 256

function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}

/** The DER of revokedCertificates; undefined for none, since an empty list may not be there (RFC 5280 §5.1.2.6). */
async function entries(revoked: Iterable<RevokedCertificate>): Promise<Uint8Array | undefined> {
  const slices: Uint8Array[] = []
  let slice: Uint8Array[] = []
  for (const certificate of revoked) {
    slice.push(RevokedCertificateEntry.encode(entry(certificate)))
    if (slice.length < SLICE) continue
    slices.push(concatBytes(slice))
    slice = []
    await breath()
  }
  slices.push(concatBytes(slice))
  const content = concatBytes(slices)
  await breath()
  return content.length === 0 ? undefined : der.writeElement(0x30, [content])
}

function entry({ serialNumber, at, reason, invalidSince }: RevokedCertificate): RevokedCertificateEntry {
  const extensions = [
    // `unspecified` is said by saying nothing (RFC 5280 §5.3.1).
    ...(reason === undefined || reason === 'unspecified' ? [] : [reasonExtension(reason)]),
    ...(invalidSince
      ? [{ id: oids.invalidityDate, critical: false, value: der.generalizedTime.encode(invalidSince) }]
      : []),
  ]
  return { serialNumber, revocationDate: at, ...(extensions.length > 0 && { extensions }) }
}

function reasonExtension(reason: RevocationReason): Extension {
  const known = reasonExtensions.get(reason)
  if (known) return known
  const value = der.enumerated.encode(revocationReasonCode(reason))
  const made: Extension = { id: oids.reasonCode, critical: false, value }
  reasonExtensions.set(reason, made)
  return made
}
