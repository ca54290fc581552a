/** Certificates of devices: seen by who may see them, revoked, held and released. */
import { encodePem } from '@countersign/codec'
import { encodeCertificatesOnly } from '@countersign/pki'
import { type Principal, requirePermission } from './authenticate.ts'
import type { RevocationReason } from './certificate.ts'
import { currentPrincipal } from './current-principal.ts'
import type { DeviceCertificate, DeviceCertificatePage, DeviceCertificateQuery } from './device-certificate.ts'
import { knownAuthority } from './known-authorities.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { revokeCertificate } from './revoke-certificate.ts'
import type { Repositories } from './store.ts'
import { withinTransaction } from './transaction-world.ts'
import type { World } from './world.ts'

/** A certificate with its authorities below the root, and the root, DER. */
export type ChainedCertificate = DeviceCertificate & {
  readonly intermediates: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** Why a certificate is revoked, and from when on: a moment that has been. */
export type Revocation = {
  readonly reason: RevocationReason
  readonly date: Date | undefined
  readonly comments: string | undefined
}

/** The forms in which a certificate is downloaded. */
export const CERTIFICATE_FORMATS = ['pem', 'der', 'pkcs7', 'chain'] as const

export type CertificateFormat = (typeof CERTIFICATE_FORMATS)[number]

/** One of the principal's account. */
export async function findDeviceCertificate(
  world: World,
  { account }: Principal,
  idOrSerialNumber: string,
): Promise<ChainedCertificate> {
  return chainedCertificate(world, account.id, idOrSerialNumber)
}

/** One of an account. */
export async function chainedCertificate(
  world: World,
  accountId: string,
  idOrSerialNumber: string,
): Promise<ChainedCertificate> {
  return chained(world, await visibleDeviceCertificate(world.store, accountId, idOrSerialNumber, world.now()))
}

/** Those of the principal's account that are so. */
export async function listDeviceCertificates(
  world: World,
  { account }: Principal,
  query: Omit<DeviceCertificateQuery, 'accountId' | 'at'>,
): Promise<Omit<DeviceCertificatePage, 'records'> & { readonly records: readonly ChainedCertificate[] }> {
  const { records, ...counted } = await world.store.deviceCertificates.list({
    ...query,
    accountId: account.id,
    at: world.now(),
  })
  return { ...counted, records: await Promise.all(records.map((record) => chained(world, record))) }
}

/** The file of a certificate: by itself, or with its authorities up to the root. */
export function certificateAs(
  format: CertificateFormat,
  { certificate, intermediates, root }: ChainedCertificate,
): Uint8Array {
  const all = [certificate.bytes, ...intermediates, root]
  const pem = (certificates: readonly Uint8Array[]): Uint8Array =>
    new TextEncoder().encode(certificates.map((bytes) => encodePem('CERTIFICATE', bytes)).join(''))
  if (format === 'der') return certificate.bytes
  if (format === 'pkcs7') return encodeCertificatesOnly(all)
  return pem(format === 'chain' ? all : [certificate.bytes])
}

/** Revokes for good, or with the reason certificate_hold until it is released; what is on hold can be revoked for good. */
export async function revokeDeviceCertificate(
  world: World,
  principal: Principal,
  idOrSerialNumber: string,
  { reason, date, comments }: Revocation,
): Promise<void> {
  await changing(world, principal, idOrSerialNumber, async (inside, { certificate }, actor) => {
    if (date && (date < certificate.notBefore || date > inside.now()))
      throw new Refusal(
        'invalid',
        'invalid_request',
        `revocation_date: from ${certificate.notBefore.toISOString()}, when the certificate began, up to now.`,
      )
    await revokeCertificate(inside, certificate.id, reason, actor, {
      ...(date && { invalidSince: date }),
      ...(comments && { comments }),
    })
  })
}

/** Ends a hold: the certificate counts again. */
export async function releaseDeviceCertificate(
  world: World,
  principal: Principal,
  idOrSerialNumber: string,
): Promise<void> {
  await changing(world, principal, idOrSerialNumber, async ({ store, now }, { certificate }, actor) => {
    if (!(await store.certificates.release(certificate.id, now())))
      throw new Refusal('conflict', 'certificate_not_on_hold', 'The certificate is not on hold.')
    await store.auditEvents.append(
      auditEvent(now(), actor, {
        action: 'certificate.release',
        resourceType: 'certificate',
        resourceId: certificate.id,
        details: { serialNumber: certificate.serialNumber },
      }),
    )
  })
}

/** Does something to a certificate's status in one transaction, and has its authority's list made anew afterwards. */
async function changing(
  world: World,
  principal: Principal,
  idOrSerialNumber: string,
  work: (inside: World, found: DeviceCertificate, actor: Actor) => Promise<void>,
): Promise<void> {
  const { account, user } = principal
  const authorityIds = await world.store.transaction(async (repositories) => {
    requirePermission(await currentPrincipal(repositories, principal), 'MANAGE_IOT_CERTIFICATE')
    const found = await visibleDeviceCertificate(repositories, account.id, idOrSerialNumber, world.now())
    // Told after the commit, when the lists can be made anew.
    const told = new Set([found.certificate.authorityId])
    const inside = { ...withinTransaction(world, repositories), onRevocation: (id: string) => void told.add(id) }
    await work(inside, found, { kind: 'user', id: user.id, accountId: account.id })
    return told
  })
  for (const authorityId of authorityIds) world.onRevocation?.(authorityId)
}

/** One of an account, by its id or its serial number: serial numbers have no dashes, and as many colons as people like. */
export async function visibleDeviceCertificate(
  { deviceCertificates }: Pick<Repositories, 'deviceCertificates'>,
  accountId: string,
  idOrSerialNumber: string,
  at: Date,
): Promise<DeviceCertificate> {
  const serialNumber = idOrSerialNumber.replaceAll(':', '').toLowerCase().replace(/^0+/, '')
  const found = /^[0-9a-f]{1,40}$/.test(serialNumber)
    ? (await deviceCertificates.list({ accountId, at, serialNumber, offset: 0, limit: 1 })).records[0]
    : await deviceCertificates.find(accountId, idOrSerialNumber)
  if (found) return found
  throw noSuchDeviceCertificate()
}

/** What there is not, and what is another account's. */
export function noSuchDeviceCertificate(): Refusal {
  return new Refusal('not_found', 'entity_not_found', 'There is no such certificate.')
}

async function chained(world: World, found: DeviceCertificate): Promise<ChainedCertificate> {
  const intermediates: Uint8Array[] = []
  for (let authorityId: string | undefined = found.certificate.authorityId; authorityId !== undefined; ) {
    const authority = await knownAuthority(world, authorityId)
    if (!authority) throw new Error(`the authority ${authorityId} is missing`)
    if (authority.issuerId === undefined) return { ...found, intermediates, root: authority.certificate }
    intermediates.push(authority.certificate)
    authorityId = authority.issuerId
  }
  throw new Error('an authority has no root')
}
