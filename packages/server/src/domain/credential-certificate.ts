import { decodePem, encodePem } from '@countersign/codec'
import { Certificate, equalNames } from '@countersign/pki'
import type { IssuedCertificate } from './certificate.ts'
import type { Credential } from './credential.ts'
import { knownAuthority } from './known-authorities.ts'
import type { OutsideCertificate } from './outside-certificate.ts'
import type { World } from './world.ts'

/** The certificate of a credential, by whomever it was issued. */
export type CredentialCertificate = {
  readonly id: string
  /** DER. */
  readonly bytes: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  /** DER, itself first, without the root: what goes along with signatures (C2PA 2.2 §14.5). */
  readonly chain: readonly Uint8Array[]
  /** DER; undefined where an authority elsewhere did not send its own along. */
  readonly root: Uint8Array | undefined
  /** The record of it where an authority of the platform issued it. */
  readonly issued: IssuedCertificate | undefined
}

type CertificateWorld = Pick<World, 'now'> & {
  readonly store: Pick<World['store'], 'certificates' | 'outsideCertificates' | 'authorities'>
}

/** The certificate that a credential has now; undefined while it has none. */
export async function certificateOf(
  world: CertificateWorld,
  { certificateId }: Pick<Credential, 'certificateId'>,
): Promise<CredentialCertificate | undefined> {
  if (certificateId === undefined) return undefined
  const issued = await world.store.certificates.find(certificateId)
  if (issued) return ofPlatform(world, issued)
  const outside = await world.store.outsideCertificates.find(certificateId)
  if (!outside) throw new Error(`the certificate ${certificateId} is missing`)
  return ofElsewhere(outside)
}

async function ofPlatform(world: CertificateWorld, issued: IssuedCertificate): Promise<CredentialCertificate> {
  const { id, bytes, notBefore, notAfter } = issued
  const chain = [bytes]
  for (let next = issued.authorityId; ; ) {
    const authority = await knownAuthority(world, next)
    if (!authority) throw new Error(`the authority ${next} above the certificate ${id} is missing`)
    const { certificate, issuerId } = authority
    if (issuerId === undefined) return { id, bytes, notBefore, notAfter, chain, root: certificate, issued }
    chain.push(certificate)
    next = issuerId
  }
}

function ofElsewhere({ id, chain: pem, notBefore, notAfter }: OutsideCertificate): CredentialCertificate {
  const all = decodePem(pem).map(({ bytes }) => bytes)
  const [bytes, last] = [all[0], all.at(-1)]
  if (!bytes || !last) throw new Error(`the chain of the certificate ${id} is empty`)
  const { subject, issuer } = Certificate.decode(last)
  const root = last !== bytes && equalNames(subject, issuer) ? last : undefined
  return { id, bytes, notBefore, notAfter, chain: root ? all.slice(0, -1) : all, root, issued: undefined }
}

/** The certificate, what stands between, and the root: what a chain.pem is in every answer of the platform. */
export function chainPem({ chain, root }: CredentialCertificate): string {
  return [...chain, ...(root ? [root] : [])].map((bytes) => encodePem('CERTIFICATE', bytes)).join('')
}
