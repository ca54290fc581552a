/** Certificates for devices by Enrollment over Secure Transport. RFC 7030, RFC 8951. */
import { der, encodeHex, latin1Text, utf8Bytes } from '@countersign/codec'
import {
  Certificate,
  type CertificationRequest,
  digest,
  equalNames,
  GeneralName,
  oids,
  PkiError,
  type RequestAttribute,
  subjectAlternativeName,
} from '@countersign/pki'
import type { Applicant } from './applicant.ts'
import type { DeviceCertificateHolder } from './authenticate-device.ts'
import { canonicalJson } from './canonical-json.ts'
import type { CertificateApproval } from './certificate-approval.ts'
import { decodeCertificationRequest, invalidRequest } from './certification-request.ts'
import { type EnrollmentWish, enrollCertificate, visibleProfiles } from './enroll-certificate.ts'
import type { Profiles } from './enrollment-profile.ts'
import { issuerFor } from './issuer.ts'
import { ownRenewal } from './own-device.ts'
import { Refusal } from './refusal.ts'
import { renewCertificate } from './renew-certificate.ts'
import { outcomeOf, type RequestOutcome, requestCertificate } from './request-certificate.ts'
import { planSeal, sealGeneratedKey } from './seal-generated-key.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

/** A certification request as it came. */
export type EstRequest = {
  readonly enrollmentProfileId: string
  /** PKCS #10 in base64. */
  readonly csr: string
  /** What tells the TLS connection on which it came from all others, base64. RFC 5929 §3, RFC 9266 §2. */
  readonly channelBinding: string | undefined
  /** The certificate of that connection, DER: whoever it is for, and whoever issued it, its key was there. */
  readonly presented: Uint8Array | undefined
}

/** A key that was made here, given this once: PKCS #8, or enveloped data where the request asks for that. DER. */
export type GeneratedKey = {
  readonly certificate: Uint8Array
  readonly privateKey: Uint8Array
  readonly isSealed: boolean
}

/** The profiles under which there are certificates by EST, whosever they are: what is said of them to everybody is no secret. */
export async function findEstProfiles(store: Repositories, enrollmentProfileId: string): Promise<Profiles> {
  const found = await store.enrollmentProfiles.find(enrollmentProfileId)
  if (!found?.enrollmentMethods.includes('EST') || found.status !== 'active') throw noSuchProfile()
  return visibleProfiles(store, found.accountId, found.id)
}

/** As of a profile that is not there. */
export const noSuchProfile = (): Refusal =>
  new Refusal(
    'not_found',
    'enrollment_profile_not_found',
    'There is no such enrollment profile, or EST is none of its enrollment methods.',
  )

/** The authority that issues to devices, and those above it up to the root: DER. RFC 7030 §4.1.3. */
export async function estAuthorities(world: World): Promise<readonly Uint8Array[]> {
  const { chain } = await issuerFor(world, 'device')
  const root = await world.store.authorities.findByPurpose('root')
  if (!root) throw new Error('there is no root')
  return [...chain.map(({ bytes }) => bytes), root.certificate]
}

/**
 * A certificate for the key of the request, DER; undefined where somebody has to approve it first: the same request, sent
 * again by the same applicant, gets it once that is done. RFC 7030 §4.2.
 */
export async function simpleEnroll(
  world: World,
  applicant: Applicant,
  { enrollmentProfileId, csr, channelBinding }: EstRequest,
): Promise<Uint8Array | undefined> {
  const { enrollment } = await findEstProfiles(world.store, enrollmentProfileId)
  const requested = decodeCertificationRequest(csr)
  requireSameConnection(requested, channelBinding)
  const wish: EnrollmentWish = {
    enrollmentProfileId,
    attributes: [],
    deviceAttributes: [],
    key: { by: 'client', csr },
    includesChain: false,
  }
  const outcome =
    enrollment.approval === 'automatic'
      ? { enrolled: await enrollCertificate(world, applicant, wish) }
      : await submitOnce(world, { ...applicant, resourceId: submissionId(applicant, wish, requested) }, wish)
  if ('enrolled' in outcome) return outcome.enrolled.certificate.bytes
  requireUndecided(outcome.approval)
  return undefined
}

/** Of the same request by the same applicant always the same: no other finds what came of it. RFC 9562 §5.8. */
function submissionId(
  { accountId, actor }: Applicant,
  { enrollmentProfileId }: EnrollmentWish,
  { bytes }: CertificationRequest,
): string {
  const of = canonicalJson([accountId, actor.kind, actor.id, enrollmentProfileId, encodeHex(digest('sha256', bytes))])
  const hash = digest('sha256', utf8Bytes(of)).slice(0, 16)
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  return encodeHex(hash).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Has a request wait for approval, or says what came of it. */
async function submitOnce(
  world: World,
  applicant: Applicant & { readonly resourceId: string },
  wish: EnrollmentWish,
): Promise<RequestOutcome> {
  const { accountId, resourceId } = applicant
  const isThere = async (): Promise<boolean> => (await world.store.certificateApprovals.find(resourceId)) !== undefined
  if (await isThere()) return outcomeOf(world, accountId, resourceId)
  try {
    return await requestCertificate(world, applicant, wish, undefined)
  } catch (cause) {
    // The same request was a moment earlier on another connection, and may have used up the passcode.
    if (cause instanceof Refusal && (await isThere())) return outcomeOf(world, accountId, resourceId)
    throw cause
  }
}

function requireUndecided({ status, decision }: CertificateApproval): void {
  if (status === 'PENDING_APPROVAL' || status === 'APPROVED') return
  const why = decision?.reason === undefined ? '' : ` ${JSON.stringify(decision.reason)}`
  throw new Refusal(
    'forbidden',
    'certificate_request_declined',
    `The request was not approved (${status}${why}): send one with another key.`,
  )
}

/**
 * A certificate in the place of that of the connection, DER: of the same names, and for another key unless the profile takes
 * the same. RFC 7030 §4.2.2.
 */
export async function simpleReenroll(
  world: World,
  renewed: DeviceCertificateHolder,
  address: string | undefined,
  { enrollmentProfileId, csr, channelBinding }: EstRequest,
): Promise<Uint8Array> {
  await findEstProfiles(world.store, enrollmentProfileId)
  if (renewed.request.enrollmentProfileId !== enrollmentProfileId) throw noSuchProfile()
  const requested = decodeCertificationRequest(csr)
  requireSameConnection(requested, channelBinding)
  requireSameNames(requested, Certificate.decode(renewed.certificate.bytes))
  const applicant = await ownRenewal(world, renewed, { method: 'EST', address, isByDeviceApi: false })
  const { certificate } = await renewCertificate(world, applicant, renewed.certificate.id, {
    enrollmentProfileId,
    attributes: [],
    deviceAttributes: [],
    key: { by: 'client', csr },
    includesChain: false,
  })
  return certificate.bytes
}

/** Names that change would have to be asked for by ChangeSubjectName (RFC 6402 §2.8), which nobody has here. */
function requireSameNames(requested: CertificationRequest, certificate: Certificate): void {
  if (requested.attributes.some(({ type }) => type === oids.changeSubjectName))
    throw invalidRequest('names do not change when a certificate is renewed: leave out its ChangeSubjectName.')
  if (
    equalNames(requested.subject, certificate.subject) &&
    alternativeNamesOf(requested) === alternativeNamesOf(certificate)
  )
    return
  throw invalidRequest('its subject and subjectAltName have to be those of the certificate that it renews.')
}

/** In no order, since they have none. */
function alternativeNamesOf(of: Parameters<typeof subjectAlternativeName>[0]): string {
  try {
    return (subjectAlternativeName(of) ?? [])
      .map((name) => encodeHex(GeneralName.encode(name)))
      .sort()
      .join()
  } catch (cause) {
    if (cause instanceof PkiError) throw invalidRequest('its subjectAltName is malformed.', cause)
    throw cause
  }
}

/**
 * A certificate for a key that is made here. Of the request its names count alone: not its key, and not its
 * signature. RFC 7030 §4.4.1.
 */
export async function serverKeyGeneration(
  world: World,
  applicant: Applicant,
  { enrollmentProfileId, csr, channelBinding, presented }: EstRequest,
): Promise<GeneratedKey> {
  await findEstProfiles(world.store, enrollmentProfileId)
  const requested = decodeCertificationRequest(csr)
  requireSameConnection(requested, channelBinding)
  const plan = planSeal(requested, presented, world.now())
  const { certificate, privateKey } = await enrollCertificate(world, applicant, {
    enrollmentProfileId,
    attributes: [],
    deviceAttributes: [],
    key: {
      by: 'server',
      keyType: undefined,
      requested,
      privateKey: {
        format: 'der',
        syntax: 'PKCS#8',
        pkcs12Password: undefined,
        encryptionCertificate: undefined,
        seal: plan && ((bytes) => sealGeneratedKey(world, plan, bytes)),
      },
    },
    includesChain: false,
  })
  if (!privateKey) throw new TypeError('a key was made')
  return { certificate: certificate.bytes, privateKey: privateKey.bytes, isSealed: plan !== undefined }
}

/** By either a request may say on which connection it will come. RFC 7030 §3.5, RFC 7894 §3.3. */
const LINKS: readonly string[] = [oids.challengePassword, oids.estIdentityLinking]

/** What says on which connection it comes has come on that one, or somebody passes on the request of another. */
function requireSameConnection({ attributes }: CertificationRequest, channelBinding: string | undefined): void {
  const isOfThis = ({ values: [value, ...more] }: RequestAttribute): boolean =>
    value !== undefined && more.length === 0 && channelBinding !== undefined && textOf(value) === channelBinding
  if (attributes.filter(({ type }) => LINKS.includes(type)).every(isOfThis)) return
  throw invalidRequest(
    'its challengePassword is not the channel binding of this connection (tls-unique of TLS 1.2, tls-exporter of TLS 1.3, in base64). Leave it out, or let it be that.',
  )
}

/** PrintableString, UTF8String, TeletexString or IA5String, as clients have it: base64 is the same in each. */
const TEXT_TAGS = [0x13, 0x0c, 0x14, 0x16]

function textOf(value: Uint8Array): string | undefined {
  const { tag, content } = der.onlyElement(value)
  return TEXT_TAGS.includes(tag) ? latin1Text(content) : undefined
}
