/** Certificates of the platform's own by which others than users enroll over mutual TLS. */
import { decodePem } from '@countersign/codec'
import { Certificate, digest, extendedKeyUsage, oids } from '@countersign/pki'
import type { CertificateProfile, IssuedCertificate } from './certificate.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'

/** Those of the authorities for clients and for devices: of them it is known at each use whether they still count. */
const PROFILES: readonly CertificateProfile[] = ['client-auth', 'device']

/** The certificate in a PEM. Throws a Refusal unless it is one of the account that counts now, and that TLS takes from a client. */
export async function authenticationCertificateOf(
  { certificates }: Pick<Repositories, 'certificates'>,
  { accountId, pem, at }: { readonly accountId: string; readonly pem: string; readonly at: Date },
): Promise<IssuedCertificate> {
  const bytes = certificateBytes(pem)
  const found = await certificates.findByFingerprint(digest('sha256', bytes))
  if (!found || found.accountId !== accountId || !PROFILES.includes(found.profile))
    throw invalid('one that was issued here, to a client or a device of the account.')
  const fault = faultOfIssued(found, at)
  if (fault) throw invalid(`${fault}.`)
  const purposes = extendedKeyUsage(Certificate.decode(bytes))
  if (purposes && !purposes.includes(oids.clientAuth))
    throw invalid('it is not for client authentication (extKeyUsage).')
  return found
}

/** Why a certificate of the platform's own does not count now; undefined for one that does. */
export function faultOfIssued({ status, notBefore, notAfter }: IssuedCertificate, at: Date): string | undefined {
  if (status === 'revoked') return 'the certificate is revoked'
  if (status !== 'issued') return 'the certificate was not issued'
  if (at < notBefore) return 'the certificate is not valid yet'
  return at > notAfter ? 'the certificate has expired' : undefined
}

/** The first, which is the certificate itself wherever its chain is given along. */
function certificateBytes(pem: string): Uint8Array {
  try {
    const [first] = decodePem(pem).filter(({ label }) => label === 'CERTIFICATE')
    if (first) return first.bytes
  } catch (cause) {
    throw invalid('a certificate in PEM.', cause)
  }
  throw invalid('a certificate in PEM.')
}

function invalid(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', `pem: ${what}`, { cause })
}
