/** Requests that somebody has to approve, on both databases: decided once, by whichever node, and not for ever. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, oids, signCertificationRequest } from '@countersign/pki'
import { type Applicant, userApplicant } from '../../src/domain/applicant.ts'
import type { Principal } from '../../src/domain/authenticate.ts'
import { rightApplicant } from '../../src/domain/authenticate-right.ts'
import {
  type EnrollmentWish,
  enrollCertificate,
  issueJudged,
  judgeEnrollment,
} from '../../src/domain/enroll-certificate.ts'
import { newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import type { EnrollmentRight } from '../../src/domain/enrollment-right.ts'
import {
  approveCertificateRequest,
  cancelCertificateRequest,
  expireCertificateRequests,
  findCertificateRequest,
  pickUpCertificate,
  rejectCertificateRequest,
} from '../../src/domain/manage-certificate-requests.ts'
import { ownRenewal } from '../../src/domain/own-device.ts'
import { renewCertificate } from '../../src/domain/renew-certificate.ts'
import { requestCertificate } from '../../src/domain/request-certificate.ts'
import type { World } from '../../src/domain/world.ts'
import { certificationRequest } from '../http/operations.ts'
import { enrollmentRight, user } from '../store/noun.ts'
import { onBothDatabases } from '../store/test-database.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

const { csr } = await certificationRequest()
const DAY = 86_400_000

onBothDatabases('requests that somebody has to approve', (database) => {
  let time = Date.now()
  const now = (): Date => new Date(time)
  let nodes: TwoNodes
  let applicant: Applicant
  let profileId: string
  before(async () => {
    nodes = await twoNodes(database, now)
    applicant = userApplicant(nodes.service, { method: 'API', address: '127.0.0.1' })
    const { enrollmentProfiles } = nodes.node.store
    const first = (await enrollmentProfiles.find(nodes.enrollmentProfileId))!
    profileId = newEnrollmentProfileId(now())
    await enrollmentProfiles.add({ ...first, id: profileId, name: 'Manual', approval: 'manual' })
  })

  const PRIVATE_KEY = {
    format: 'pem',
    syntax: undefined,
    pkcs12Password: undefined,
    encryptionCertificate: undefined,
  } as const
  const wish = (name: string, by: 'client' | 'server' = 'client'): EnrollmentWish => ({
    enrollmentProfileId: profileId,
    attributes: [{ id: 'subject.common_name', value: name }],
    deviceAttributes: [],
    key: by === 'client' ? { by, csr } : { by, keyType: 'p_256', privateKey: PRIVATE_KEY },
    includesChain: true,
  })
  async function asked(name: string, by?: 'client' | 'server', who = applicant): Promise<string> {
    const outcome = await requestCertificate(nodes.node, who, wish(name, by), undefined)
    if ('approval' in outcome) return outcome.approval.id
    throw new Error('somebody has to approve it')
  }
  const approve = (id: string, at: World = nodes.node) => approveCertificateRequest(at, nodes.administrator, id)
  const found = (id: string) => findCertificateRequest(nodes.node, nodes.administrator, id)
  const issued = async (name: string): Promise<number> =>
    (
      await nodes.node.store.deviceCertificates.list({
        accountId: applicant.accountId,
        at: now(),
        commonName: name,
        offset: 0,
        limit: 10,
      })
    ).total
  const settled = async (works: readonly Promise<unknown>[]): Promise<number> =>
    (await Promise.allSettled(works)).filter(({ status }) => status === 'fulfilled').length

  const rightOf = (changes: Partial<EnrollmentRight>): EnrollmentRight =>
    enrollmentRight(
      { accountId: applicant.accountId, enrollmentProfileId: profileId },
      { createdAt: now(), createdBy: nodes.service.user.id, ...changes },
    )
  /** Who asks by a right that is kept. */
  async function byRight(right: EnrollmentRight): Promise<Applicant> {
    await nodes.node.store.enrollmentRights.add(right)
    return rightApplicant(nodes.node, { right, account: nodes.service.account }, { method: 'API', address: undefined })
  }

  test('there is no way past the approval', async (t: TestContext) => {
    await t.assert.rejects(enrollCertificate(nodes.node, applicant, wish('past')), { code: 'approval_required' })
    // Nor for what was judged before the profile wanted it.
    const { enrollmentProfiles } = nodes.node.store
    const profile = (await enrollmentProfiles.find(profileId))!
    await enrollmentProfiles.update({ ...profile, approval: 'automatic' })
    const judged = await judgeEnrollment(nodes.node, applicant, wish('past'))
    await enrollmentProfiles.update(profile)
    await t.assert.rejects(issueJudged(nodes.node, applicant, judged), { code: 'approval_required' })
    t.assert.equal(await issued('past'), 0)
  })

  test('a request with a password in it is not kept', async (t: TestContext) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signer = await createSigner('ES256', new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })))
    const password = Uint8Array.from([0x13, 6, ...Buffer.from('secret')])
    const attributes = [{ type: oids.challengePassword, values: [password] }]
    const bytes = await signCertificationRequest({ subject: name({ CN: 'c' }), attributes }, signer)
    const asking = requestCertificate(
      nodes.node,
      applicant,
      { ...wish('password'), key: { by: 'client', csr: encodePem('CERTIFICATE REQUEST', bytes) } },
      undefined,
    )
    await t.assert.rejects(asking, { code: 'invalid_request', message: /^csr: it has a challengePassword/ })
  })

  test('of many who decide at once on two nodes one does', async (t: TestContext) => {
    const { node, other, administrator, service } = nodes
    const id = await asked('race')
    const decided = await settled([
      approve(id),
      approve(id, other),
      rejectCertificateRequest(node, administrator, id, 'No'),
      cancelCertificateRequest(other, service, id),
      approve(id, other),
    ])
    t.assert.equal(decided, 1)
    const { approval, certificate } = await found(id)
    t.assert.equal(await issued('race'), approval?.status === 'APPROVED' ? 1 : 0)
    t.assert.equal(certificate !== undefined, approval?.status === 'APPROVED')

    const approved = await asked('race-2')
    t.assert.equal(await settled([approve(approved), approve(approved, other), approve(approved)]), 1)
    t.assert.equal(await issued('race-2'), 1)
  })

  test('of many who pick up at once on two nodes one gets the key', async (t: TestContext) => {
    const { node, other, service } = nodes
    const id = await asked('picked', 'server')
    await approve(id)
    const pickUp = (at: World) => pickUpCertificate(at, service, id, { privateKey: PRIVATE_KEY, includesChain: true })
    t.assert.equal(await settled([pickUp(node), pickUp(other), pickUp(other), pickUp(node)]), 1)
    t.assert.equal(await issued('picked'), 1)
    await t.assert.rejects(pickUp(other), { code: 'private_key_given_before' })
  })

  test('what nobody decides or picks up in 30 days comes to nothing', async (t: TestContext) => {
    const { node, other } = nodes
    const [pending, issuedOne, ready] = [await asked('old'), await asked('old-csr'), await asked('old-key', 'server')]
    await approve(issuedOne)
    time += 20 * DAY
    await approve(ready)
    t.assert.equal(await expireCertificateRequests(node), 0)
    time += 10 * DAY
    // Before anybody has looked, too.
    await t.assert.rejects(approve(pending), { code: 'certificate_request_not_pending' })
    const counts = await Promise.all([expireCertificateRequests(node), expireCertificateRequests(other)])
    t.assert.equal(counts[0]! + counts[1]!, 1)
    t.assert.equal((await found(pending)).approval?.status, 'EXPIRED')
    t.assert.equal((await found(ready)).approval?.status, 'APPROVED')
    time += 20 * DAY
    t.assert.equal(await expireCertificateRequests(node), 1)
    t.assert.equal((await found(ready)).approval?.status, 'EXPIRED')
    t.assert.equal((await found(issuedOne)).approval?.status, 'APPROVED')
    const late = pickUpCertificate(node, nodes.service, ready, { privateKey: PRIVATE_KEY, includesChain: true })
    await t.assert.rejects(late, { code: 'certificate_request_not_approved' })
  })

  test('who asks by a passcode is held to its values, and uses it when it asks', async (t: TestContext) => {
    const { node } = nodes
    const { enrollmentRights, accounts } = node.store
    const right = rightOf({
      usageLimit: 1,
      registeredValues: [{ field: 'subject.common_name', values: ['registered'] }],
    })
    await enrollmentRights.add(right)
    const account = (await accounts.find(applicant.accountId))!
    const by = rightApplicant(node, { right, account }, { method: 'API', address: '127.0.0.1' })
    await t.assert.rejects(asked('other', 'client', by), { reason: 'invalid' })
    await t.assert.rejects(asked('registered', 'server', by), { code: 'approval_required' })
    const id = await asked('registered', 'client', by)
    await t.assert.rejects(asked('registered', 'client', by), { reason: 'unauthenticated' })
    t.assert.equal((await enrollmentRights.find(right.id))?.numberOfUsage, 1)

    await enrollmentRights.update({ ...right, status: 'disabled' })
    await t.assert.rejects(approve(id), { code: 'applicant_not_allowed' })
    await enrollmentRights.update(right)
    const { certificate, request } = await approve(id)
    t.assert.equal(certificate?.certificate.commonName, 'registered')
    t.assert.deepEqual(request?.actor, { kind: 'passcode', id: right.id })
    t.assert.equal((await enrollmentRights.find(right.id))?.numberOfUsage, 1)
  })

  test('who renews another’s certificate would get what nobody approved', async (t: TestContext) => {
    const { node, administrator } = nodes
    const { request, certificate } = await approve(await asked('renewed'))
    if (!request || !certificate) throw new Error('it was approved')
    const renew = async (by: Applicant, id = request.certificateId): Promise<string> => {
      const key = { by: 'client', csr: (await certificationRequest()).csr } as const
      const asking = { ...wish('renewed'), key, enrollmentProfileId: undefined, attributes: [] }
      return (await renewCertificate(node, by, id, asking)).request.certificateId
    }
    const way = { method: 'API', address: undefined } as const
    await t.assert.rejects(renew(userApplicant(administrator, way)), { code: 'approval_required' })
    t.assert.equal(await issued('renewed'), 1)
    // One passcode may be that of many devices.
    const passcode = await byRight(rightOf({}))
    const { request: byPasscode } = await approve(await asked('shared', 'client', passcode))
    await t.assert.rejects(renew(passcode, byPasscode?.certificateId), { code: 'approval_required' })
    // Who asked, and whoever has the key that was approved.
    await renew(applicant)
    const holder = { ...certificate, request, account: administrator.account, device: undefined }
    await renew(await ownRenewal(node, holder, { ...way, isByDeviceApi: false }))
    t.assert.equal(await issued('renewed'), 3)
  })

  test('nobody approves what was asked by a certificate of their own', async (t: TestContext) => {
    const { node, administrator, service } = nodes
    const { users, clientAuthCertificates } = node.store
    const [own] = await clientAuthCertificates.list(service.user.id)
    if (!own) throw new Error('the quickstart has a certificate')
    const proof = { kind: 'authentication_certificate', certificateId: own.certificateId } as const
    const id = await asked('own', 'client', await byRight(rightOf({ proof })))
    const user = { ...service.user, permissions: ['APPROVE_IOT_CERTIFICATE'] as const }
    await users.update(user)
    const refusal = { code: 'access_denied', message: /^Somebody else has to approve it/ }
    await t.assert.rejects(approveCertificateRequest(node, { ...service, user }, id), refusal)
    await users.update({ ...service.user, managers: [administrator.user.id] })
    await t.assert.rejects(approve(id), refusal)
    await users.update(service.user)
    await clientAuthCertificates.setEnabled(own.id, false)
    await t.assert.rejects(approve(id), { code: 'applicant_not_allowed' })
    await clientAuthCertificates.setEnabled(own.id, true)
    await approve(id)
    t.assert.equal(await issued('own'), 1)
  })

  test('nobody approves what was asked by a passcode that they made, or had the manager of make', async (t: TestContext) => {
    const { node, administrator, service } = nodes
    const { users } = node.store
    const refusal = { code: 'access_denied', message: /^Somebody else has to approve it/ }
    const own = await asked('own-passcode', 'client', await byRight(rightOf({ createdBy: administrator.user.id })))
    await t.assert.rejects(approve(own), refusal)
    const managed = await asked('managed-passcode', 'client', await byRight(rightOf({})))
    await users.update({ ...service.user, managers: [administrator.user.id] })
    await t.assert.rejects(approve(managed), refusal)
    await users.update(service.user)
    await approve(managed)
    t.assert.equal(await issued('own-passcode'), 0)
    t.assert.equal(await issued('managed-passcode'), 1)
  })

  test('nobody approves what was asked by a certificate that they assigned, or that they asked for for a device', async (t: TestContext) => {
    const { node, administrator, service } = nodes
    const refusal = { code: 'access_denied', message: /^Somebody else has to approve it/ }
    const { enrollmentProfiles } = node.store
    const automatic = { ...(await enrollmentProfiles.find(profileId))!, id: newEnrollmentProfileId(now()) }
    await enrollmentProfiles.add({ ...automatic, name: 'Automatic', approval: 'automatic' })
    const device = async (by: Principal): Promise<Applicant> => {
      const wished = { ...wish('gateway'), key: { by: 'client', csr: (await certificationRequest()).csr } as const }
      const who = userApplicant(by, { method: 'API', address: undefined })
      const made = await enrollCertificate(node, who, { ...wished, enrollmentProfileId: automatic.id })
      const createdBy = by === service ? administrator.user.id : service.user.id
      const proof = { kind: 'authentication_certificate', certificateId: made.certificate.id } as const
      return byRight(rightOf({ proof, createdBy }))
    }
    await t.assert.rejects(approve(await asked('by-gateway', 'client', await device(service))), refusal)
    await t.assert.rejects(approve(await asked('by-gateway', 'client', await device(administrator))), refusal)
    t.assert.equal(await issued('by-gateway'), 0)
  })

  test('where nobody knows who made a passcode, who could not have made it approves', async (t: TestContext) => {
    const { node, administrator } = nodes
    const { users } = node.store
    const approver = user(applicant.accountId, { kind: 'standard', permissions: ['APPROVE_IOT_CERTIFICATE'] })
    await users.add(approver)
    for (const createdBy of [undefined, randomUUID()]) {
      const id = await asked('unknown', 'client', await byRight(rightOf({ createdBy })))
      await t.assert.rejects(approve(id), { code: 'access_denied', message: /MANAGE_IOT_ENROLLMENT_PROFILE/ })
      await approveCertificateRequest(node, { account: administrator.account, user: approver }, id)
    }
    t.assert.equal(await issued('unknown'), 2)
  })
})
