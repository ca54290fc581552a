/** Client authentication certificates whose key is made here, for those who can't make a request: a PKCS#12 file, given once. */
import { encodePkcs12, type Pkcs12Encryption } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import { issuerFor, type SignatureHash, signingWith } from './issuer.ts'
import { findClientAuthCertificate, issueToPrincipal, type MadeCertificate } from './manage-client-auth-certificates.ts'
import { randomPassword } from './random-secret.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { World } from './world.ts'

/** What is asked for. */
export type GenerationWish = {
  readonly name: string
  /** ISO 8601. */
  readonly exp?: string | undefined
  /** Of the PKCS#12 file. */
  readonly encryption: Pkcs12Encryption
  /** Of the authority's signature. */
  readonly signatureHash: SignatureHash
}

/** What is told once: the file's password, and until when the file can be fetched, once. */
export type GeneratedCertificate = MadeCertificate & { readonly password: string; readonly endsAt: Date }

/** How long the file waits to be fetched. */
const WAITS_MS = 15 * 60_000

/** Makes key, certificate and file; the key is in the file alone. */
export async function generateClientAuthCertificate(
  world: World,
  principal: Principal,
  { name, exp, encryption, signatureHash }: GenerationWish,
): Promise<GeneratedCertificate> {
  const key = await world.keys.generate('rsa2048')
  const issuer = await signingWith(world, await issuerFor(world, 'client-auth'), signatureHash)
  const made = await issueToPrincipal(world, principal, issuer, { name, exp, publicKey: key.publicKey })
  const password = randomPassword()
  const { id } = made.clientAuthCertificate
  const root = await world.store.authorities.findByPurpose('root')
  const file = await encodePkcs12({
    privateKey: world.keys.privateKeyBytes(key),
    certificate: made.certificate.bytes,
    chain: [...issuer.chain.map(({ bytes }) => bytes), ...(root ? [root.certificate] : [])],
    friendlyName: name,
    password,
    encryption,
  })
  const endsAt = new Date(world.now().getTime() + WAITS_MS)
  await world.store.downloads.add({ id, wrapped: world.keys.wrapSecret(id, file), endsAt })
  return { ...made, password, endsAt }
}

/** The file, for the one time. */
export async function takePkcs12(world: World, principal: Principal, id: string): Promise<Uint8Array> {
  const { clientAuthCertificate } = await findClientAuthCertificate(world, principal, id)
  if (clientAuthCertificate.userId !== principal.user.id)
    throw new Refusal('forbidden', 'access_denied', 'The file is for the user whose certificate it is.')
  const download = await world.store.transaction(async ({ downloads, auditEvents }) => {
    const taken = await downloads.take(id)
    if (!taken || taken.endsAt < world.now()) return undefined
    const actor = { kind: 'user', id: principal.user.id, accountId: principal.account.id } as const
    const action = 'client_auth_certificate.download'
    await auditEvents.append(
      auditEvent(world.now(), actor, { action, resourceType: 'client_auth_certificate', resourceId: id }),
    )
    return taken
  })
  if (download) return world.keys.unwrapSecret(id, download.wrapped)
  throw new Refusal(
    'not_found',
    'download_not_found',
    'The file is not there: it was fetched, its 15 minutes are over, or the key was never here.',
  )
}
