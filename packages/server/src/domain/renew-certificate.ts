/** Certificates for devices that take the place of others: under the same profile, for the same device, and for a new key. */
import { equalBytes } from '@countersign/codec'
import { Certificate, type CertificationRequest } from '@countersign/pki'
import { type Applicant, mayEnrollUnder } from './applicant.ts'
import { type CertificateNames, certificateNames, type GivenAttribute, requestedValues } from './certificate-names.ts'
import { invalidRequest } from './certification-request.ts'
import { DEVICE_IDENTIFIER } from './device.ts'
import type { DeviceCertificate } from './device-certificate.ts'
import {
  type EnrolledCertificate,
  type EnrollmentWish,
  issueJudged,
  type JudgedEnrollment,
  judgeKey,
  visibleProfiles,
} from './enroll-certificate.ts'
import { requireActive, requireOpen } from './enrollment-limits.ts'
import type { Profiles } from './enrollment-profile.ts'
import type { RegisteredValue } from './enrollment-right.ts'
import { type IdempotentRequest, once } from './idempotency.ts'
import { noSuchDeviceCertificate, visibleDeviceCertificate } from './manage-device-certificates.ts'
import { ALTERNATIVE_FIELD_IDS, type ProfileFieldId, SUBJECT_FIELD_IDS } from './profile-field.ts'
import { Refusal } from './refusal.ts'
import { registeredForDevice, requireRenewable } from './renewable-certificate.ts'
import { outcomeOf, type RequestOutcome } from './request-certificate.ts'
import type { World } from './world.ts'

/** What is asked for: an enrollment under the profile of the certificate that is renewed. */
export type RenewalWish = Omit<EnrollmentWish, 'enrollmentProfileId'> & {
  /** One that is named has to be that. */
  readonly enrollmentProfileId: string | undefined
}

/**
 * Renews a certificate of the applicant's account, known by its id or its serial number. It is judged as an enrollment is,
 * by the profile as it is now, but needs no approval of who has had it for the certificate that it renews, and is no use of
 * a limited profile.
 */
export async function renewCertificate(
  world: World,
  applicant: Applicant,
  idOrSerialNumber: string,
  wish: RenewalWish,
): Promise<EnrolledCertificate> {
  return issueJudged(world, applicant, await judgeRenewal(world, applicant, idOrSerialNumber, wish))
}

/** Renews a certificate; for the same request that came before, says what came of that. */
export async function requestRenewal(
  world: World,
  applicant: Applicant,
  idOrSerialNumber: string,
  wish: RenewalWish,
  request: IdempotentRequest | undefined,
): Promise<RequestOutcome> {
  return once<RequestOutcome>(world, applicant, request, {
    make: async (confirming) => ({ enrolled: await renewCertificate(world, confirming, idOrSerialNumber, wish) }),
    again: (id) => outcomeOf(world, applicant.accountId, id),
  })
}

async function judgeRenewal(
  world: World,
  applicant: Applicant,
  idOrSerialNumber: string,
  wish: RenewalWish,
): Promise<JudgedEnrollment> {
  const at = world.now()
  const renewed = await visibleDeviceCertificate(world.store, applicant.accountId, idOrSerialNumber, at)
  const { enrollmentProfileId, actor } = renewed.request
  const isOwn = actor.kind === applicant.actor.kind && actor.id === applicant.actor.id
  if (!mayEnrollUnder(applicant, enrollmentProfileId) || (applicant.isHeldToOwn && !isOwn))
    throw noSuchDeviceCertificate()
  if (wish.enrollmentProfileId !== undefined && wish.enrollmentProfileId !== enrollmentProfileId)
    throw invalid(`enrollment_profile_id: leave it out; the certificate is one of ${enrollmentProfileId}.`)
  const profiles = await visibleProfiles(world.store, applicant.accountId, enrollmentProfileId)
  requireOpen(profiles.enrollment, applicant, at)
  requireApproved(applicant, profiles.enrollment, renewed.request)
  requireActive(profiles.division)
  requireRenewable(renewed.certificate, profiles.enrollment.renewal, at)
  requireSameDevice(wish.deviceAttributes, renewed.deviceIdentifier)
  const certificate = Certificate.decode(renewed.certificate.bytes)
  const isByItself = applicant.actor.kind === 'device_certificate' && profiles.enrollment.renewal.allowsNameChange
  const registeredValues = isByItself
    ? await registeredForDevice(world.store, renewed.request)
    : applicant.heldTo?.registeredValues
  const key = await judgeKey(world, profiles, wish, (requested) =>
    namesOfRenewal(registeredValues, profiles, { certificate, attributes: wish.attributes, requested }),
  )
  if (key.keyGeneration === 'client' && !profiles.enrollment.renewal.allowsKeyReuse)
    requireOtherKey(key.publicKey, certificate.publicKey.bytes)
  return { profiles, identifier: renewed.deviceIdentifier, deviceAttributes: [], renewed, ...key }
}

/**
 * What somebody approved is that who asked gets it: the same user, or who has its key, needs no approval again. A passcode
 * tells nobody from others who have it.
 */
function requireApproved(
  { actor }: Applicant,
  { approval }: Profiles['enrollment'],
  { actor: asker }: DeviceCertificate['request'],
): void {
  const isAsker = actor.kind === 'user' && asker.kind === 'user' && actor.id === asker.id
  if (approval === 'automatic' || isAsker || actor.kind === 'device_certificate') return
  throw new Refusal(
    'conflict',
    'approval_required',
    'Under its profile somebody approves each certificate: the user who requested this one renews it, or its device by the certificate itself. Request another one.',
  )
}

function requireSameDevice(attributes: readonly GivenAttribute[], identifier: string | undefined): void {
  const others = attributes.filter(({ id, value }) => id !== DEVICE_IDENTIFIER || value !== identifier)
  if (others.length === 0) return
  throw invalid(
    identifier === undefined
      ? 'device_attributes: none: the certificate is for no device, and so is the one that renews it.'
      : `device_attributes: ${DEVICE_IDENTIFIER} ${JSON.stringify(identifier)}, or none: the certificate stays that device's.`,
  )
}

function requireOtherKey(publicKey: Uint8Array, before: Uint8Array): void {
  if (equalBytes(publicKey, before))
    throw invalidRequest('it is for the key of the certificate that it renews: make another key.')
}

const FIELD_IDS: readonly ProfileFieldId[] = [...SUBJECT_FIELD_IDS, ...ALTERNATIVE_FIELD_IDS]

/**
 * The names of the certificate, judged by the profile as it is now; where the profile lets renewals have others, those of
 * the attributes and of the CSR go before them, field by field.
 */
function namesOfRenewal(
  registeredValues: readonly RegisteredValue[] | undefined,
  { enrollment, certificate: profile }: Profiles,
  {
    certificate,
    attributes,
    requested,
  }: {
    readonly certificate: Certificate
    readonly attributes: readonly GivenAttribute[]
    readonly requested: Pick<CertificationRequest, 'subject' | 'extensions'> | undefined
  },
): CertificateNames {
  const { allowsNameChange } = enrollment.renewal
  const namesOf = (given: readonly GivenAttribute[], csr?: typeof requested): CertificateNames =>
    certificateNames(profile, given, csr, registeredValues)
  const said = new Set(attributes.filter(({ value }) => [value].flat().join('').trim() !== '').map(({ id }) => id))
  const isSaid = (id: ProfileFieldId): boolean => {
    if (said.has(id)) return true
    const { isFromCsr = false } = profile.fields.find((field) => field.id === id) ?? {}
    return allowsNameChange && isFromCsr && requested !== undefined && requestedValues(id, requested).length > 0
  }
  const known = knownNames(profile.fields, certificate)
  const asked = [...attributes.filter(({ id }) => said.has(id)), ...known.filter(({ id }) => !isSaid(id))]
  if (allowsNameChange) return namesOf(asked, requested)
  const names = namesOf(known)
  if (said.size > 0 && JSON.stringify(namesOf(asked)) !== JSON.stringify(names))
    throw invalid(
      `certificate_profile_attributes: under this profile a certificate that renews another has the same names: ${known.map(({ id, value }) => `${id} ${JSON.stringify(value)}`).join(', ')}.`,
    )
  return names
}

/** What the certificate says, but for what the profile says itself; throws a Refusal where it has no place for it any more. */
function knownNames(
  fields: Profiles['certificate']['fields'],
  certificate: Certificate,
): { id: ProfileFieldId; value: readonly string[] }[] {
  const known = FIELD_IDS.map((id) => ({ id, value: requestedValues(id, certificate) })).filter(
    ({ value }) => value.length > 0,
  )
  const lost = known.find(({ id }) => !fields.some((field) => field.id === id))
  if (lost)
    throw new Refusal(
      'conflict',
      'certificate_not_renewable',
      `The certificate has ${lost.id} ${JSON.stringify(lost.value)}, and its profile has no such field any more: request another one.`,
    )
  return known.filter(({ id }) => fields.find((field) => field.id === id)?.rule !== 'fixed')
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
