/** What stands inside the extensions of certificates. RFC 5280 §4.2. */
import { type Der, der } from '@countersign/codec'
import { named } from '../error.ts'
import { GeneralName, GeneralNames } from './general-name.ts'
import type { Name } from './name.ts'

/**
 *     BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
 */
export type BasicConstraints = { readonly cA: boolean; readonly pathLenConstraint?: number }
/** The DER codec of BasicConstraints, RFC 5280 §4.2.1.9. */
export const BasicConstraints: Der<BasicConstraints> = named(
  'BasicConstraints',
  der.sequence<BasicConstraints>({
    cA: der.withDefault(der.boolean, false),
    pathLenConstraint: der.optional(der.smallInteger),
  }),
)

const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

/** One bit of KeyUsage; `nonRepudiation` is what later editions call contentCommitment. */
export type KeyUsageBit = (typeof KEY_USAGES)[number]

/** KeyUsage, as the names of its bits. */
export type KeyUsage = ReadonlySet<KeyUsageBit>
/** The DER codec of KeyUsage, RFC 5280 §4.2.1.3; bits that have no name are passed over. */
export const KeyUsage: Der<KeyUsage> = named('KeyUsage', {
  ...der.namedBits,
  encode: (value) => der.namedBits.encode(new Set([...value].map((usage) => KEY_USAGES.indexOf(usage)))),
  decode: (bytes) => keyUsageFrom(der.namedBits.decode(bytes)),
  fromElement: (element) => keyUsageFrom(der.namedBits.fromElement(element)),
})

function keyUsageFrom(bits: ReadonlySet<number>): KeyUsage {
  return new Set(KEY_USAGES.filter((_, bit) => bits.has(bit)))
}

/** The DER codec of ExtKeyUsageSyntax: purposes as object identifiers. RFC 5280 §4.2.1.12. */
export const ExtendedKeyUsage: Der<readonly string[]> = named('ExtKeyUsageSyntax', der.sequenceOf(der.oid))

/** The DER codec of SubjectKeyIdentifier, RFC 5280 §4.2.1.2. */
export const SubjectKeyIdentifier: Der<Uint8Array> = named('a SubjectKeyIdentifier', der.octetString)

/**
 *     AuthorityKeyIdentifier ::= SEQUENCE {
 *       keyIdentifier [0] IMPLICIT OCTET STRING OPTIONAL, authorityCertIssuer [1] IMPLICIT GeneralNames OPTIONAL,
 *       authorityCertSerialNumber [2] IMPLICIT INTEGER OPTIONAL }
 */
export type AuthorityKeyIdentifier = {
  readonly keyIdentifier?: Uint8Array
  readonly authorityCertIssuer?: readonly GeneralName[]
  readonly authorityCertSerialNumber?: bigint
}
/** The DER codec of AuthorityKeyIdentifier, RFC 5280 §4.2.1.1. */
export const AuthorityKeyIdentifier: Der<AuthorityKeyIdentifier> = named(
  'an AuthorityKeyIdentifier',
  der.sequence<AuthorityKeyIdentifier>({
    keyIdentifier: der.optional(der.implicit(0, der.octetString)),
    authorityCertIssuer: der.optional(der.implicit(1, GeneralNames)),
    authorityCertSerialNumber: der.optional(der.implicit(2, der.integer)),
  }),
)

/**
 *     AccessDescription ::= SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }
 */
export type AccessDescription = { readonly accessMethod: string; readonly accessLocation: GeneralName }
/** The DER codec of AuthorityInfoAccessSyntax, RFC 5280 §4.2.2.1. */
export const AuthorityInformationAccess: Der<readonly AccessDescription[]> = named(
  'AuthorityInfoAccessSyntax',
  der.sequenceOf(der.sequence<AccessDescription>({ accessMethod: der.oid, accessLocation: GeneralName })),
)

type DistributionPointNames = { fullName: readonly GeneralName[]; nameRelativeToCRLIssuer: Uint8Array }
/** Where a CRL is: by its full name, or by what follows the issuer's. */
export type DistributionPointName = der.Choice<DistributionPointNames>
/** The DER codec of DistributionPointName, RFC 5280 §4.2.1.13. */
export const DistributionPointName: Der<DistributionPointName> = der.choice<DistributionPointNames>({
  fullName: der.implicit(0, GeneralNames),
  nameRelativeToCRLIssuer: { ...der.any, tag: 0xa1, accepts: (tag) => tag === 0xa1 },
})

/**
 *     DistributionPoint ::= SEQUENCE {
 *       distributionPoint [0] DistributionPointName OPTIONAL, reasons [1] IMPLICIT ReasonFlags OPTIONAL,
 *       cRLIssuer [2] IMPLICIT GeneralNames OPTIONAL }
 */
export type DistributionPoint = {
  readonly distributionPoint?: DistributionPointName
  readonly reasons?: ReadonlySet<number>
  readonly cRLIssuer?: readonly GeneralName[]
}
/** The DER codec of CRLDistributionPoints, RFC 5280 §4.2.1.13. */
export const CrlDistributionPoints: Der<readonly DistributionPoint[]> = named(
  'CRLDistributionPoints',
  der.sequenceOf(
    der.sequence<DistributionPoint>({
      distributionPoint: der.optional(der.explicit(0, DistributionPointName)),
      reasons: der.optional(der.implicit(1, der.namedBits)),
      cRLIssuer: der.optional(der.implicit(2, GeneralNames)),
    }),
  ),
)

type PolicyQualifier = { readonly policyQualifierId: string; readonly qualifier: Uint8Array }

/**
 *     PolicyInformation ::= SEQUENCE {
 *       policyIdentifier OBJECT IDENTIFIER, policyQualifiers SEQUENCE OF PolicyQualifierInfo OPTIONAL }
 */
export type PolicyInformation = {
  readonly policyIdentifier: string
  readonly policyQualifiers?: readonly PolicyQualifier[]
}
/** The DER codec of CertificatePolicies, RFC 5280 §4.2.1.4. */
export const CertificatePolicies: Der<readonly PolicyInformation[]> = named(
  'CertificatePolicies',
  der.sequenceOf(
    der.sequence<PolicyInformation>({
      policyIdentifier: der.oid,
      policyQualifiers: der.optional(
        der.sequenceOf(der.sequence<PolicyQualifier>({ policyQualifierId: der.oid, qualifier: der.any })),
      ),
    }),
  ),
)

/**
 *     PolicyConstraints ::= SEQUENCE {
 *       requireExplicitPolicy [0] IMPLICIT INTEGER OPTIONAL, inhibitPolicyMapping [1] IMPLICIT INTEGER OPTIONAL }
 */
export type PolicyConstraints = { readonly requireExplicitPolicy?: number; readonly inhibitPolicyMapping?: number }
/** The DER codec of PolicyConstraints, RFC 5280 §4.2.1.11. */
export const PolicyConstraints: Der<PolicyConstraints> = named(
  'PolicyConstraints',
  der.sequence<PolicyConstraints>({
    requireExplicitPolicy: der.optional(der.implicit(0, der.smallInteger)),
    inhibitPolicyMapping: der.optional(der.implicit(1, der.smallInteger)),
  }),
)

/** The DER codec of InhibitAnyPolicy, RFC 5280 §4.2.1.14. */
export const InhibitAnyPolicy: Der<number> = named('InhibitAnyPolicy', der.smallInteger)

/**
 *     GeneralSubtree ::= SEQUENCE {
 *       base GeneralName, minimum [0] IMPLICIT INTEGER DEFAULT 0, maximum [1] IMPLICIT INTEGER OPTIONAL }
 *
 * An iPAddress here is an address and a mask of the same length.
 */
export type GeneralSubtree = { readonly base: GeneralName; readonly minimum: number; readonly maximum?: number }

const GeneralSubtrees: Der<readonly GeneralSubtree[]> = der.sequenceOf(
  der.sequence<GeneralSubtree>({
    base: GeneralName,
    minimum: der.withDefault(der.implicit(0, der.smallInteger), 0),
    maximum: der.optional(der.implicit(1, der.smallInteger)),
  }),
)

/**
 *     NameConstraints ::= SEQUENCE {
 *       permittedSubtrees [0] IMPLICIT GeneralSubtrees OPTIONAL, excludedSubtrees [1] IMPLICIT GeneralSubtrees OPTIONAL }
 */
export type NameConstraints = {
  readonly permittedSubtrees?: readonly GeneralSubtree[]
  readonly excludedSubtrees?: readonly GeneralSubtree[]
}
/** The DER codec of NameConstraints, RFC 5280 §4.2.1.10. */
export const NameConstraints: Der<NameConstraints> = named(
  'NameConstraints',
  der.sequence<NameConstraints>({
    permittedSubtrees: der.optional(der.implicit(0, GeneralSubtrees)),
    excludedSubtrees: der.optional(der.implicit(1, GeneralSubtrees)),
  }),
)

/** The DER codec of SubjectAltName, RFC 5280 §4.2.1.6. */
export const SubjectAlternativeName: Der<readonly GeneralName[]> = named('GeneralNames', GeneralNames)

/** A name as a GeneralName. */
export function directoryName(value: Name): GeneralName {
  return { type: 'directoryName', value }
}
