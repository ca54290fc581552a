/** Certificates for devices, by a CSR or with a key pair that is made here: what the profile allows, and nothing else. */
import type { CertificationRequest, PublicKey } from '@countersign/pki'
import { allDone } from './all-done.ts'
import { type Applicant, requireOwnProfile } from './applicant.ts'
import type { IssuedCertificate } from './certificate.ts'
import { type CertificateNames, certificateNames, type GivenAttribute } from './certificate-names.ts'
import type { CertificateRequest } from './certificate-request.ts'
import { readCertificationRequest } from './certification-request.ts'
import { type DeviceCertificate, searchedNames } from './device-certificate.ts'
import { usagesOf } from './device-certificate-profile.ts'
import { DEVICE_KEY_TYPES, type DeviceKeyType, deviceKeyTypeOf } from './device-key-type.ts'
import { enrolledDevice, judgeDevice } from './enrolled-device.ts'
import { requireActive, requireOpen, requireUseLeft, useProfile } from './enrollment-limits.ts'
import type { Profiles } from './enrollment-profile.ts'
import { requireFilledIn } from './enrollment-sample.ts'
import { issueCertificate } from './issue-certificate.ts'
import { issuerFor, signingWith } from './issuer.ts'
import { deviceKeyPair } from './key-pool.ts'
import { knownRoot } from './known-authorities.ts'
import { requireNamesOfOthers } from './platform-names.ts'
import {
  type PrivateKeyFormat,
  type PrivateKeyPlan,
  type PrivateKeyWish,
  planPrivateKey,
  writePrivateKey,
} from './private-key-file.ts'
import { lintsOfProfile } from './profile-lint/lints-of-profile.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { deviceOfRenewed } from './renewable-certificate.ts'
import type { Repositories } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** Whose key it is: that of a request, PKCS #10 in PEM, or one that is made here. */
export type KeyWish =
  | { readonly by: 'client'; readonly csr: string }
  | {
      readonly by: 'server'
      readonly keyType: string | undefined
      readonly privateKey: PrivateKeyWish
      /** Where a request came along, whose names count and whose key does not. */
      readonly requested?: Pick<CertificationRequest, 'subject' | 'extensions'>
    }

/** What is asked for. */
export type EnrollmentWish = {
  readonly enrollmentProfileId: string
  readonly attributes: readonly GivenAttribute[]
  readonly deviceAttributes: readonly GivenAttribute[]
  readonly key: KeyWish
  /** Whether files that hold the key hold the authorities, too. */
  readonly includesChain: boolean
}

/** A certificate that was made now. */
export type EnrolledCertificate = {
  readonly request: CertificateRequest
  readonly certificate: IssuedCertificate
  /** Above it and below the root. */
  readonly intermediates: readonly Uint8Array[]
  readonly root: Uint8Array
  /** The key, where it was made here, in the format that was asked for; given this once. */
  readonly privateKey: { readonly format: PrivateKeyFormat; readonly bytes: Uint8Array } | undefined
}

/** What is asked for, once all of it has been judged. */
export type JudgedEnrollment = Pick<Enrollment, 'profiles' | 'deviceAttributes' | 'renewed'> &
  JudgedKey & {
    /** Of the device that it names. */
    readonly identifier: string | undefined
  }

/** Who makes the key, what it will be or how it will be handed out, and the names that go with it. */
export type JudgedKey = Pick<Enrollment, 'names' | 'keyType'> &
  (
    | { readonly keyGeneration: 'client'; readonly publicKey: Uint8Array }
    | { readonly keyGeneration: 'server'; readonly plan: PrivateKeyPlan; readonly includesChain: boolean }
  )

/** What a certificate will be. */
type Enrollment = {
  readonly profiles: Profiles
  readonly names: CertificateNames
  /** What is said of the device that it is for; nothing of one that renews another. */
  readonly deviceAttributes: readonly GivenAttribute[]
  /** The one that it renews, whose device it is for. */
  readonly renewed: DeviceCertificate | undefined
  readonly keyGeneration: CertificateRequest['keyGeneration']
  readonly status: CertificateRequest['status']
  readonly keyType: DeviceKeyType
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
}

/** Issues a certificate under an enrollment profile of the applicant's account, unless somebody has to approve it. */
export async function enrollCertificate(
  world: World,
  applicant: Applicant,
  wish: EnrollmentWish,
): Promise<EnrolledCertificate> {
  const judged = await judgeEnrollment(world, applicant, wish)
  if (judged.profiles.enrollment.approval === 'manual')
    throw new Refusal(
      'conflict',
      'approval_required',
      'enrollment_profile_id: under this profile somebody approves each certificate: request it by POST /iot/api/v1/certificate.',
    )
  return issueJudged(world, applicant, judged)
}

/** Judges all of what is asked for; nothing is made. */
export async function judgeEnrollment(
  world: World,
  applicant: Applicant,
  wish: EnrollmentWish,
): Promise<JudgedEnrollment> {
  requireOwnProfile(applicant, wish.enrollmentProfileId)
  const profiles = await visibleProfiles(world.store, applicant.accountId, wish.enrollmentProfileId)
  requireOpen(profiles.enrollment, applicant, world.now())
  requireUseLeft(profiles.enrollment)
  requireActive(profiles.division)
  requireFilledIn(wish, profiles.device)
  const device = await judgeDevice(world.store, applicant, {
    enrollment: profiles.enrollment,
    profile: profiles.device,
    attributes: wish.deviceAttributes,
    at: world.now(),
  })
  const key = await judgeKey(world, profiles, wish, (requested) =>
    certificateNames(profiles.certificate, wish.attributes, requested, applicant.heldTo?.registeredValues),
  )
  const { deviceAttributes } = wish
  return { profiles, identifier: device?.identifier, deviceAttributes, renewed: undefined, ...key }
}

/** Issues what was judged a moment ago; the status says whether somebody approved it. */
export async function issueJudged(
  world: World,
  applicant: Applicant,
  judged: JudgedEnrollment,
  status: CertificateRequest['status'] = 'AUTO_APPROVED',
): Promise<EnrolledCertificate> {
  if (judged.keyGeneration === 'client') return issueToDevice(world, applicant, { ...judged, status })
  const { plan, includesChain } = judged
  // What lies ready is for those who wait for an answer.
  const { publicKey, privateKey } =
    applicant.method === 'BATCH'
      ? await world.keys.generateForDevice(judged.keyType)
      : await deviceKeyPair(world, judged.keyType)
  try {
    return await issueToDevice(world, applicant, { ...judged, status, publicKey }, (issued, chain) =>
      handOut(plan, privateKey, issued, includesChain ? chain : []),
    )
  } finally {
    privateKey.fill(0)
  }
}

/** Judges whose key it is, and what names go with what its request says. */
export async function judgeKey(
  world: World,
  profiles: Profiles,
  { key, includesChain }: Pick<EnrollmentWish, 'key' | 'includesChain'>,
  namesFor: (requested: Pick<CertificationRequest, 'subject' | 'extensions'> | undefined) => CertificateNames,
): Promise<JudgedKey> {
  const { enrollment, certificate } = profiles
  if (key.by === 'client') {
    if (enrollment.keyGenerationOption === 'server_side')
      throw invalid('csr: under this profile keys are made here: send "server_side_key_gen": true and no csr.')
    const request = await readCertificationRequest(key.csr, (publicKey) => {
      const type = deviceKeyTypeOf(publicKey)
      if (type && certificate.keyTypes.includes(type)) return undefined
      return `its key is not accepted: ${certificate.keyTypes.join(', ')} are.`
    })
    const { publicKey } = request
    const names = namesFor(request)
    await requireNamesOfOthers(world, certificate, names)
    return { names, keyGeneration: 'client', keyType: keyTypeOf(publicKey), publicKey: publicKey.bytes }
  }
  if (enrollment.keyGenerationOption === 'client_side')
    throw invalid('server_side_key_gen: under this profile the device makes its key: send a csr.')
  const keyType = chosenKeyType(profiles, key.keyType)
  const plan = planPrivateKey(key.privateKey, keyType, world.now())
  const names = namesFor(key.requested)
  await requireNamesOfOthers(world, certificate, names)
  return { names, keyGeneration: 'server', keyType, plan, includesChain }
}

async function handOut(
  plan: PrivateKeyPlan,
  privateKey: Uint8Array,
  certificate: IssuedCertificate,
  chain: readonly Uint8Array[],
): Promise<EnrolledCertificate['privateKey']> {
  const bytes = await writePrivateKey(plan, privateKey, {
    certificate: certificate.bytes,
    chain,
    name: certificate.commonName,
    at: certificate.createdAt,
  })
  return { format: plan.format, bytes }
}

async function issueToDevice(
  world: World,
  applicant: Applicant,
  { profiles, names, deviceAttributes, renewed, keyGeneration, keyType, publicKey, status }: Enrollment,
  handOutKey?: (issued: IssuedCertificate, chain: readonly Uint8Array[]) => Promise<EnrolledCertificate['privateKey']>,
): Promise<EnrolledCertificate> {
  const issuer = await signingWith(world, await issuerFor(world, 'device'), profiles.certificate.signatureHash)
  const root = await knownRoot(world)
  const intermediates = issuer.chain.map(({ bytes }) => bytes)
  const { accountId, actor } = applicant
  let privateKey: EnrolledCertificate['privateKey']
  let request: CertificateRequest | undefined
  const certificate = await issueCertificate(world, {
    issuer,
    profile: 'device',
    ...names,
    usages: usagesOf(profiles.certificate, keyType),
    rules: lintsOfProfile(profiles.certificate),
    publicKey,
    days: profiles.certificate.days,
    accountId,
    actor,
    // A certificate whose key can't be handed out is none.
    prepare: async (issued) => {
      privateKey = await handOutKey?.(issued, [...intermediates, root.certificate])
    },
    record: async (repositories, issued) => {
      // Making a key takes a while, in which much may be taken from who asked.
      const confirmed = applicant.confirm(repositories, { certificateId: issued.id, privateKey: privateKey?.bytes })
      const use = { at: world.now(), isRenewal: !!renewed }
      const recordRequest = async (): Promise<void> => {
        const device = renewed
          ? await deviceOfRenewed(world, repositories, profiles.enrollment, renewed)
          : await enrolledDevice(world, repositories, applicant, {
              enrollment: profiles.enrollment,
              attributes: deviceAttributes,
            })
        request = {
          id: applicant.resourceId ?? uuidV7(world.now()),
          accountId,
          enrollmentProfileId: profiles.enrollment.id,
          deviceId: device?.id,
          certificateId: issued.id,
          renewedCertificateId: renewed?.certificate.id,
          actor: { kind: actor.kind, id: actor.id },
          method: applicant.method,
          status,
          keyGeneration,
          keyType,
          createdAt: world.now(),
        }
        const searched = repositories.deviceCertificates.add({
          certificate: issued,
          request,
          certificateProfileId: profiles.certificate.id,
          divisionId: profiles.enrollment.divisionId,
          names: searchedNames(names.subjectAlternativeNames),
        })
        await allDone([addRequest(world, repositories, actor, request), searched])
      }
      await allDone([confirmed, useProfile(repositories, profiles.enrollment, applicant, use), recordRequest()])
    },
  })
  if (!request) throw new TypeError('issuing records the certificate request')
  return { request, certificate, intermediates, root: root.certificate, privateKey }
}

async function addRequest(
  world: World,
  { certificateRequests, auditEvents }: Repositories,
  actor: Actor,
  request: CertificateRequest,
): Promise<void> {
  const event = auditEvent(world.now(), actor, {
    action: 'certificate_request.create',
    resourceType: 'certificate_request',
    resourceId: request.id,
    details: {
      enrollmentProfileId: request.enrollmentProfileId,
      certificateId: request.certificateId,
      renewedCertificateId: request.renewedCertificateId ?? null,
      deviceId: request.deviceId ?? null,
      keyGeneration: request.keyGeneration,
      keyType: request.keyType,
      status: request.status,
    },
  })
  await allDone([certificateRequests.add(request), auditEvents.append(event)])
}

/** The profiles of an account; one of another account is as one that is not there. */
export async function visibleProfiles(
  { enrollmentProfiles }: Pick<Repositories, 'enrollmentProfiles'>,
  accountId: string,
  id: string,
): Promise<Profiles> {
  const found = await enrollmentProfiles.findWithProfiles(id)
  if (found?.enrollment.accountId === accountId) return found
  throw new Refusal('not_found', 'enrollment_profile_not_found', 'There is no such enrollment profile.')
}

function chosenKeyType({ enrollment, certificate }: Profiles, wanted: string | undefined): DeviceKeyType {
  const { choice, type } = enrollment.keyType
  if (choice === 'fixed' || wanted === undefined) {
    if (certificate.keyTypes.includes(type)) return type
    throw invalid(`key_type: the certificate profile has ${type} no more; it has ${certificate.keyTypes.join(', ')}.`)
  }
  const found = DEVICE_KEY_TYPES.find((known) => known === wanted.toLowerCase())
  if (found && certificate.keyTypes.includes(found)) return found
  throw invalid(`key_type: one of ${certificate.keyTypes.join(', ')}.`)
}

function keyTypeOf(publicKey: PublicKey): DeviceKeyType {
  const type = deviceKeyTypeOf(publicKey)
  if (!type) throw new TypeError('the key was accepted before')
  return type
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
