/** What each certificate of a path must be, RFC 5280 §6.1, once the path's signatures have been verified. */
import { equalBytes } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import {
  authorityInformationAccess,
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoints,
  extendedKeyUsage,
  inhibitAnyPolicy,
  keyUsage,
  nameConstraints,
  policyConstraints,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../x509/certificate-extensions.ts'
import type { NameConstraints } from '../x509/extension-values.ts'
import { equalNames } from '../x509/name.ts'
import { policyViolation } from './certificate-policies.ts'
import { nameConstraintViolation } from './name-constraints.ts'
import { failure, type PathFailure } from './path-failure.ts'
import type { PathOptions } from './validate-path.ts'

/** The extensions whose meaning is minded here: any other that is critical refuses the path (§6.1.4 o, §6.1.5 f). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.subjectAltName,
  oids.issuerAltName,
  oids.nameConstraints,
  oids.certificatePolicies,
  oids.policyMappings,
  oids.policyConstraints,
  oids.inhibitAnyPolicy,
  oids.cRLDistributionPoints,
  oids.authorityInfoAccess,
  oids.ocspNoCheck,
])

const ACCESSORS = [
  basicConstraints,
  keyUsage,
  extendedKeyUsage,
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  subjectAlternativeName,
  nameConstraints,
  certificatePolicies,
  policyConstraints,
  inhibitAnyPolicy,
  crlDistributionPoints,
  authorityInformationAccess,
]

/** What is wrong with a path, leaf first and anchor last; undefined when nothing. */
export function pathFailure(
  path: readonly Certificate[],
  { at, purpose, anyLeafKey }: Pick<PathOptions, 'at' | 'purpose' | 'anyLeafKey'>,
): PathFailure | undefined {
  const leaf = path[0] as Certificate
  const constraints: NameConstraints[] = []
  let pathLength = path.length
  for (let index = path.length - 1; index >= 0; index--) {
    const certificate = path[index] as Certificate
    const isAnchor = index === path.length - 1
    const isLeaf = index === 0
    const isKeyJudged = isLeaf && anyLeafKey === true
    const own =
      formFailure(certificate) ??
      (isKeyJudged ? undefined : strengthFailure(certificate)) ??
      validityFailure(certificate, at)
    if (own) return own
    const isSelfIssued = equalNames(certificate.issuer, certificate.subject)
    // A self-issued authority, made for a change of keys, is neither constrained nor counted (§6.1.3 b, §6.1.4 l).
    if (!isAnchor && (isLeaf || !isSelfIssued)) {
      const violation = nameConstraintViolation(certificate, constraints)
      if (violation !== undefined) return failure('name_constraints', certificate, violation)
    }
    if (isLeaf) break
    const asAuthority = authorityFailure(certificate, isAnchor)
    if (asAuthority) return asAuthority
    if (!isAnchor && !isSelfIssued) {
      if (pathLength <= 0) return failure('path_length', certificate, 'is one authority more than those above it allow')
      pathLength--
    }
    pathLength = Math.min(pathLength, basicConstraints(certificate)?.pathLenConstraint ?? pathLength)
    const constraint = nameConstraints(certificate)
    if (constraint) constraints.push(constraint)
  }
  // The anchor itself gives no policies: it is trusted, not judged (§6.1.1 d).
  const policy = policyViolation([...path.slice(0, Math.max(1, path.length - 1))].reverse())
  if (policy !== undefined) return failure('policy', leaf, policy)
  return purposeFailure(leaf, purpose)
}

function formFailure(certificate: Certificate): PathFailure | undefined {
  const { extensions, version, signatureAlgorithm, tbsSignatureAlgorithm } = certificate
  if (!equalBytes(AlgorithmIdentifier.encode(signatureAlgorithm), AlgorithmIdentifier.encode(tbsSignatureAlgorithm)))
    return failure('malformed', certificate, 'names one signature algorithm inside and another outside')
  if (extensions.length > 0 && version !== 3) return failure('malformed', certificate, 'has extensions and is not v3')
  if (new Set(extensions.map(({ id }) => id)).size !== extensions.length)
    return failure('malformed', certificate, 'has an extension twice')
  try {
    for (const accessor of ACCESSORS) accessor(certificate)
  } catch (error) {
    if (error instanceof PkiError) return failure('malformed', certificate, `has a malformed ${error.message}`)
    throw error
  }
  const unknown = extensions.find(({ id, critical }) => critical && !UNDERSTOOD.has(id))
  return unknown && failure('critical_extension', certificate, `has the critical extension ${unknown.id}`)
}

function strengthFailure(certificate: Certificate): PathFailure | undefined {
  const { type, bits } = certificate.publicKey
  if (type === 'unknown' || bits === 0)
    return failure('weak_key', certificate, 'has a key of a kind that is not accepted')
  if ((type === 'RSA' || type === 'RSASSA-PSS') && bits < 2048)
    return failure('weak_key', certificate, `has an RSA key of ${bits} bits, where 2048 are the least`)
  return undefined
}

function validityFailure(certificate: Certificate, at: Date): PathFailure | undefined {
  if (at < certificate.notBefore)
    return failure('not_yet_valid', certificate, `is valid from ${certificate.notBefore.toISOString()} only`)
  if (at > certificate.notAfter)
    return failure('expired', certificate, `was valid until ${certificate.notAfter.toISOString()}`)
  return undefined
}

function authorityFailure(certificate: Certificate, isAnchor: boolean): PathFailure | undefined {
  const constraints = basicConstraints(certificate)
  // A root of v1 has no extensions to say it with; being an anchor says it.
  if (!constraints?.cA && !(isAnchor && certificate.version === 1))
    return failure('not_an_authority', certificate, 'is no authority and issued another')
  const usage = keyUsage(certificate)
  if (usage && !usage.has('keyCertSign'))
    return failure('key_usage', certificate, 'may not sign certificates, by its key usage')
  return undefined
}

function purposeFailure(leaf: Certificate, purpose: readonly string[] | undefined): PathFailure | undefined {
  if (!purpose) return undefined
  const purposes = extendedKeyUsage(leaf) ?? []
  return purposes.some((candidate) => purpose.includes(candidate))
    ? undefined
    : failure('purpose', leaf, `is not for ${purpose.join(' or ')}`)
}
