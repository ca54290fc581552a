/** The parts of an authority's revocation list: which certificates they are of, and where they stand. RFC 5280 §5.2.5. */
import type { AuthorityPurpose } from './authority.ts'
import { type CertificateProfile, WHOLE_LIST } from './certificate.ts'

/** Of a million certificates each part has eight thousand: devices fetch some kilobytes where the whole is megabytes. */
export const CRL_PARTITIONS = 128

/** The part that a certificate will name, by its serial number, which is random; undefined for those that name the whole list. */
export function partitionOf(profile: CertificateProfile, serialNumber: bigint): number | undefined {
  return profile === 'device' ? Number(serialNumber % BigInt(CRL_PARTITIONS)) + 1 : undefined
}

/** Whether an authority has such a part: only devices' certificates name parts. */
export function isPartition(purpose: AuthorityPurpose, partition: number): boolean {
  return purpose === 'device' && Number.isInteger(partition) && partition >= 1 && partition <= CRL_PARTITIONS
}

/** Where a list stands on the plain port. */
export function revocationListUrl(pkiUrl: string, purpose: AuthorityPurpose, partition = WHOLE_LIST): string {
  return partition === WHOLE_LIST ? `${pkiUrl}/crl/${purpose}.crl` : `${pkiUrl}/crl/${purpose}/${partition}.crl`
}
