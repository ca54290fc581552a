/** Extensions of a certificate by name. Each is decoded once, when first asked for; a malformed one throws PkiError. RFC 5280 §4.2. */
import { oids } from '../object-identifiers.ts'
import type { Certificate } from './certificate.ts'
import { type Extension, extensionValue } from './extension.ts'
import {
  type AccessDescription,
  AuthorityInformationAccess,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CertificatePolicies,
  CrlDistributionPoints,
  type DistributionPoint,
  ExtendedKeyUsage,
  InhibitAnyPolicy,
  KeyUsage,
  NameConstraints,
  PolicyConstraints,
  type PolicyInformation,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
} from './extension-values.ts'
import type { GeneralName } from './general-name.ts'

/** Whatever carries extensions: a certificate, or a request with those it asks for. */
export type Extended = Pick<Certificate, 'extensions'>

/** The extension of that id, as it stands. */
export function findExtension({ extensions }: Extended, id: string): Extension | undefined {
  return extensions.find((extension) => extension.id === id)
}

/** RFC 5280 §4.2.1.9. */
export function basicConstraints({ extensions }: Extended): BasicConstraints | undefined {
  return extensionValue(extensions, oids.basicConstraints, BasicConstraints)
}

/** RFC 5280 §4.2.1.3. */
export function keyUsage({ extensions }: Extended): KeyUsage | undefined {
  return extensionValue(extensions, oids.keyUsage, KeyUsage)
}

/** Purposes as object identifiers. RFC 5280 §4.2.1.12. */
export function extendedKeyUsage({ extensions }: Extended): readonly string[] | undefined {
  return extensionValue(extensions, oids.extKeyUsage, ExtendedKeyUsage)
}

/** RFC 5280 §4.2.1.2. */
export function subjectKeyIdentifier({ extensions }: Extended): Uint8Array | undefined {
  return extensionValue(extensions, oids.subjectKeyIdentifier, SubjectKeyIdentifier)
}

/** RFC 5280 §4.2.1.1. */
export function authorityKeyIdentifier({ extensions }: Extended): AuthorityKeyIdentifier | undefined {
  return extensionValue(extensions, oids.authorityKeyIdentifier, AuthorityKeyIdentifier)
}

/** RFC 5280 §4.2.1.6. */
export function subjectAlternativeName({ extensions }: Extended): readonly GeneralName[] | undefined {
  return extensionValue(extensions, oids.subjectAltName, SubjectAlternativeName)
}

/** RFC 5280 §4.2.2.1. */
export function authorityInformationAccess({ extensions }: Extended): readonly AccessDescription[] | undefined {
  return extensionValue(extensions, oids.authorityInfoAccess, AuthorityInformationAccess)
}

/** RFC 5280 §4.2.1.13. */
export function crlDistributionPoints({ extensions }: Extended): readonly DistributionPoint[] | undefined {
  return extensionValue(extensions, oids.cRLDistributionPoints, CrlDistributionPoints)
}

/** RFC 5280 §4.2.1.4. */
export function certificatePolicies({ extensions }: Extended): readonly PolicyInformation[] | undefined {
  return extensionValue(extensions, oids.certificatePolicies, CertificatePolicies)
}

/** RFC 5280 §4.2.1.11. */
export function policyConstraints({ extensions }: Extended): PolicyConstraints | undefined {
  return extensionValue(extensions, oids.policyConstraints, PolicyConstraints)
}

/** RFC 5280 §4.2.1.14. */
export function inhibitAnyPolicy({ extensions }: Extended): number | undefined {
  return extensionValue(extensions, oids.inhibitAnyPolicy, InhibitAnyPolicy)
}

/** RFC 5280 §4.2.1.10. */
export function nameConstraints({ extensions }: Extended): NameConstraints | undefined {
  return extensionValue(extensions, oids.nameConstraints, NameConstraints)
}

/** Where OCSP is asked about this certificate. */
export function ocspUris(certificate: Extended): string[] {
  return accessUris(certificate, oids.ocsp)
}

/** Where the issuer's certificate can be had. */
export function caIssuersUris(certificate: Extended): string[] {
  return accessUris(certificate, oids.caIssuers)
}

function accessUris(certificate: Extended, method: string): string[] {
  return (authorityInformationAccess(certificate) ?? [])
    .filter(({ accessMethod }) => accessMethod === method)
    .flatMap(({ accessLocation }) => uri(accessLocation))
}

/** Where the CRLs that cover this certificate can be had. */
export function crlUris(certificate: Extended): string[] {
  return (crlDistributionPoints(certificate) ?? []).flatMap(({ distributionPoint }) =>
    distributionPoint?.type === 'fullName' ? distributionPoint.value.flatMap(uri) : [],
  )
}

function uri(location: GeneralName): string[] {
  return location.type === 'uniformResourceIdentifier' ? [location.value] : []
}
