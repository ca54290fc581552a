/** Extensions to put into certificates, with the criticality RFC 5280 §4.2 and CA/Browser Forum practice give them. */
import { der } from '@countersign/codec'
import { digest } from '#crypto'
import { SubjectPublicKeyInfo } from '../crypto/public-key.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Extension } from './extension.ts'
import {
  AuthorityInformationAccess,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CertificatePolicies,
  CrlDistributionPoints,
  ExtendedKeyUsage,
  type GeneralSubtree,
  KeyUsage,
  type KeyUsageBit,
  NameConstraints,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
} from './extension-values.ts'
import type { GeneralName } from './general-name.ts'

/** The builders of extensions. Keep what they return for constants of a profile: its encoding is then made once. */
export const extensions: {
  basicConstraints(value: BasicConstraints): Extension
  keyUsage(usages: readonly KeyUsageBit[]): Extension
  extendedKeyUsage(purposes: readonly string[], options?: { readonly critical: boolean }): Extension
  subjectKeyIdentifier(identifier: Uint8Array): Extension
  authorityKeyIdentifier(keyIdentifier: Uint8Array): Extension
  /** Critical where the subject is empty, as RFC 5280 §4.2.1.6 demands: say so. */
  subjectAlternativeName(names: readonly GeneralName[], options?: { readonly critical: boolean }): Extension
  authorityInformationAccess(uris: { readonly ocsp?: string; readonly caIssuers?: string }): Extension
  crlDistributionPoints(uris: readonly string[]): Extension
  certificatePolicies(policies: readonly string[]): Extension
  nameConstraints(value: {
    readonly permitted?: readonly GeneralName[]
    readonly excluded?: readonly GeneralName[]
  }): Extension
  /** Says of an OCSP responder that its own status need not be asked (RFC 6960 §4.2.2.2.1). */
  ocspNoCheck(): Extension
} = {
  basicConstraints: (value) => ({ id: oids.basicConstraints, critical: true, value: BasicConstraints.encode(value) }),
  keyUsage: (usages) => ({ id: oids.keyUsage, critical: true, value: KeyUsage.encode(new Set(usages)) }),
  extendedKeyUsage: (purposes, { critical } = { critical: false }) => ({
    id: oids.extKeyUsage,
    critical,
    value: ExtendedKeyUsage.encode(purposes),
  }),
  subjectKeyIdentifier: (identifier) => ({
    id: oids.subjectKeyIdentifier,
    critical: false,
    value: SubjectKeyIdentifier.encode(identifier),
  }),
  authorityKeyIdentifier: (keyIdentifier) => ({
    id: oids.authorityKeyIdentifier,
    critical: false,
    value: AuthorityKeyIdentifier.encode({ keyIdentifier }),
  }),
  subjectAlternativeName: (names, { critical } = { critical: false }) => ({
    id: oids.subjectAltName,
    critical,
    value: SubjectAlternativeName.encode(names),
  }),
  authorityInformationAccess: ({ ocsp, caIssuers }) => {
    const descriptions = [
      ...(ocsp === undefined ? [] : [{ accessMethod: oids.ocsp, accessLocation: uriName(ocsp) }]),
      ...(caIssuers === undefined ? [] : [{ accessMethod: oids.caIssuers, accessLocation: uriName(caIssuers) }]),
    ]
    if (descriptions.length === 0)
      throw new PkiError('invalid_argument', 'authorityInformationAccess needs an address of OCSP or of the issuer')
    return { id: oids.authorityInfoAccess, critical: false, value: AuthorityInformationAccess.encode(descriptions) }
  },
  crlDistributionPoints: (uris) => ({
    id: oids.cRLDistributionPoints,
    critical: false,
    value: CrlDistributionPoints.encode(
      uris.map((uri) => ({ distributionPoint: { type: 'fullName', value: [uriName(uri)] } })),
    ),
  }),
  certificatePolicies: (policies) => ({
    id: oids.certificatePolicies,
    critical: false,
    value: CertificatePolicies.encode(policies.map((policyIdentifier) => ({ policyIdentifier }))),
  }),
  nameConstraints: ({ permitted, excluded }) => ({
    id: oids.nameConstraints,
    critical: true,
    value: NameConstraints.encode({
      ...(permitted && { permittedSubtrees: permitted.map(subtree) }),
      ...(excluded && { excludedSubtrees: excluded.map(subtree) }),
    }),
  }),
  ocspNoCheck: () => ({ id: oids.ocspNoCheck, critical: false, value: der.nullValue.encode(null) }),
}

function uriName(value: string): GeneralName {
  return { type: 'uniformResourceIdentifier', value }
}

function subtree(base: GeneralName): GeneralSubtree {
  return { base, minimum: 0 }
}

/** The identifier of a key: the first 160 bits of the SHA-256 of what the SubjectPublicKeyInfo's BIT STRING holds (RFC 7093 §2, method 1). */
export function keyIdentifier(publicKey: Uint8Array): Uint8Array {
  return digest('sha256', SubjectPublicKeyInfo.decode(publicKey).subjectPublicKey).slice(0, 20)
}
