/** What a certificate of each profile says beside its subject: RFC 5280, and for content signing C2PA 2.2 §14.5.1. */
import { type Extension, extensions, type GeneralName, type KeyUsageBit, oids } from '@countersign/pki'
import type { AuthorityPurpose } from './authority.ts'
import type { CertificateProfile } from './certificate.ts'

type LeafProfile = Exclude<CertificateProfile, 'authority'>

/** What stays the same in each certificate of a profile: built once, so that it is encoded once. */
const CONSTANTS: Readonly<Record<LeafProfile, readonly Extension[]>> = {
  'tls-server': leaf(['digitalSignature'], [oids.serverAuth]),
  'client-auth': leaf(['digitalSignature'], [oids.clientAuth]),
  // emailProtection beside claimSigning: older validators keep their anchors under it (C2PA 2.2 §14.4.1).
  'content-signing': leaf(['digitalSignature', 'nonRepudiation'], [oids.c2paClaimSigning, oids.emailProtection]),
  // Critical and alone: RFC 3161 §2.3.
  'time-stamping': leaf(['digitalSignature'], [oids.timeStamping], { critical: true }),
  'ocsp-responder': [...leaf(['digitalSignature'], [oids.ocspSigning]), extensions.ocspNoCheck()],
  device: leaf(['digitalSignature'], [oids.clientAuth]),
}

const ISSUING_AUTHORITY = [
  extensions.basicConstraints({ cA: true, pathLenConstraint: 0 }),
  extensions.keyUsage(['keyCertSign', 'cRLSign']),
]
const ROOT_AUTHORITY = [extensions.basicConstraints({ cA: true }), extensions.keyUsage(['keyCertSign', 'cRLSign'])]

function leaf(
  usages: readonly KeyUsageBit[],
  purposes: readonly string[],
  options: { readonly critical: boolean } = { critical: false },
): readonly Extension[] {
  return [extensions.keyUsage(usages), extensions.extendedKeyUsage(purposes, options)]
}

/** Where what an authority publishes stands on the plain port. */
export type AuthorityUrls = { readonly crl: string; readonly certificate: string; readonly ocsp: string }

export function authorityUrls(pkiUrl: string, purpose: AuthorityPurpose): AuthorityUrls {
  return {
    crl: `${pkiUrl}/crl/${purpose}.crl`,
    certificate: `${pkiUrl}/ca/${purpose}.cer`,
    ocsp: `${pkiUrl}/ocsp/${purpose}`,
  }
}

/** The extensions of a certificate that an authority issues. */
export function extensionsOf({
  profile,
  subjectKeyIdentifier,
  issuerKeyIdentifier,
  issuerUrls,
  subjectAlternativeNames = [],
  isNameless = false,
  usages,
}: {
  readonly profile: CertificateProfile
  readonly subjectKeyIdentifier: Uint8Array
  readonly issuerKeyIdentifier: Uint8Array
  readonly issuerUrls: AuthorityUrls
  readonly subjectAlternativeNames?: readonly GeneralName[]
  /** Whether the subject is empty. */
  readonly isNameless?: boolean
  /** What the key may be used for, where it is not the same in each certificate of the profile. */
  readonly usages?: readonly Extension[]
}): readonly Extension[] {
  return [
    ...(usages ?? (profile === 'authority' ? ISSUING_AUTHORITY : CONSTANTS[profile])),
    extensions.subjectKeyIdentifier(subjectKeyIdentifier),
    extensions.authorityKeyIdentifier(issuerKeyIdentifier),
    ...(subjectAlternativeNames.length > 0
      ? [extensions.subjectAlternativeName(subjectAlternativeNames, { critical: isNameless })]
      : []),
    extensions.authorityInformationAccess({ ocsp: issuerUrls.ocsp, caIssuers: issuerUrls.certificate }),
    extensions.crlDistributionPoints([issuerUrls.crl]),
  ]
}

/** What a request for a signer's certificate asks an authority elsewhere for. */
export function signingExtensions(): readonly Extension[] {
  return CONSTANTS['content-signing']
}

/** The extensions of the root: it is trusted as it is, so it says nothing of where to ask about it. */
export function rootExtensions(subjectKeyIdentifier: Uint8Array): readonly Extension[] {
  return [...ROOT_AUTHORITY, extensions.subjectKeyIdentifier(subjectKeyIdentifier)]
}
