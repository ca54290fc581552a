/** Lints of extensions, whatever the profile. */
import { type Der, equalBytes } from '@countersign/codec'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import {
  authorityInformationAccess,
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoints,
  crlUris,
  extendedKeyUsage,
  findExtension,
  keyUsage,
  ocspUris,
  subjectKeyIdentifier,
} from '../x509/certificate-extensions.ts'
import * as values from '../x509/extension-values.ts'
import { AUTHORITIES, END_ENTITIES, ISSUED, type LintRule, type LintSubject, when } from './lint-rule.ts'

/** What the value of an extension is when it has been read and written again. */
const REWRITTEN: { readonly [id: string]: (bytes: Uint8Array) => Uint8Array } = {
  [oids.basicConstraints]: rewritten(values.BasicConstraints),
  [oids.keyUsage]: rewritten(values.KeyUsage),
  [oids.extKeyUsage]: rewritten(values.ExtendedKeyUsage),
  [oids.subjectKeyIdentifier]: rewritten(values.SubjectKeyIdentifier),
  [oids.authorityKeyIdentifier]: rewritten(values.AuthorityKeyIdentifier),
  [oids.subjectAltName]: rewritten(values.SubjectAlternativeName),
  [oids.issuerAltName]: rewritten(values.SubjectAlternativeName),
  [oids.authorityInfoAccess]: rewritten(values.AuthorityInformationAccess),
  [oids.cRLDistributionPoints]: rewritten(values.CrlDistributionPoints),
  [oids.certificatePolicies]: rewritten(values.CertificatePolicies),
  [oids.policyConstraints]: rewritten(values.PolicyConstraints),
  [oids.inhibitAnyPolicy]: rewritten(values.InhibitAnyPolicy),
  [oids.nameConstraints]: rewritten(values.NameConstraints),
}

/** RFC 5280 §4.2 says of each how critical it is. */
const MUST_BE_CRITICAL: readonly string[] = [oids.nameConstraints, oids.policyConstraints, oids.inhibitAnyPolicy]
const MUST_NOT_BE_CRITICAL: readonly string[] = [
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.authorityInfoAccess,
  oids.ocspNoCheck,
]

/** The lints of extensions, whatever the profile. */
export const extensionRules: readonly LintRule[] = [
  {
    id: 'extension-once',
    severity: 'error',
    source: 'RFC 5280 §4.2',
    check: ({ certificate: { extensions } }) =>
      when(new Set(extensions.map(({ id }) => id)).size !== extensions.length, 'has an extension twice'),
  },
  {
    id: 'extension-encoding',
    severity: 'error',
    source: 'RFC 5280 §4.2; X.690 §11',
    check: ({ certificate: { extensions } }) => {
      const wrong = extensions.find(({ id, value }) => !isRewrittenTheSame(id, value))
      return wrong && `has a malformed extension ${wrong.id}`
    },
  },
  {
    id: 'extension-critical-unknown',
    severity: 'error',
    source: 'RFC 5280 §4.2',
    check: ({ certificate: { extensions } }) => {
      const wrong = extensions.find(
        ({ id, critical }) => critical && REWRITTEN[id] === undefined && !isNeverCritical(id),
      )
      return wrong && `has the critical extension ${wrong.id}, which readers will refuse`
    },
  },
  {
    id: 'extension-criticality',
    severity: 'error',
    source: 'RFC 5280 §4.2.1, §4.2.2',
    check: ({ certificate: { extensions } }) => {
      const wrong = extensions.find(({ id, critical }) =>
        critical ? isNeverCritical(id) : MUST_BE_CRITICAL.includes(id),
      )
      return wrong && `has the extension ${wrong.id} ${wrong.critical ? 'critical' : 'not critical'}`
    },
  },
  {
    id: 'basic-constraints-authority',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.9',
    profiles: AUTHORITIES,
    check: ({ certificate }) =>
      when(
        basicConstraints(certificate)?.cA !== true ||
          findExtension(certificate, oids.basicConstraints)?.critical !== true,
        'is an authority without critical basicConstraints that say so',
      ),
  },
  {
    id: 'basic-constraints-end-entity',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.9; C2PA 2.2 §14.5.1',
    profiles: END_ENTITIES,
    check: ({ certificate }) =>
      when(basicConstraints(certificate)?.cA === true, 'is no authority and its basicConstraints say it were'),
  },
  {
    id: 'basic-constraints-path-length',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.9',
    check: ({ certificate }) => {
      const constraints = basicConstraints(certificate)
      const length = constraints?.pathLenConstraint
      return when(length !== undefined && (!constraints?.cA || length < 0), 'has a path length without meaning')
    },
  },
  {
    id: 'subject-key-identifier',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.2',
    profiles: AUTHORITIES,
    check: ({ certificate }) => when(!subjectKeyIdentifier(certificate)?.length, 'has no subjectKeyIdentifier'),
  },
  {
    id: 'subject-key-identifier-end-entity',
    severity: 'warning',
    source: 'RFC 5280 §4.2.1.2',
    profiles: END_ENTITIES,
    check: ({ certificate }) => when(!subjectKeyIdentifier(certificate)?.length, 'has no subjectKeyIdentifier'),
  },
  {
    id: 'authority-key-identifier',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.1',
    profiles: ISSUED,
    check: ({ certificate }) =>
      when(!authorityKeyIdentifier(certificate)?.keyIdentifier?.length, 'has no authorityKeyIdentifier with a key'),
  },
  {
    id: 'authority-key-identifier-form',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.1; CA/Browser Forum BR §7.1.2.11.1',
    check: ({ certificate }) => {
      const identifier = authorityKeyIdentifier(certificate)
      return when(
        identifier?.authorityCertIssuer !== undefined || identifier?.authorityCertSerialNumber !== undefined,
        'names a certificate in its authorityKeyIdentifier, which ties it to that one alone',
      )
    },
  },
  {
    id: 'extended-key-usage-not-empty',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.12',
    check: ({ certificate }) => when(extendedKeyUsage(certificate)?.length === 0, 'has an empty extKeyUsage'),
  },
  {
    id: 'extended-key-usage-any',
    severity: 'error',
    source: 'C2PA 2.2 §14.5.1',
    check: ({ certificate }) =>
      when(extendedKeyUsage(certificate)?.includes(oids.anyExtendedKeyUsage) === true, 'is for any extended key usage'),
  },
  {
    id: 'key-usage-present',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.3; C2PA 2.2 §14.5.1',
    check: ({ certificate }) => when(!keyUsage(certificate)?.size, 'has no keyUsage'),
  },
  {
    id: 'key-usage-critical',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.3',
    check: ({ certificate }) =>
      when(findExtension(certificate, oids.keyUsage)?.critical === false, 'has a keyUsage that is not critical'),
  },
  {
    id: 'key-usage-suits-key',
    severity: 'error',
    source: 'RFC 3279 §2.3.1; RFC 5480 §3; RFC 8410 §5',
    check: keyUsageOfAnotherKey,
  },
  {
    id: 'certificate-policies',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.4',
    check: ({ certificate }) => {
      const policies = certificatePolicies(certificate)?.map(({ policyIdentifier }) => policyIdentifier)
      return when(
        policies !== undefined && (policies.length === 0 || new Set(policies).size !== policies.length),
        'has certificatePolicies that are empty or name one twice',
      )
    },
  },
  {
    id: 'crl-address',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.13',
    profiles: ISSUED.filter((profile) => profile !== 'ocsp-responder'),
    check: ({ certificate }) => when(crlUris(certificate).length === 0, 'says of no CRL where it is'),
  },
  {
    id: 'ocsp-address',
    severity: 'error',
    source: 'RFC 5280 §4.2.2.1; C2PA certificate profiles',
    profiles: ISSUED.filter((profile) => profile !== 'ocsp-responder'),
    check: ({ certificate }) => when(ocspUris(certificate).length === 0, 'says of no OCSP responder where it is'),
  },
  {
    id: 'ocsp-no-check',
    severity: 'error',
    source: 'RFC 6960 §4.2.2.2.1',
    profiles: ['ocsp-responder'],
    check: ({ certificate }) =>
      when(
        findExtension(certificate, oids.ocspNoCheck) === undefined,
        'is an OCSP responder whose own status would have to be asked of itself',
      ),
  },
  {
    id: 'address-http',
    severity: 'error',
    source: 'CA/Browser Forum BR §7.1.2.11.2; RFC 5280 §8',
    check: ({ certificate }) => {
      const locations = [
        ...(authorityInformationAccess(certificate) ?? []).map(({ accessLocation }) => accessLocation),
        ...(crlDistributionPoints(certificate) ?? []).flatMap(({ distributionPoint }) =>
          distributionPoint?.type === 'fullName' ? distributionPoint.value : [],
        ),
      ]
      return when(
        locations.some(({ type, value }) => type !== 'uniformResourceIdentifier' || !isHttp(value)),
        'gives an address that is not one of plain HTTP',
      )
    },
  },
]

function rewritten<T>(type: Der<T>): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => type.encode(type.decode(bytes))
}

function isRewrittenTheSame(id: string, bytes: Uint8Array): boolean {
  const rewrite = REWRITTEN[id]
  if (!rewrite) return true
  try {
    return equalBytes(rewrite(bytes), bytes)
  } catch (error) {
    if (error instanceof PkiError) return false
    throw error
  }
}

function isNeverCritical(id: string): boolean {
  return MUST_NOT_BE_CRITICAL.includes(id)
}

function keyUsageOfAnotherKey({ certificate }: LintSubject): string | undefined {
  const usage = keyUsage(certificate)
  const { type } = certificate.publicKey
  const wrong =
    type === 'RSA'
      ? (['keyAgreement', 'encipherOnly', 'decipherOnly'] as const)
      : type === 'EC'
        ? (['keyEncipherment', 'dataEncipherment'] as const)
        : (['keyEncipherment', 'dataEncipherment', 'keyAgreement', 'encipherOnly', 'decipherOnly'] as const)
  const found = wrong.find((bit) => usage?.has(bit))
  return found && `has the key usage ${found}, which its ${type} key is not for`
}

function isHttp(value: string): boolean {
  return /^http:\/\/[A-Za-z0-9[]/.test(value) && URL.canParse(value)
}
