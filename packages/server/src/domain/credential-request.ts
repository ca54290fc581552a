import { type Name, signCertificationRequest } from '@countersign/pki'
import { wrongPin } from './authorize-key.ts'
import { signingExtensions } from './certificate-profile.ts'
import { DEFAULT_ALGORITHM, type WrappedKey } from './private-key.ts'
import type { World } from './world.ts'

/** The request to take to an authority elsewhere, PKCS #10 in DER, signed by the key that it is about. */
export async function credentialRequest(
  { keys }: Pick<World, 'keys'>,
  { key, subject, pin }: { readonly key: WrappedKey; readonly subject: Name; readonly pin: string | undefined },
): Promise<Uint8Array> {
  // What authorities read: few of them know RSASSA-PSS in requests.
  const algorithm = key.type.startsWith('rsa') ? 'RS256' : DEFAULT_ALGORITHM[key.type]
  const template = { subject, extensions: signingExtensions() }
  if (pin === undefined) return signCertificationRequest(template, keys.signer(key, algorithm))
  const opened = await keys.open(key, pin)
  if (!opened) throw wrongPin()
  return signCertificationRequest(template, opened.signer(algorithm))
}
