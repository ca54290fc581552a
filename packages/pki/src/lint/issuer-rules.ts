/** Lints of a certificate beside the one above it: what would break its path. */
import { equalBytes } from '@countersign/codec'
import { signatureAlgorithmFrom, suitsKey } from '../crypto/signature-algorithm.ts'
import { nameConstraintViolation } from '../path/name-constraints.ts'
import type { Certificate } from '../x509/certificate.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyUsage,
  nameConstraints,
  subjectKeyIdentifier,
} from '../x509/certificate-extensions.ts'
import { equalNames } from '../x509/name.ts'
import { ISSUED, type LintRule, type LintSubject, when } from './lint-rule.ts'

/** The lints of the certificate beside its issuer's. */
export const issuerRules: readonly LintRule[] = [
  {
    id: 'root-self-issued',
    severity: 'error',
    source: 'RFC 5280 §3.2',
    profiles: ['root'],
    check: ({ certificate }) =>
      when(!equalNames(certificate.issuer, certificate.subject), 'is a root that another issued'),
  },
  {
    id: 'root-key-identifiers',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.1',
    profiles: ['root'],
    check: ({ certificate }) => {
      const authority = authorityKeyIdentifier(certificate)?.keyIdentifier
      const own = subjectKeyIdentifier(certificate)
      return when(
        authority !== undefined && own !== undefined && !equalBytes(authority, own),
        'is a root that names another key above it',
      )
    },
  },
  {
    id: 'issued-not-self-issued',
    severity: 'error',
    source: 'C2PA 2.2 §14.5.1',
    profiles: ISSUED.filter((profile) => profile !== 'authority'),
    check: ({ certificate }) =>
      when(equalNames(certificate.issuer, certificate.subject), 'has its issuer for a subject'),
  },
  {
    id: 'issuer-name',
    severity: 'error',
    source: 'RFC 5280 §6.1.3 (a)(4)',
    check: issued((certificate, issuer) =>
      when(!equalNames(certificate.issuer, issuer.subject), 'names another issuer than the one that signs it'),
    ),
  },
  {
    id: 'issuer-key-identifier',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.1',
    check: issued((certificate, issuer) => {
      const named = authorityKeyIdentifier(certificate)?.keyIdentifier
      const own = subjectKeyIdentifier(issuer)
      return when(
        named !== undefined && own !== undefined && !equalBytes(named, own),
        'has an authorityKeyIdentifier that is not the subjectKeyIdentifier of its issuer',
      )
    }),
  },
  {
    id: 'issuer-signature-algorithm',
    severity: 'error',
    source: 'RFC 5280 §4.1.1.2',
    check: issued((certificate, issuer) => {
      const algorithm = signatureAlgorithmFrom(certificate.signatureAlgorithm)
      return when(
        algorithm !== undefined && !suitsKey(algorithm, issuer.publicKey),
        `is signed with ${algorithm}, which its issuer's key is not for`,
      )
    }),
  },
  {
    id: 'issuer-authority',
    severity: 'error',
    source: 'RFC 5280 §6.1.4 (k), (n)',
    check: issued((_, issuer) =>
      when(
        basicConstraints(issuer)?.cA !== true || keyUsage(issuer)?.has('keyCertSign') === false,
        'has an issuer that may not sign certificates',
      ),
    ),
  },
  {
    id: 'issuer-path-length',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.9',
    profiles: ['authority'],
    check: issued((_, issuer) =>
      when(basicConstraints(issuer)?.pathLenConstraint === 0, 'is an authority under one that may have none below'),
    ),
  },
  {
    id: 'issuer-validity',
    severity: 'error',
    source: 'RFC 5280 §6.1.3 (a)(2)',
    check: issued((certificate, issuer) =>
      when(certificate.notAfter > issuer.notAfter, 'is valid for longer than its issuer is'),
    ),
  },
  {
    id: 'issuer-name-constraints',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.10',
    check: issued((certificate, issuer) => {
      const constraints = nameConstraints(issuer)
      return constraints && nameConstraintViolation(certificate, [constraints])
    }),
  },
]

/** A check that needs the issuer, and has nothing to say where it is not known. */
function issued(check: (certificate: Certificate, issuer: Certificate) => string | undefined): LintRule['check'] {
  return ({ certificate, issuer }: LintSubject) => issuer && check(certificate, issuer)
}
