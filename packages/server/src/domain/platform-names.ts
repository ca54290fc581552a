/** The names by which clients know the platform itself: with a certificate for one of them a device could stand in its place. */
import { encodeHex } from '@countersign/codec'
import { type GeneralName, oids, subjectAlternativeName } from '@countersign/pki'
import type { CertificateNames } from './certificate-names.ts'
import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import { Refusal } from './refusal.ts'
import { serviceIdentity } from './service-identity.ts'
import type { World } from './world.ts'

/**
 * Throws a Refusal for a certificate that TLS clients would take for the platform's own: it chains to the same root, and
 * is for servers, or does not say what for.
 */
export async function requireNamesOfOthers(
  world: World,
  { extendedKeyUsages }: Pick<DeviceCertificateProfile, 'extendedKeyUsages'>,
  { subject, subjectAlternativeNames }: CertificateNames,
): Promise<void> {
  if (extendedKeyUsages.length > 0 && !extendedKeyUsages.includes(oids.serverAuth)) return
  const { certificate } = await serviceIdentity(world, 'tls')
  const own = new Set((subjectAlternativeName(certificate) ?? []).map(textOf))
  const commonNames = subject.flat().filter(({ type }) => type === oids.commonName)
  // Programs from before alternative names look at the common name.
  const asHosts = commonNames.map(({ value }): GeneralName => ({ type: 'dNSName', value }))
  const names = [...subjectAlternativeNames, ...asHosts].map(textOf)
  if (names.some((name) => own.has(name)))
    throw new Refusal(
      'invalid',
      'invalid_request',
      'certificate_profile_attributes: one of the names is the platform’s own, and the certificate would be for servers.',
    )
}

function textOf({ type, value }: GeneralName): string {
  if (type === 'iPAddress') return `${type} ${encodeHex(value)}`
  return `${type} ${typeof value === 'string' ? value.toLowerCase() : ''}`
}
