import { type Name, name } from '@countersign/pki'
import type { IssuedCertificate } from './certificate.ts'
import type { ClientAuthCertificate } from './client-auth-certificate.ts'
import { CLIENT_AUTH_DAYS } from './client-auth-end.ts'
import { issueCertificate } from './issue-certificate.ts'
import { type Issuer, issuerFor } from './issuer.ts'
import { type Actor, auditEvent } from './record-event.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** Issues a certificate by which the user authenticates over mutual TLS, for a key of which only the public part is here. */
export async function issueClientAuthCertificate(
  world: World,
  {
    user,
    nickname,
    subject = name({ CN: user.friendlyName.slice(0, 64), UID: user.id }),
    publicKey,
    endsAt,
    actor,
    issuer,
    makerEndsAt,
    renewed,
  }: {
    readonly user: User
    readonly nickname: string
    readonly subject?: Name
    readonly publicKey: Uint8Array
    /** After the longest life unless it is given. */
    readonly endsAt?: Date
    readonly actor: Actor
    readonly issuer?: Issuer
    /** By when all has to end that is made with it. */
    readonly makerEndsAt?: Date
    /** The id of the one that it follows. */
    readonly renewed?: string
  },
): Promise<{ readonly clientAuthCertificate: ClientAuthCertificate; readonly certificate: IssuedCertificate }> {
  let clientAuthCertificate: ClientAuthCertificate | undefined
  const certificate = await issueCertificate(world, {
    issuer: issuer ?? (await issuerFor(world, 'client-auth')),
    profile: 'client-auth',
    subject,
    publicKey,
    days: CLIENT_AUTH_DAYS,
    ...(endsAt && { endsAt }),
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
        makerEndsAt,
        createdAt: at,
      }
      await repositories.clientAuthCertificates.add(clientAuthCertificate)
      await repositories.auditEvents.append(
        auditEvent(at, actor, {
          action: 'client_auth_certificate.create',
          resourceType: 'client_auth_certificate',
          resourceId: clientAuthCertificate.id,
          accountId: user.accountId,
          details: { name: nickname, userId: user.id, certificateId: id, ...(renewed !== undefined && { renewed }) },
        }),
      )
    },
  })
  if (!clientAuthCertificate) throw new TypeError('issuing records the client authentication certificate')
  return { clientAuthCertificate, certificate }
}
