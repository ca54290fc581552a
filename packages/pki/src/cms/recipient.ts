/** Whether something may be encrypted for the holder of a certificate. RFC 5280 §4.2.1.3, RFC 5753 §4. */
import { lintPublicKey } from '../lint/lint-public-key.ts'
import type { Certificate } from '../x509/certificate.ts'
import { basicConstraints, keyUsage } from '../x509/certificate-extensions.ts'

/**
 * Why nothing should be encrypted for the holder of a certificate: its key, its validity, or what it says that it is for.
 * Undefined when there is nothing; whether to trust its issuer is for others to say. Throws PkiError where an extension is malformed.
 */
export function recipientFault(certificate: Certificate, at: Date): string | undefined {
  const { publicKey, notBefore, notAfter } = certificate
  const needed = publicKey.type === 'RSA' ? 'keyEncipherment' : 'keyAgreement'
  if (publicKey.type !== 'RSA' && publicKey.type !== 'EC')
    return 'its key is for signatures: it has to be an RSA key or one on P-256, P-384 or P-521'
  const [weakness] = lintPublicKey(publicKey)
  if (weakness) return `it ${weakness.message}`
  if (at < notBefore) return `it is not valid before ${notBefore.toISOString()}`
  if (at > notAfter) return `it ended at ${notAfter.toISOString()}`
  if (basicConstraints(certificate)?.cA)
    return 'it is that of an authority (basicConstraints CA:TRUE, as "openssl req -x509" has it unless told otherwise)'
  const usage = keyUsage(certificate)
  return usage && !usage.has(needed) ? `its key usage lacks ${needed}` : undefined
}
