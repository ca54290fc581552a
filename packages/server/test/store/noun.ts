/** Nouns for the store's tests, whole and as the store gives them back. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Account } from '../../src/domain/account.ts'
import type { AuditEvent } from '../../src/domain/audit-event.ts'
import type { Authority } from '../../src/domain/authority.ts'
import type { IssuedCertificate } from '../../src/domain/certificate.ts'
import type { Credential } from '../../src/domain/credential.ts'
import type { EnrollmentRight } from '../../src/domain/enrollment-right.ts'
import type { WrappedKey } from '../../src/domain/private-key.ts'
import type { SignatureRecord } from '../../src/domain/signature.ts'
import type { Store } from '../../src/domain/store.ts'
import type { User } from '../../src/domain/user.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'

/** A moment with milliseconds that a coarse column would lose. */
export const NOW = new Date('2026-03-04T05:06:07.891Z')

/** Random bytes, as the store gives them back. */
export function bytes(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length))
}

export function account(changes: Partial<Account> = {}): Account {
  return {
    id: randomUUID(),
    name: 'Nordwind Zeitung',
    friendlyIdentifier: randomUUID(),
    active: true,
    servicePeriod: { from: NOW, to: undefined },
    locale: 'en_US',
    defaultDigitalSourceType: undefined,
    createdAt: NOW,
    ...changes,
  }
}

export function user(accountId: string, changes: Partial<User> = {}): User {
  return {
    id: randomUUID(),
    accountId,
    kind: 'service',
    email: `${randomUUID()}@example.com`,
    friendlyName: 'Bildredaktion',
    description: '',
    status: 'active',
    endsAt: undefined,
    locale: 'en_US',
    roles: [],
    permissions: ['SIGN_CTM_CONTENT'],
    customPermissions: [],
    managers: [],
    passwordHash: undefined,
    createdAt: NOW,
    createdBy: undefined,
    ...changes,
  }
}

export function wrappedKey(): WrappedKey {
  return {
    id: randomUUID(),
    type: 'p256',
    publicKey: bytes(91),
    wrapped: bytes(166),
    boundTo: undefined,
    createdAt: NOW,
  }
}

export function authority(keyId: string, changes: Partial<Authority> = {}): Authority {
  return {
    id: randomUUID(),
    purpose: 'content-signing',
    name: 'Content signing',
    issuerId: undefined,
    keyId,
    certificate: bytes(600),
    createdAt: NOW,
    ...changes,
  }
}

export function certificate(authorityId: string, changes: Partial<IssuedCertificate> = {}): IssuedCertificate {
  return {
    id: randomUUID(),
    authorityId,
    accountId: undefined,
    profile: 'content-signing',
    serialNumber: Buffer.from(bytes(20)).toString('hex'),
    subject: 'CN=Nordwind Zeitung,O=Nordwind',
    commonName: 'Nordwind Zeitung',
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 86_400_000),
    status: 'reserved',
    bytes: bytes(500),
    fingerprint: undefined,
    revocation: undefined,
    crlPartition: undefined,
    createdAt: NOW,
    ...changes,
  }
}

export function enrollmentRight(
  of: Pick<EnrollmentRight, 'accountId' | 'enrollmentProfileId'>,
  changes: Partial<EnrollmentRight> = {},
): EnrollmentRight {
  return {
    id: randomUUID(),
    ...of,
    name: 'Line 1',
    description: '',
    proof: { kind: 'passcode', beginning: '23456', length: 20, hash: bytes(32) },
    status: 'active',
    usageLimit: undefined,
    numberOfUsage: 0,
    startsAt: undefined,
    endsAt: undefined,
    registeredValues: [],
    allowedNetworks: [],
    createdAt: NOW,
    createdBy: undefined,
    ...changes,
  }
}

export function auditEvent(changes: Partial<AuditEvent> = {}): AuditEvent {
  const at = new Date()
  return {
    id: uuidV7(at),
    at,
    accountId: undefined,
    actorId: undefined,
    actorKind: 'platform',
    action: 'content.sign',
    resourceType: 'signature',
    resourceId: undefined,
    status: 'success',
    details: {},
    ...changes,
  }
}

/** All that a signature refers to, in the store. */
export type Signing = {
  readonly account: Account
  readonly user: User
  readonly credential: Credential & { readonly certificateId: string }
}

export async function addSigning(store: Store): Promise<Signing> {
  const owner = account()
  const signer = user(owner.id)
  const key = wrappedKey()
  const issuer = authority(key.id)
  const issued = certificate(issuer.id, { accountId: owner.id })
  const credential: Signing['credential'] = {
    id: randomUUID(),
    accountId: owner.id,
    userId: undefined,
    nickname: 'EC',
    keyId: key.id,
    certificateId: issued.id,
    request: undefined,
    status: 'enabled',
    pinAttempts: 0,
    createdAt: NOW,
  }
  await store.accounts.add(owner)
  await store.users.add(signer)
  await store.privateKeys.add(key)
  await store.authorities.add(issuer)
  await addIssued(store, issued)
  await store.credentials.add(credential)
  return { account: owner, user: signer, credential }
}

/** Reserves a certificate and issues it: as it is then. */
export async function addIssued(store: Store, reserved: IssuedCertificate): Promise<IssuedCertificate> {
  const fingerprint = bytes(32)
  await store.certificates.reserve(reserved)
  await store.certificates.issue(reserved.id, reserved.bytes, fingerprint)
  return { ...reserved, status: 'issued', fingerprint }
}

export function signature({ account, user, credential }: Signing): SignatureRecord {
  return {
    id: randomUUID(),
    accountId: account.id,
    userId: user.id,
    credentialId: credential.id,
    certificateId: credential.certificateId,
    address: '192.0.2.7',
    asset: {
      inputHash: bytes(32),
      outputHash: bytes(32),
      manifestLabel: `urn:c2pa:${randomUUID()}`,
      format: 'image/jpeg',
      size: 1_048_576,
    },
    signedHash: undefined,
    createdAt: NOW,
  }
}
