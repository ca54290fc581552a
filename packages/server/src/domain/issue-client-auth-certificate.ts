import { name } from '@countersign/pki'
import type { IssuedCertificate } from './certificate.ts'
import type { ClientAuthCertificate } from './client-auth-certificate.ts'
import { issueCertificate } from './issue-certificate.ts'
import { type Issuer, issuerFor } from './issuer.ts'
import type { Actor } from './record-event.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** The longest life of a client authentication certificate. */
export const CLIENT_AUTH_DAYS = 397

/** Issues a certificate by which the user authenticates over mutual TLS, for a key of which only the public part is here. */
export async function issueClientAuthCertificate(
  world: World,
  {
    user,
    nickname,
    publicKey,
    days = CLIENT_AUTH_DAYS,
    actor,
    issuer,
  }: {
    readonly user: User
    readonly nickname: string
    readonly publicKey: Uint8Array
    readonly days?: number
    readonly actor: Actor
    readonly issuer?: Issuer
  },
): Promise<{ readonly clientAuthCertificate: ClientAuthCertificate; readonly certificate: IssuedCertificate }> {
  let clientAuthCertificate: ClientAuthCertificate | undefined
  const certificate = await issueCertificate(world, {
    issuer: issuer ?? (await issuerFor(world, 'client-auth')),
    profile: 'client-auth',
    subject: name({ CN: user.friendlyName.slice(0, 64), UID: user.id }),
    publicKey,
    days: Math.min(days, CLIENT_AUTH_DAYS),
    accountId: user.accountId,
    actor,
    record: async (repositories, { id }) => {
      const at = world.now()
      clientAuthCertificate = {
        id: uuidV7(at),
        userId: user.id,
        name: nickname,
        certificateId: id,
        enabled: true,
        createdAt: at,
      }
      await repositories.clientAuthCertificates.add(clientAuthCertificate)
    },
  })
  if (!clientAuthCertificate) throw new TypeError('issuing records the client authentication certificate')
  return { clientAuthCertificate, certificate }
}
