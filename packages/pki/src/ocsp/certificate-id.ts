/** How OCSP names a certificate. RFC 6960 §4.1.1. */
import { type Der, der, equalBytes } from '@countersign/codec'
import { digest } from '#crypto'
import { AlgorithmIdentifier, hashAlgorithmFrom, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import { Name } from '../x509/name.ts'

/**
 *     CertID ::= SEQUENCE {
 *       hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING,
 *       serialNumber CertificateSerialNumber }
 *
 * RFC 6960 §4.1.1.
 */
export type CertID = {
  readonly hashAlgorithm: AlgorithmIdentifier
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  readonly serialNumber: bigint
}
/** The DER codec of CertID, RFC 6960 §4.1.1. */
export const CertID: Der<CertID> = der.sequence<CertID>({
  hashAlgorithm: AlgorithmIdentifier,
  issuerNameHash: der.octetString,
  issuerKeyHash: der.octetString,
  serialNumber: der.integer,
})

type IssuerHashes = { readonly name: Uint8Array; readonly key: Uint8Array }
const hashesOfIssuers = new WeakMap<Certificate, Map<HashAlgorithm, IssuerHashes>>()

/** A responder is asked about the same few issuers all the time. */
function hashesOf(issuer: Certificate, algorithm: HashAlgorithm): IssuerHashes {
  let ofIssuer = hashesOfIssuers.get(issuer)
  if (!ofIssuer) {
    ofIssuer = new Map()
    hashesOfIssuers.set(issuer, ofIssuer)
  }
  let hashes = ofIssuer.get(algorithm)
  if (!hashes) {
    hashes = { name: digest(algorithm, Name.encode(issuer.subject)), key: digest(algorithm, issuer.publicKey.key) }
    ofIssuer.set(algorithm, hashes)
  }
  return hashes
}

/** The CertID of a certificate, told by its issuer and serial number. SHA-1 is what every responder knows (RFC 5019 §2.1.1). */
export function certIdOf(issuer: Certificate, serialNumber: bigint, algorithm: HashAlgorithm = 'sha1'): CertID {
  const { name, key } = hashesOf(issuer, algorithm)
  return {
    hashAlgorithm: { algorithm: oids[algorithm], parameters: NULL_PARAMETERS },
    issuerNameHash: name,
    issuerKeyHash: key,
    serialNumber,
  }
}

/** Whether a CertID is of a certificate of that issuer; false also for a hash that is not known here. RFC 6960 §4.1.1. */
export function isOfIssuer(certID: CertID, issuer: Certificate): boolean {
  const algorithm = hashAlgorithmFrom(certID.hashAlgorithm)
  if (!algorithm) return false
  const { name, key } = hashesOf(issuer, algorithm)
  return equalBytes(certID.issuerNameHash, name) && equalBytes(certID.issuerKeyHash, key)
}
