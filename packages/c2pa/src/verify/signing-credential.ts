/** The certificate profile for signers. C2PA 2.2 §14.5.1. */
import {
  authorityKeyIdentifier,
  basicConstraints,
  type Certificate,
  extendedKeyUsage,
  keyUsage,
  oids,
  type SignatureAlgorithm,
  signatureAlgorithmFrom,
  suitsKey,
} from '@countersign/pki'

/** Purposes for which a validator may keep anchors for signers; claim signing is C2PA's own. C2PA 2.2 §14.4.1. */
export const signingPurposes: readonly string[] = [
  oids.c2paClaimSigning,
  oids.emailProtection,
  oids.documentSigning,
  '1.3.6.1.4.1.311.76.59.1.9', // Microsoft C2PA signing
]

const SMALLEST_RSA = 2048

/** Why a certificate can not be a signer's; undefined when it can. Of `isAllowed` ones only the key counts (§14.5.1.1). */
export function credentialFault(
  certificate: Certificate,
  purposes: readonly string[],
  isAllowed: boolean,
): string | undefined {
  try {
    const fault = keyFault(certificate)
    if (isAllowed) return fault
    return formFault(certificate) ?? fault ?? keyUsageFault(certificate) ?? purposeFault(certificate, purposes)
  } catch (error) {
    return `certificate extensions can not be read: ${(error as Error).message}`
  }
}

/** §14.5.1.1: version 3, no unique identifiers, a strong signature, an end entity that names its issuer's key. */
function formFault(certificate: Certificate): string | undefined {
  if (certificate.version !== 3) return `certificate of version ${certificate.version}`
  if (certificate.hasUniqueIds) return 'certificate with unique identifiers'
  const algorithm = signatureAlgorithmFrom(certificate.signatureAlgorithm)
  if (!algorithm || algorithm.startsWith('ML-DSA')) return 'certificate signature algorithm is not allowed'
  if (new Set(certificate.extensions.map(({ id }) => id)).size !== certificate.extensions.length)
    return 'certificate with an extension twice'
  if (basicConstraints(certificate)?.cA) return 'expected end-entity certificate'
  return authorityKeyIdentifier(certificate) ? undefined : 'certificate has no authority key identifier'
}

/** §14.5.1.1: P-256, P-384, P-521, RSA from 2048 bits, Ed25519. */
function keyFault({ publicKey }: Certificate): string | undefined {
  switch (publicKey.type) {
    case 'EC':
      return publicKey.curve ? undefined : 'certificate key is on a curve that is not allowed'
    case 'RSA':
    case 'RSASSA-PSS':
      return publicKey.bits < SMALLEST_RSA ? 'certificate key length too short' : undefined
    case 'Ed25519':
      return undefined
    default:
      return 'certificate key algorithm is not allowed'
  }
}

function keyUsageFault(certificate: Certificate): string | undefined {
  const usage = keyUsage(certificate)
  if (!usage?.has('digitalSignature')) return 'certificate missing digitalSignature key usage'
  if (usage.has('keyCertSign')) return 'certificate has keyCertSign and is no authority'
  return undefined
}

/** §14.5.1.1: one purpose at least that signing is for; those of time stamping and OCSP stand alone, for that only. */
function purposeFault(certificate: Certificate, purposes: readonly string[]): string | undefined {
  const own = extendedKeyUsage(certificate)
  if (!own || own.length === 0) return 'certificate missing required EKU'
  if (own.includes(oids.anyExtendedKeyUsage)) return 'certificate has anyExtendedKeyUsage'
  if (own.includes(oids.timeStamping) || own.includes(oids.ocspSigning)) return 'certificate invalid set of EKUs'
  return own.some((purpose) => purposes.includes(purpose)) ? undefined : 'certificate missing required EKU'
}

/** Whether the key works with the algorithm: any of the three curves with any ECDSA one. C2PA 2.2 §13.2.1. */
export function keySuits(algorithm: SignatureAlgorithm, certificate: Certificate): boolean {
  return suitsKey(algorithm, certificate.publicKey)
}

/** Bytes of one number of an ECDSA signature in COSE's form; undefined for keys on no curve. RFC 9053 §2.1. */
export function curveBytes({ publicKey }: Certificate): number | undefined {
  return publicKey.curve && Math.ceil(publicKey.bits / 8)
}
