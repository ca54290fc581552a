/** Making the authorities: a root that signs itself, and below it one for each purpose. */
import { encodeHex } from '@countersign/codec'
import {
  assembleCertificate,
  Certificate,
  digest,
  keyIdentifier,
  type Name,
  name,
  nameText,
  randomSerialNumber,
  toBeSigned,
} from '@countersign/pki'
import { lintCertificate } from '@countersign/pki/lint'
import type { Authority, AuthorityPurpose } from './authority.ts'
import type { IssuedCertificate } from './certificate.ts'
import { rootExtensions } from './certificate-profile.ts'
import { reserveForKey } from './certified-key.ts'
import { issueCertificate, serialNumberText } from './issue-certificate.ts'
import { type Issuer, issuerOf } from './issuer.ts'
import type { KeyType, WrappedKey } from './private-key.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

const NAMES: Readonly<Record<AuthorityPurpose, string>> = {
  root: 'Root',
  'tls-server': 'TLS Server',
  'client-auth': 'Client Authentication',
  'content-signing': 'Content Signing',
  'time-stamping': 'Time Stamping',
  device: 'Device',
}

const DAYS = { root: 20 * 365, issuing: 10 * 365 } as const

/** The key type of an authority. */
export function authorityKeyType(purpose: AuthorityPurpose): KeyType {
  return purpose === 'root' ? 'p384' : 'p256'
}

/** What tells the authorities of one platform from those of another: the beginning of the root's key identifier. */
function subjectOf(purpose: AuthorityPurpose, rootKeyIdentifier: Uint8Array): Name {
  return name({
    O: 'Countersign',
    CN: `Countersign ${NAMES[purpose]} CA ${encodeHex(rootKeyIdentifier.subarray(0, 4)).toUpperCase()}`,
  })
}

/** Makes the root, its key included; the caller gives a transaction. */
export async function establishRoot(world: World, key: WrappedKey): Promise<Issuer> {
  const signer = world.keys.signer(key)
  const identifier = keyIdentifier(key.publicKey)
  const subject = subjectOf('root', identifier)
  const serialNumber = randomSerialNumber()
  const now = world.now()
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000 - 60_000)
  const notAfter = new Date(notBefore.getTime() + DAYS.root * 86_400_000 - 1000)
  const tbs = toBeSigned(
    {
      serialNumber,
      issuer: subject,
      notBefore,
      notAfter,
      subject,
      publicKey: key.publicKey,
      extensions: rootExtensions(identifier),
    },
    signer.algorithm,
  )
  const bytes = assembleCertificate(tbs, signer.algorithm, await signer.sign(tbs))
  const findings = lintCertificate(bytes, 'root').filter(({ severity }) => severity !== 'notice')
  if (findings.length > 0) throw new Error(`the root would break rules: ${JSON.stringify(findings)}`)
  const { privateKeys, authorities, certificates, auditEvents } = world.store
  await privateKeys.add(key)
  const authority = authorityOf(world, 'root', key, bytes, undefined)
  await authorities.add(authority)
  const id = uuidV7(now)
  const reserved: IssuedCertificate = {
    id,
    authorityId: authority.id,
    accountId: undefined,
    profile: 'authority',
    serialNumber: serialNumberText(serialNumber),
    subject: nameText(subject),
    commonName: authority.name,
    notBefore,
    notAfter,
    status: 'reserved',
    bytes: tbs,
    fingerprint: undefined,
    revocation: undefined,
    crlPartition: undefined,
    createdAt: now,
  }
  await reserveForKey(world.store, reserved, key.publicKey)
  await certificates.issue(id, bytes, digest('sha256', bytes))
  await auditEvents.append(established(world, authority))
  return issuerOf(world, authority)
}

/** Makes the authority of a purpose below the root, its key included; the caller gives a transaction. */
export async function establishAuthority(
  world: World,
  root: Issuer,
  purpose: Exclude<AuthorityPurpose, 'root'>,
  key: WrappedKey,
): Promise<Issuer> {
  await world.store.privateKeys.add(key)
  const certificate = await issueCertificate(world, {
    issuer: root,
    profile: 'authority',
    subject: subjectOf(purpose, root.keyIdentifier),
    publicKey: key.publicKey,
    days: DAYS.issuing,
    actor: PLATFORM,
  })
  const authority = authorityOf(world, purpose, key, certificate.bytes, root.authority.id)
  await world.store.authorities.add(authority)
  await world.store.auditEvents.append(established(world, authority))
  return issuerOf(world, authority)
}

function authorityOf(
  world: World,
  purpose: AuthorityPurpose,
  key: WrappedKey,
  certificate: Uint8Array,
  issuerId: string | undefined,
): Authority {
  const { subject } = Certificate.decode(certificate)
  return {
    id: uuidV7(world.now()),
    purpose,
    name: subject.flat().at(-1)?.value ?? NAMES[purpose],
    issuerId,
    keyId: key.id,
    certificate,
    createdAt: world.now(),
  }
}

function established(world: World, authority: Authority): ReturnType<typeof auditEvent> {
  return auditEvent(world.now(), PLATFORM, {
    action: 'authority.establish',
    resourceType: 'authority',
    resourceId: authority.id,
    details: { purpose: authority.purpose, name: authority.name },
  })
}
