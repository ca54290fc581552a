import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import type { Applicant } from '../../src/domain/applicant.ts'
import type { RevocationReason } from '../../src/domain/certificate.ts'
import { type EnrolledCertificate, enrollCertificate, type KeyWish } from '../../src/domain/enroll-certificate.ts'
import { newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { account } from '../store/noun.ts'
import { startedWorld, type TestWorld } from '../test-world.ts'

const REFUSED = { reason: 'invalid', code: 'public_key_refused' }

type Owner = { readonly applicant: Applicant; readonly enrollmentProfileId: string }

/** The quickstart's account, and another that has the same profile. */
async function owners({ store, quickstart, now }: TestWorld): Promise<{ ours: Owner; theirs: Owner }> {
  const { account_id: accountId, enrollment_profile_id } = quickstart.facts
  const profile = (await store.enrollmentProfiles.find(enrollment_profile_id))!
  const other = account()
  await store.accounts.add(other)
  const id = newEnrollmentProfileId(now())
  await store.enrollmentProfiles.add({ ...profile, id, accountId: other.id })
  const applicantOf = (owner: string): Applicant => ({
    accountId: owner,
    actor: { kind: 'user', id: 'somebody', accountId: owner },
    method: 'API',
    address: undefined,
    confirm: async () => {},
  })
  return {
    ours: { applicant: applicantOf(accountId), enrollmentProfileId: profile.id },
    theirs: { applicant: applicantOf(other.id), enrollmentProfileId: id },
  }
}

function enroll(
  world: TestWorld,
  { applicant, enrollmentProfileId }: Owner,
  key: KeyWish,
): Promise<EnrolledCertificate> {
  return enrollCertificate(world, applicant, {
    enrollmentProfileId,
    attributes: [{ id: 'subject.common_name', value: 'device' }],
    deviceAttributes: [],
    key,
    includesChain: false,
  })
}

async function requestFor(key: KeyObject): Promise<KeyWish> {
  const signer = await createSigner('ES256', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })))
  const request = await signCertificationRequest({ subject: name({ CN: 'device' }) }, signer)
  return { by: 'client', csr: encodePem('CERTIFICATE REQUEST', request) }
}

test('a key of another account is refused, one that was handed out there too', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { ours, theirs } = await owners(world)
  const key = await requestFor(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  await enroll(world, ours, key)
  await enroll(world, ours, key)
  await t.assert.rejects(enroll(world, theirs, key), REFUSED)
  const privateKey = {
    format: 'pem',
    syntax: undefined,
    pkcs12Password: undefined,
    encryptionCertificate: undefined,
  } as const
  const made = await enroll(world, ours, {
    by: 'server',
    keyType: 'p_256',
    privateKey,
  })
  const handedOut = createPrivateKey(Buffer.from(made.privateKey!.bytes).toString())
  await t.assert.rejects(enroll(world, theirs, await requestFor(handedOut)), REFUSED)
  const reserved = await world.store.certificates.listReserved(new Date(world.now().getTime() + 60_000), 10)
  t.assert.deepEqual(reserved, [])
})

test('a key whose certificate was revoked since others have it is refused for ever, and no other is', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { ours, theirs } = await owners(world)
  for (const reason of ['superseded', 'certificate_hold', 'key_compromise'] as const satisfies RevocationReason[]) {
    const key = await requestFor(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    const { certificate } = await enroll(world, ours, key)
    await revokeCertificate(world, certificate.id, reason, PLATFORM)
    if (reason !== 'key_compromise') {
      await enroll(world, ours, key)
      continue
    }
    for (const owner of [ours, theirs]) await t.assert.rejects(enroll(world, owner, key), REFUSED)
    // Long after the certificate has ended.
    world.wait(3_000)
    await t.assert.rejects(enroll(world, ours, key), REFUSED)
  }
})
