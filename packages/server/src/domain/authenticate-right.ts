/** Who enrolls without being a user: by a passcode, or by a certificate that an enrollment profile takes for it. */
import { isServed } from './account.ts'
import { isInNetworks } from './allowed-network.ts'
import type { Applicant } from './applicant.ts'
import { faultOfUser } from './authenticate.ts'
import { faultOfIssued } from './authentication-certificate.ts'
import { AuthenticationFault, auditFailure, type CredentialKind } from './authentication-failure.ts'
import { equalInConstantTime } from './constant-time.ts'
import { type EnrollmentRight, type EnrollmentRightHolder, faultOfEnrollmentRight } from './enrollment-right.ts'
import { passcodeHash } from './passcode.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

type PasscodeWorld = Pick<World, 'now'> & {
  readonly keys: Pick<World['keys'], 'keyedHash'>
  readonly store: Pick<World['store'], 'enrollmentRights' | 'auditEvents'>
}

/**
 * The right behind a passcode that comes from an address. The refusal says the same whatever was wrong; why stands in its
 * cause, for the log, and in the audit. One that is used up still says who comes back for what it was used for.
 */
export async function authenticatePasscode(
  world: PasscodeWorld,
  passcode: string,
  address: string | undefined,
  { mayBeUsedUp = false }: { readonly mayBeUsedUp?: boolean } = {},
): Promise<EnrollmentRightHolder> {
  const hash = passcodeHash(world.keys, passcode)
  if (!hash) throw await passcodeRefusal(world, 'what was presented has not the form of a passcode')
  const holder = await world.store.enrollmentRights.findByPasscodeHash(hash)
  const { proof } = holder?.right ?? {}
  if (!holder || proof?.kind !== 'passcode' || !proof.hash || !equalInConstantTime(proof.hash, hash))
    throw await passcodeRefusal(world, 'the passcode is none of this platform')
  const fault = faultOfRightHolder(holder, world.now(), address, { mayBeUsedUp })
  if (fault) throw await passcodeRefusal(world, fault, holder.right)
  return holder
}

/** Why a right does not count now, or not from there; undefined for one that does. */
export function faultOfRightHolder(
  { right, account }: EnrollmentRightHolder,
  at: Date,
  address: string | undefined,
  { mayBeUsedUp = false }: { readonly mayBeUsedUp?: boolean } = {},
): string | undefined {
  const judged = mayBeUsedUp ? { ...right, usageLimit: undefined } : right
  return isServed(account, at) ? faultOfEnrollmentRight(judged, at, address) : 'the account is not active'
}

async function passcodeRefusal(
  world: Pick<PasscodeWorld, 'now' | 'store'>,
  fault: string,
  right?: EnrollmentRight,
): Promise<Refusal> {
  await auditFailure(world, fault, 'enrollment_passcode', right?.id, right && { actor: actorOf(right) })
  return rightRefusal(fault, 'passcode', right?.id)
}

/** What who shows a passcode or a certificate hears that does not count; the same whatever was wrong. */
function rightRefusal(fault: string, kind: CredentialKind, id: string | undefined): Refusal {
  const cause = new AuthenticationFault(fault, kind, id)
  return kind === 'passcode'
    ? new Refusal('unauthenticated', 'invalid_passcode', 'The passcode is not valid, or no longer.', { cause })
    : new Refusal('unauthenticated', 'AUTHORIZATION_ERROR', 'No authentication data provided', { cause })
}

function actorOf({ id, accountId, proof }: EnrollmentRight): Applicant['actor'] {
  return { kind: proof.kind, id, accountId }
}

/**
 * Who asks by a right that has been proven: under its profile alone, with the values that are registered for it. Each
 * certificate that is recorded uses it once; of several at once no more are recorded than it may be used for.
 */
export function rightApplicant(
  { now }: Pick<World, 'now'>,
  { right }: EnrollmentRightHolder,
  { method, address }: Pick<Applicant, 'method' | 'address'>,
): Applicant {
  return {
    accountId: right.accountId,
    actor: actorOf(right),
    method,
    address,
    heldTo: right,
    // Who has a passcode proves nothing of which device it is.
    isHeldToOwn: true,
    requireUseLeft() {
      const { usageLimit, numberOfUsage, proof, id } = right
      if (usageLimit !== undefined && numberOfUsage >= usageLimit) throw rightRefusal('it is used up', proof.kind, id)
    },
    async confirm(repositories, made) {
      const { proof, id, accountId } = right
      const isUsed = await repositories.enrollmentRights.use(id, now())
      const current = isUsed ? await repositories.enrollmentRights.find(id) : undefined
      const isStill = current && isSame(current, right) && countsFrom(current, address)
      if (!isStill) throw rightRefusal('it was used up or changed a moment ago', proof.kind, id)
      // As of a user: to make a key takes a while.
      if (made?.privateKey && !(await repositories.accounts.find(accountId))?.active)
        throw rightRefusal('the account is not active', proof.kind, id)
      if (proof.kind === 'passcode') return
      const fault = await faultOfProof(repositories, proof.certificateId, now())
      if (fault) throw rightRefusal(fault, proof.kind, id)
    },
  }
}

/** Why the certificate that proves a right does not count any more; that of a user counts as long as it does for the user. */
export async function faultOfProof(
  { certificates, clientAuthCertificates }: Pick<Repositories, 'certificates' | 'clientAuthCertificates'>,
  certificateId: string,
  at: Date,
): Promise<string | undefined> {
  const certificate = await certificates.find(certificateId)
  const fault = certificate ? faultOfIssued(certificate, at) : 'the certificate is missing'
  if (fault || !certificate?.fingerprint || certificate.profile === 'device') return fault
  const holder = await clientAuthCertificates.findByFingerprint(certificate.fingerprint)
  if (!holder?.clientAuthCertificate.enabled) return 'the certificate is disabled'
  return faultOfUser(holder.user, holder.account, at)
}

const countsFrom = ({ allowedNetworks }: EnrollmentRight, address: string | undefined): boolean =>
  address === undefined || allowedNetworks.length === 0 || isInNetworks(address, allowedNetworks)

/** Whether a certificate that was judged by what was registered then is still right now. */
const isSame = (current: EnrollmentRight, { registeredValues }: EnrollmentRight): boolean =>
  JSON.stringify(current.registeredValues) === JSON.stringify(registeredValues)
