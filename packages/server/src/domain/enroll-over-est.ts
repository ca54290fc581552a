/** Certificates for devices by Enrollment over Secure Transport. RFC 7030, RFC 8951. */
import { der, latin1Text } from '@countersign/codec'
import { type CertificationRequest, oids, type RequestAttribute } from '@countersign/pki'
import type { Applicant } from './applicant.ts'
import { decodeCertificationRequest, invalidRequest } from './certification-request.ts'
import { type EnrolledCertificate, enrollCertificate, type Profiles, visibleProfiles } from './enroll-certificate.ts'
import { issuerFor } from './issuer.ts'
import { Refusal } from './refusal.ts'
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
  if (!found?.enrollmentMethods.includes('EST') || found.status !== 'active')
    throw new Refusal(
      'not_found',
      'enrollment_profile_not_found',
      'There is no such enrollment profile, or EST is none of its enrollment methods.',
    )
  return visibleProfiles(store, found.accountId, found.id)
}

/** The authority that issues to devices, and those above it up to the root: DER. RFC 7030 §4.1.3. */
export async function estAuthorities(world: World): Promise<readonly Uint8Array[]> {
  const { chain } = await issuerFor(world, 'device')
  const root = await world.store.authorities.findByPurpose('root')
  if (!root) throw new Error('there is no root')
  return [...chain.map(({ bytes }) => bytes), root.certificate]
}

/** A certificate for the key of the request. RFC 7030 §4.2. */
export async function simpleEnroll(
  world: World,
  applicant: Applicant,
  { enrollmentProfileId, csr, channelBinding }: EstRequest,
): Promise<EnrolledCertificate> {
  await findEstProfiles(world.store, enrollmentProfileId)
  requireSameConnection(decodeCertificationRequest(csr), channelBinding)
  return enrollCertificate(world, applicant, {
    enrollmentProfileId,
    attributes: [],
    deviceAttributes: [],
    key: { by: 'client', csr },
    includesChain: false,
  })
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
  const seal = planSeal(requested, presented, world.now())
  const { certificate, privateKey } = await enrollCertificate(world, applicant, {
    enrollmentProfileId,
    attributes: [],
    deviceAttributes: [],
    key: {
      by: 'server',
      keyType: undefined,
      requested,
      privateKey: { format: 'der', syntax: 'PKCS#8', pkcs12Password: undefined, encryptionCertificate: undefined },
    },
    includesChain: false,
  })
  if (!privateKey) throw new TypeError('a key was made')
  if (!seal) return { certificate: certificate.bytes, privateKey: privateKey.bytes, isSealed: false }
  const sealed = await sealGeneratedKey(world, seal, privateKey.bytes).finally(() => privateKey.bytes.fill(0))
  return { certificate: certificate.bytes, privateKey: sealed, isSealed: true }
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
