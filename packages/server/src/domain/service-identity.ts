/** The certificates of the platform's own services, at hand with their keys; and their renewal. */
import { Certificate, type GeneralName, type Name, name, type Signer, subjectAlternativeName } from '@countersign/pki'
import type { AuthorityPurpose } from './authority.ts'
import { AUTHORITY_PURPOSES } from './authority.ts'
import type { CertificateProfile } from './certificate.ts'
import { issueCertificate } from './issue-certificate.ts'
import { type Issuer, issuerFor } from './issuer.ts'
import type { WrappedKey } from './private-key.ts'
import { PLATFORM } from './record-event.ts'
import type { ServiceName } from './service-certificate.ts'
import type { Repositories } from './store.ts'
import { withinTransaction } from './transaction-world.ts'
import type { World } from './world.ts'

/** A service's certificate and key, ready to use. */
export type ServiceIdentity = {
  readonly certificate: Certificate
  readonly isRevoked: boolean
  readonly key: WrappedKey
  readonly signer: Signer
  /** The authorities above the certificate and below the root. */
  readonly chain: readonly Certificate[]
}

/** What the TLS certificate is for. */
export type TlsNames = { readonly dnsNames: readonly string[]; readonly addresses: readonly Uint8Array[] }

type Plan = {
  readonly authority: AuthorityPurpose
  readonly profile: CertificateProfile
  readonly days: number
  /** After how many days the next one takes over, with a key of its own. */
  readonly renewedAfterDays: number
  readonly commonName: string | undefined
  readonly subjectAlternativeNames?: readonly GeneralName[]
}

const DAY = 86_400_000

/** The services of the platform, each with a certificate of its own. */
export function serviceNames(): readonly ServiceName[] {
  return ['tls', 'time-stamping', ...AUTHORITY_PURPOSES.map((purpose): ServiceName => `ocsp:${purpose}`)]
}

function planOf(service: ServiceName, tls: TlsNames): Plan {
  if (service === 'tls')
    return {
      authority: 'tls-server',
      profile: 'tls-server',
      days: 90,
      renewedAfterDays: 60,
      // A CN holds 64 characters, and must be one of the names: without one that fits there is none.
      commonName: tls.dnsNames.find((dnsName) => dnsName.length <= 64),
      subjectAlternativeNames: [
        ...tls.dnsNames.map((value): GeneralName => ({ type: 'dNSName', value })),
        ...tls.addresses.map((value): GeneralName => ({ type: 'iPAddress', value })),
      ],
    }
  // Long, since a token must be verifiable for long; the key is used for a year and then destroyed.
  if (service === 'time-stamping')
    return {
      authority: 'time-stamping',
      profile: 'time-stamping',
      days: 5 * 365,
      renewedAfterDays: 365,
      commonName: 'Countersign Time Stamp Authority',
    }
  const purpose = service.slice('ocsp:'.length) as AuthorityPurpose
  return {
    authority: purpose,
    profile: 'ocsp-responder',
    days: 60,
    renewedAfterDays: 30,
    commonName: `Countersign OCSP Responder ${purpose}`,
  }
}

const FRESH_MS = 60_000
type Remembered = { readonly until: number; readonly identity: ServiceIdentity }
const remembered = new WeakMap<Repositories, Map<ServiceName, Remembered>>()

/** What a service uses now. A certificate that another node renewed is seen within a minute. */
export async function serviceIdentity(world: World, service: ServiceName): Promise<ServiceIdentity> {
  const known = remembered.get(world.store) ?? new Map<ServiceName, Remembered>()
  remembered.set(world.store, known)
  const now = world.now().getTime()
  const found = known.get(service)
  if (found && now < found.until && now >= found.until - FRESH_MS) return found.identity
  const identity = await loadIdentity(world, service)
  if (!identity) throw new Error(`the service ${service} has no certificate`)
  known.set(service, { until: now + FRESH_MS, identity })
  return identity
}

async function loadIdentity(world: World, service: ServiceName): Promise<ServiceIdentity | undefined> {
  const { serviceCertificates, certificates, privateKeys } = world.store
  const current = await serviceCertificates.find(service)
  if (!current) return undefined
  const [issued, key] = [await certificates.find(current.certificateId), await privateKeys.find(current.keyId)]
  if (!issued?.fingerprint || !key) return undefined
  const { chain } = await issuerFor(world, planOf(service, { dnsNames: [], addresses: [] }).authority)
  return {
    certificate: Certificate.decode(issued.bytes),
    isRevoked: issued.status === 'revoked',
    key,
    signer: world.keys.signer(key),
    chain,
  }
}

/**
 * Gives the service a certificate with a key of its own, unless the one it has still does. Nodes that come to it at
 * once take turns by a lock, and only the first one does it. Whether it was done.
 */
export async function renewServiceCertificate(world: World, service: ServiceName, tls: TlsNames): Promise<boolean> {
  if (!(await isDue(world, service, tls))) return false
  const key = await world.keys.generate('p256')
  const renewed = await world.store.transaction(async (repositories) => {
    const inside = withinTransaction(world, repositories)
    if (!(await repositories.locks.tryTake(`service-certificate:${service}`))) return false
    if (!(await isDue(inside, service, tls))) return false
    await installServiceCertificate(inside, service, tls, key)
    return true
  })
  if (renewed) remembered.get(world.store)?.delete(service)
  return renewed
}

/** Renews what is due of all services; which ones. */
export async function renewServiceCertificates(world: World, tls: TlsNames): Promise<readonly ServiceName[]> {
  const renewed: ServiceName[] = []
  for (const service of serviceNames()) if (await renewServiceCertificate(world, service, tls)) renewed.push(service)
  return renewed
}

/** Issues the service's certificate and puts it in place of the one before, whose key is destroyed. */
export async function installServiceCertificate(
  world: World,
  service: ServiceName,
  tls: TlsNames,
  key: WrappedKey,
  issuer?: Issuer,
): Promise<void> {
  const plan = planOf(service, tls)
  const before = await world.store.serviceCertificates.find(service)
  const subject: Name = name({ O: 'Countersign', CN: plan.commonName })
  await world.store.privateKeys.add(key)
  await issueCertificate(world, {
    issuer: issuer ?? (await issuerFor(world, plan.authority)),
    profile: plan.profile,
    subject,
    publicKey: key.publicKey,
    days: plan.days,
    actor: PLATFORM,
    ...(plan.subjectAlternativeNames && { subjectAlternativeNames: plan.subjectAlternativeNames }),
    record: async (repositories, { id }) => {
      await repositories.serviceCertificates.put({ service, keyId: key.id, certificateId: id, createdAt: world.now() })
      if (before) await repositories.privateKeys.remove(before.keyId)
    },
  })
}

async function isDue(world: World, service: ServiceName, tls: TlsNames): Promise<boolean> {
  const identity = await loadIdentity(world, service)
  if (!identity || identity.isRevoked) return true
  const { certificate } = identity
  const now = world.now().getTime()
  const plan = planOf(service, tls)
  // Compared by length of life: near the end of its authority a certificate is shorter than planned.
  const life = certificate.notAfter.getTime() - certificate.notBefore.getTime()
  const renewedAfter = Math.min(plan.renewedAfterDays * DAY, (life * plan.renewedAfterDays) / plan.days)
  if (now >= certificate.notBefore.getTime() + renewedAfter) return true
  return service === 'tls' && namesText(subjectAlternativeName(certificate)) !== namesText(plan.subjectAlternativeNames)
}

function namesText(names: readonly GeneralName[] = []): string {
  return names
    .map(({ type, value }) => `${type} ${value instanceof Uint8Array ? Array.from(value).join('.') : String(value)}`)
    .sort()
    .join('\n')
}
