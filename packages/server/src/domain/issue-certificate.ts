/** Issuing, in Boulder's order: check, reserve the serial, build, lint, record the intent, sign, store, audit. */
import { encodeHex } from '@countersign/codec'
import {
  assembleCertificate,
  commonName,
  digest,
  type Extension,
  type GeneralName,
  keyIdentifier,
  type LintRule,
  type Name,
  nameText,
  PublicKey,
  randomSerialNumber,
  toBeSigned,
} from '@countersign/pki'
import { allDone } from './all-done.ts'
import type { CertificateProfile, IssuedCertificate } from './certificate.ts'
import { extensionsOf } from './certificate-profile.ts'
import { requireStillSecret, reserveForKey } from './certified-key.ts'
import { requireClean } from './clean-certificate.ts'
import { partitionOf, revocationListUrl } from './crl-partition.ts'
import type { Issuer } from './issuer.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** What is asked of an authority. */
export type IssueRequest = {
  readonly issuer: Issuer
  readonly profile: CertificateProfile
  readonly subject: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly subjectAlternativeNames?: readonly GeneralName[]
  /** What the key may be used for, where it is not the same in each certificate of the profile. */
  readonly usages?: readonly Extension[]
  /** It begins a minute ago, for clocks that are slow, and ends no later than its authority. */
  readonly days: number
  /** Lints beside those of every such certificate. */
  readonly rules?: readonly LintRule[]
  /** Earlier than after `days`. */
  readonly endsAt?: Date
  readonly accountId?: string
  readonly actor: Actor
  /** What has to be done with the finished certificate before it is stored: if it fails, there is none. */
  readonly prepare?: (certificate: IssuedCertificate) => Promise<void>
  /** What has to be stored together with the certificate: in the same transaction, and not without it. A device's is shared: it may run twice. */
  readonly record?: (repositories: Repositories, certificate: IssuedCertificate) => Promise<void>
}

const MINUTE = 60_000
const DAY = 86_400_000

/** The serial number as it stands in the store. */
export function serialNumberText(serialNumber: bigint): string {
  return serialNumber.toString(16)
}

/** Issues a certificate; resolves once it is stored. A crash on the way leaves it reserved, with what was to be signed. */
export async function issueCertificate(world: World, request: IssueRequest): Promise<IssuedCertificate> {
  const { issuer, profile, subject, publicKey } = request
  checkPublicKey(publicKey)
  const { notBefore, notAfter } = validity(world.now(), request)
  const { algorithm } = issuer.signer
  const serialNumber = randomSerialNumber()
  const crlPartition = partitionOf(profile, serialNumber)
  const tbs = toBeSigned(
    {
      serialNumber,
      issuer: issuer.certificate.subject,
      notBefore,
      notAfter,
      subject,
      publicKey,
      extensions: extensionsOf({
        profile,
        subjectKeyIdentifier: keyIdentifier(publicKey),
        issuerKeyIdentifier: issuer.keyIdentifier,
        issuerUrls: { ...issuer.urls, crl: revocationListUrl(world.pkiUrl, issuer.authority.purpose, crlPartition) },
        isNameless: subject.length === 0,
        ...(request.subjectAlternativeNames && { subjectAlternativeNames: request.subjectAlternativeNames }),
        ...(request.usages && { usages: request.usages }),
      }),
    },
    algorithm,
  )
  await requireClean(tbs, issuer, profile, request.rules)
  const reserved: IssuedCertificate = {
    id: uuidV7(world.now()),
    authorityId: issuer.authority.id,
    accountId: request.accountId,
    profile,
    serialNumber: serialNumberText(serialNumber),
    subject: nameText(subject),
    commonName: commonName(subject) ?? '',
    notBefore,
    notAfter,
    status: 'reserved',
    bytes: tbs,
    fingerprint: undefined,
    revocation: undefined,
    crlPartition,
    createdAt: world.now(),
  }
  await world.store.sharedTransaction((repositories) => reserveForKey(repositories, reserved, publicKey))
  const bytes = assembleCertificate(tbs, algorithm, await issuer.signer.sign(tbs))
  const certificate: IssuedCertificate = { ...reserved, status: 'issued', bytes, fingerprint: digest('sha256', bytes) }
  await request.prepare?.(certificate)
  await store(world, request, certificate)
  return certificate
}

async function store(
  world: World,
  { actor, record, publicKey }: IssueRequest,
  certificate: IssuedCertificate,
): Promise<void> {
  const { id, bytes, fingerprint } = certificate
  if (!fingerprint) throw new TypeError('an issued certificate has a fingerprint')
  // What belongs to other certificates reads before it writes, and refers to them; and they come one at a time.
  const isShared = certificate.profile === 'device'
  const transact = isShared ? world.store.sharedTransaction : world.store.transaction
  await transact(async (repositories) => {
    const issue = async (): Promise<void> => {
      if (await repositories.certificates.issue(id, bytes, fingerprint)) return
      await requireStillSecret(repositories, publicKey)
      throw new Error(`the certificate ${id} is no longer reserved`)
    }
    const issued = issue()
    if (!isShared) await issued
    await allDone([
      issued,
      record?.(repositories, certificate),
      repositories.auditEvents.append(
        auditEvent(world.now(), actor, {
          action: 'certificate.issue',
          resourceType: 'certificate',
          resourceId: id,
          accountId: certificate.accountId,
          details: {
            profile: certificate.profile,
            serialNumber: certificate.serialNumber,
            subject: certificate.subject,
            notAfter: certificate.notAfter.toISOString(),
            fingerprint: encodeHex(fingerprint),
          },
        }),
      ),
    ])
  })
}

/** Begins a minute ago, lasts `days` to the second, and stays within its authority's own validity. */
function validity(now: Date, { issuer, days, endsAt }: IssueRequest): { notBefore: Date; notAfter: Date } {
  const seconds = Math.floor((now.getTime() - MINUTE) / 1000) * 1000
  const notBefore = new Date(Math.max(seconds, issuer.certificate.notBefore.getTime()))
  const ends = [notBefore.getTime() + days * DAY - 1000, issuer.certificate.notAfter.getTime()]
  const notAfter = new Date(Math.min(...ends, endsAt?.getTime() ?? Number.POSITIVE_INFINITY))
  if (notAfter <= now)
    throw new Refusal('unavailable', 'authority_ended', `The authority for ${issuer.authority.purpose} has ended`)
  return { notBefore, notAfter }
}

function checkPublicKey(publicKey: Uint8Array): void {
  try {
    PublicKey.decode(publicKey)
  } catch (cause) {
    throw new Refusal('invalid', 'invalid_public_key', 'The public key is none that can be certified', { cause })
  }
}
