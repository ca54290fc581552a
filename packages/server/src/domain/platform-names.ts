/** The names by which clients know the platform itself: with a certificate for one of them a device could stand in its place. */
import { type GeneralName, oids, subjectAlternativeName } from '@countersign/pki'
import type { CertificateNames } from './certificate-names.ts'
import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import { alternativeText, matchesPattern } from './profile-field.ts'
import { Refusal } from './refusal.ts'
import { serviceIdentity } from './service-identity.ts'
import type { World } from './world.ts'

/** The other two are from when servers had to ask for strong ciphers: OpenSSL, and curl with it, still takes them for the first. */
const FOR_SERVERS: readonly string[] = [oids.serverAuth, '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1']

/**
 * Throws a Refusal for a certificate that TLS clients would take for the platform's own: it chains to the same root, and
 * is for servers, or does not say what for.
 */
export async function requireNamesOfOthers(
  world: World,
  { extendedKeyUsages }: Pick<DeviceCertificateProfile, 'extendedKeyUsages'>,
  { subject, subjectAlternativeNames }: CertificateNames,
): Promise<void> {
  if (extendedKeyUsages.length > 0 && !extendedKeyUsages.some((purpose) => FOR_SERVERS.includes(purpose))) return
  const { certificate } = await serviceIdentity(world, 'tls')
  const own = textsOf(subjectAlternativeName(certificate) ?? [])
  // Programs from before alternative names look at the common name, and some take it for more than it says.
  const asHosts = subject
    .flat()
    .filter(({ type }) => type === oids.commonName)
    .map(({ value }) => value.toLowerCase().replace(/\.+$/, ''))
  const names = [...textsOf(subjectAlternativeNames), ...asHosts]
  if (names.some((name) => own.some((one) => matchesPattern(name, one))))
    throw new Refusal(
      'invalid',
      'invalid_request',
      'certificate_profile_attributes: one of the names is the platform’s own, and the certificate would be for servers.',
    )
}

/** What clients compare, whichever kind of name it is: curl takes an address for a name where it stands as one. */
function textsOf(names: readonly GeneralName[]): readonly string[] {
  return names.map((name) => alternativeText(name)?.toLowerCase() ?? '').filter((text) => text !== '')
}
