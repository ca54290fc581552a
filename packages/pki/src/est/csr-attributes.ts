/** What an EST server wants to find in certification requests. RFC 7030 §4.5.2, RFC 8951 §4, RFC 9908 §3. */
import { type Der, der } from '@countersign/codec'
import { Attribute } from '../cms/attribute.ts'
import { AlgorithmIdentifier, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { MlDsa, SignatureAlgorithm } from '../crypto/port.ts'
import { type Curve, RsaPublicKey } from '../crypto/public-key.ts'
import { signatureAlgorithmIdentifier } from '../crypto/signature-algorithm.ts'
import { named } from '../error.ts'
import { oids } from '../object-identifiers.ts'

/**
 *     CsrAttrs ::= SEQUENCE SIZE (0..MAX) OF AttrOrOID
 *     AttrOrOID ::= CHOICE { oid OBJECT IDENTIFIER, attribute Attribute }
 *
 * RFC 8951 §4. An empty one says that nothing particular is wanted.
 */
export type CsrAttributes = readonly der.Choice<{ oid: string; attribute: Attribute }>[]
/** The DER codec of CsrAttrs. */
export const CsrAttributes: Der<CsrAttributes> = named(
  'CSR attributes',
  der.sequenceOf(der.choice({ oid: der.oid, attribute: Attribute })),
)

/**
 *     SingleAttributeTemplate ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY OPTIONAL }
 *
 * Without a value it is for the client to fill in. RFC 9908 §3.4.
 */
export type SubjectAttributeTemplate = { readonly type: string; readonly value?: Uint8Array }
const SubjectAttributeTemplate: Der<SubjectAttributeTemplate> = der.sequence<SubjectAttributeTemplate>({
  type: der.oid,
  value: der.optional(der.any),
})

/**
 *     ExtensionTemplate ::= SEQUENCE {
 *       extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING OPTIONAL }
 *     ExtensionReqTemplate ::= SEQUENCE SIZE (1..MAX) OF ExtensionTemplate
 *
 * RFC 9908 Appendix A.
 */
export type ExtensionTemplate = { readonly id: string; readonly critical: boolean; readonly value?: Uint8Array }
/** The DER codec of ExtensionReqTemplate. */
export const ExtensionReqTemplate: Der<readonly ExtensionTemplate[]> = der.sequenceOf(
  der.sequence<ExtensionTemplate>({
    id: der.oid,
    critical: der.withDefault(der.boolean, false),
    value: der.optional(der.octetString),
  }),
)

/**
 *     SubjectPublicKeyInfoTemplate ::= SEQUENCE {
 *       algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING OPTIONAL }
 *
 * The key is a dummy, which says how long one of RSA is to be. RFC 9908 §3.4.
 */
export type PublicKeyTemplate = { readonly algorithm: AlgorithmIdentifier; readonly subjectPublicKey?: Uint8Array }
const PublicKeyTemplate: Der<PublicKeyTemplate> = der.sequence<PublicKeyTemplate>({
  algorithm: AlgorithmIdentifier,
  subjectPublicKey: der.optional(der.bitStringBytes),
})

/**
 *     CertificationRequestInfoTemplate ::= SEQUENCE {
 *       version INTEGER { v1(0) }, subject NameTemplate OPTIONAL,
 *       subjectPKInfo [0] IMPLICIT SubjectPublicKeyInfoTemplate OPTIONAL, attributes [1] IMPLICIT Attributes }
 *
 * RFC 9908 §3.4.
 */
export type RequestTemplate = {
  readonly version: number
  readonly subject?: readonly (readonly SubjectAttributeTemplate[])[]
  readonly publicKey?: PublicKeyTemplate
  readonly attributes: readonly Attribute[]
}
/** The DER codec of CertificationRequestInfoTemplate. */
export const RequestTemplate: Der<RequestTemplate> = named(
  'a template of a certification request',
  der.sequence<RequestTemplate>({
    version: der.smallInteger,
    subject: der.optional(der.sequenceOf(der.setOf(SubjectAttributeTemplate))),
    publicKey: der.optional(der.implicit(0, PublicKeyTemplate)),
    attributes: der.implicit(1, der.setOf(Attribute)),
  }),
)

/** A kind of key that a request may be for. */
export type WantedKey =
  | { readonly type: 'EC'; readonly curve: Curve }
  | { readonly type: 'RSA'; readonly bits: number }
  | { readonly type: 'Ed25519' | MlDsa }

/** What requests are to look like. */
export type RequestWishes = {
  /** Any one of them. */
  readonly keys: readonly WantedKey[]
  /** By which the request itself is to be signed: any one of them. */
  readonly signatureAlgorithms: readonly SignatureAlgorithm[]
  /** One attribute a level. */
  readonly subject: readonly SubjectAttributeTemplate[]
  readonly extensions: readonly ExtensionTemplate[]
}

/**
 * The wishes as CSR attributes: kinds of keys and signatures as the list that old clients read (RFC 8951 §4), and, where
 * there is more to say than that list can, all of it as a template for newer ones (RFC 9908 §4), which has no place for a choice of keys.
 */
export function csrAttributes({ keys, signatureAlgorithms, subject, extensions }: RequestWishes): CsrAttributes {
  const [key, ...others] = keys
  const onlyKey = key && others.length === 0 ? key : undefined
  const signatures = new Set(signatureAlgorithms.map((name) => signatureAlgorithmIdentifier(name).algorithm))
  const listed: CsrAttributes = keys.map(listedKey)
  const told = new Set(listed.map(({ value }) => value))
  return [
    ...listed,
    // Of Ed25519 and ML-DSA key and signature have one name.
    ...[...signatures].filter((oid) => !told.has(oid)).map((oid) => ({ type: 'oid', value: oid }) as const),
    ...(subject.length + extensions.length > 0
      ? [attributeOf(oids.certificationRequestInfoTemplate, templateOf(subject, extensions, onlyKey))]
      : []),
  ]
}

function listedKey(key: WantedKey): CsrAttributes[number] {
  const { algorithm, parameters } = algorithmOf(key)
  if (key.type === 'EC' && parameters) return attributeOf(algorithm, parameters)
  if (key.type === 'RSA') return attributeOf(algorithm, der.smallInteger.encode(key.bits))
  return { type: 'oid', value: algorithm }
}

function attributeOf(type: string, value: Uint8Array): CsrAttributes[number] {
  return { type: 'attribute', value: { type, values: [value] } }
}

function templateOf(
  subject: readonly SubjectAttributeTemplate[],
  extensions: readonly ExtensionTemplate[],
  key: WantedKey | undefined,
): Uint8Array {
  return RequestTemplate.encode({
    version: 0,
    ...(subject.length > 0 && { subject: subject.map((attribute) => [attribute]) }),
    ...(key && { publicKey: publicKeyTemplate(key) }),
    attributes:
      extensions.length > 0
        ? [{ type: oids.extensionReqTemplate, values: [ExtensionReqTemplate.encode(extensions)] }]
        : [],
  })
}

function publicKeyTemplate(key: WantedKey): PublicKeyTemplate {
  const algorithm = algorithmOf(key)
  if (key.type !== 'RSA') return { algorithm }
  const dummy = { modulus: (1n << BigInt(key.bits)) - 1n, publicExponent: 65537n }
  return { algorithm, subjectPublicKey: RsaPublicKey.encode(dummy) }
}

const CURVES: { readonly [C in Curve]: string } = {
  'P-256': oids.prime256v1,
  'P-384': oids.secp384r1,
  'P-521': oids.secp521r1,
}

const BY_NAME = {
  Ed25519: oids.ed25519,
  'ML-DSA-44': oids.mlDsa44,
  'ML-DSA-65': oids.mlDsa65,
  'ML-DSA-87': oids.mlDsa87,
} as const

function algorithmOf(key: WantedKey): AlgorithmIdentifier {
  if (key.type === 'RSA') return { algorithm: oids.rsaEncryption, parameters: NULL_PARAMETERS }
  if (key.type === 'EC') return { algorithm: oids.ecPublicKey, parameters: der.oid.encode(CURVES[key.curve]) }
  return { algorithm: BY_NAME[key.type] }
}
