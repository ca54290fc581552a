/** Certificate policies along a path, RFC 5280 §6.1, as far as no policy is asked for from outside. */
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import {
  certificatePolicies,
  findExtension,
  inhibitAnyPolicy,
  policyConstraints,
} from '../x509/certificate-extensions.ts'
import { equalNames } from '../x509/name.ts'

/**
 * What keeps a path from a policy that one of its authorities demands; undefined when nothing. `path` is the anchor's
 * issue first, the leaf last. Policies are followed as sets and mappings are not: a path that must have a policy and
 * maps one is refused, which errs on the safe side.
 */
export function policyViolation(path: readonly Certificate[]): string | undefined {
  let explicitPolicy = path.length + 1
  let inhibitAny = path.length + 1
  let hasMapping = false
  // Every policy, until a certificate says which.
  let policies: ReadonlySet<string> | 'any' = 'any'
  for (const [index, certificate] of path.entries()) {
    const isLast = index === path.length - 1
    const isSelfIssued = equalNames(certificate.issuer, certificate.subject)
    const allowsAny = inhibitAny > 0 || (!isLast && isSelfIssued)
    policies = intersect(policies, policiesOf(certificate), allowsAny)
    hasMapping ||= findExtension(certificate, oids.policyMappings) !== undefined
    if (isLast || !isSelfIssued) {
      explicitPolicy = Math.max(0, explicitPolicy - 1)
      inhibitAny = Math.max(0, inhibitAny - 1)
    }
    const required = policyConstraints(certificate)?.requireExplicitPolicy
    if (isLast) {
      if (required === 0) explicitPolicy = 0
    } else {
      explicitPolicy = Math.min(explicitPolicy, required ?? explicitPolicy)
      inhibitAny = Math.min(inhibitAny, inhibitAnyPolicy(certificate) ?? inhibitAny)
    }
  }
  if (explicitPolicy > 0) return undefined
  if (hasMapping) return 'an authority above demands a policy, and policy mappings are not followed'
  return policies === 'any' || policies.size > 0 ? undefined : 'an authority above demands a policy, and none is valid'
}

function policiesOf(certificate: Certificate): ReadonlySet<string> {
  return new Set((certificatePolicies(certificate) ?? []).map(({ policyIdentifier }) => policyIdentifier))
}

function intersect(
  above: ReadonlySet<string> | 'any',
  here: ReadonlySet<string>,
  allowsAny: boolean,
): ReadonlySet<string> | 'any' {
  if (here.has(oids.anyPolicy) && allowsAny) return above
  const named = new Set([...here].filter((policy) => policy !== oids.anyPolicy))
  return above === 'any' ? named : named.intersection(above)
}
