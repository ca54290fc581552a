/** Keys that others have, on both databases: with one certificate all of the key are revoked, and there are no new ones. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { type Applicant, userApplicant } from '../../src/domain/applicant.ts'
import type { AuditEvent } from '../../src/domain/audit-event.ts'
import type { IssuedCertificate } from '../../src/domain/certificate.ts'
import { keyHash, reserveForKey } from '../../src/domain/certified-key.ts'
import {
  type EnrolledCertificate,
  type EnrollmentWish,
  enrollCertificate,
} from '../../src/domain/enroll-certificate.ts'
import { issueCertificate } from '../../src/domain/issue-certificate.ts'
import { issuerFor, signingWith } from '../../src/domain/issuer.ts'
import { revokeDeviceCertificate } from '../../src/domain/manage-device-certificates.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import { renewCertificate } from '../../src/domain/renew-certificate.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import type { World } from '../../src/domain/world.ts'
import { account, bytes, certificate } from '../store/noun.ts'
import { onBothDatabases } from '../store/test-database.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

const ANY_DATE = { date: undefined, comments: 'It was in a picture' }

onBothDatabases('a key that others have', (database) => {
  let nodes: TwoNodes
  let applicant: Applicant
  before(async () => {
    nodes = await twoNodes(database, () => new Date())
    applicant = userApplicant(nodes.service, { method: 'API', address: undefined })
  })

  const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const spkiOf = (key: KeyObject): Uint8Array =>
    new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  const wish = async (key: KeyObject): Promise<EnrollmentWish> => {
    const signer = await createSigner('ES256', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })))
    const csr = encodePem('CERTIFICATE REQUEST', await signCertificationRequest({ subject: name({ CN: 'd' }) }, signer))
    return {
      enrollmentProfileId: nodes.enrollmentProfileId,
      attributes: [{ id: 'subject.common_name', value: 'device' }],
      deviceAttributes: [],
      key: { by: 'client', csr },
      includesChain: false,
    }
  }
  const enrolled = async (key: KeyObject): Promise<EnrolledCertificate> =>
    enrollCertificate(nodes.node, applicant, await wish(key))
  const found = async (id: string): Promise<IssuedCertificate> => (await nodes.node.store.certificates.find(id))!
  const reasonOf = async (id: string): Promise<string | undefined> => (await found(id)).revocation?.reason
  const eventsOn = async (resourceId: string, accountId = applicant.accountId): Promise<readonly AuditEvent[]> => {
    const events: AuditEvent[] = []
    const query = { accountId, resourceId, order: 'newest', action: 'certificate.revoke' } as const
    for await (const { event } of nodes.node.store.auditEvents.walk(query)) events.push(event)
    return events
  }

  test('with one certificate all of the key are revoked, and nobody gets or renews one for it', async (t: TestContext) => {
    const { node, administrator } = nodes
    const [key, otherKey] = [newKey(), newKey()]
    const first = await enrolled(key)
    const held = await enrolled(key)
    const third = await enrolled(key)
    const other = await enrolled(otherKey)
    await revokeDeviceCertificate(node, administrator, held.certificate.id, { ...ANY_DATE, reason: 'certificate_hold' })
    const told: string[] = []
    const telling: World = { ...node, onRevocation: (id) => void told.push(id) }
    const date = third.certificate.notBefore
    await revokeDeviceCertificate(telling, administrator, third.certificate.id, {
      ...ANY_DATE,
      date,
      reason: 'key_compromise',
    })
    for (const { id } of [first.certificate, held.certificate, third.certificate]) {
      t.assert.deepEqual([(await found(id)).status, await reasonOf(id)], ['revoked', 'key_compromise'])
      t.assert.deepEqual((await found(id)).revocation?.invalidSince, date)
      const [event] = await eventsOn(id)
      t.assert.deepEqual([event?.actorId, event?.details.reason], [administrator.user.id, 'key_compromise'])
    }
    t.assert.equal((await found(other.certificate.id)).status, 'issued')
    t.assert.deepEqual(told, [first.certificate.authorityId])
    const changed = await node.store.revocationChanges.listSince(new Date(0), 1000)
    const { serialNumber } = first.certificate
    t.assert.equal(changed.filter((change) => change.serialNumber === serialNumber).length, 1)

    await t.assert.rejects(enrolled(key), { code: 'public_key_refused' })
    const renewal = { ...(await wish(newKey())), enrollmentProfileId: undefined, attributes: [] }
    for (const { id } of [first.certificate, held.certificate, third.certificate])
      await t.assert.rejects(renewCertificate(node, applicant, id, renewal), { code: 'certificate_revoked' })
    const again = revokeDeviceCertificate(node, administrator, first.certificate.id, {
      ...ANY_DATE,
      reason: 'key_compromise',
    })
    await t.assert.rejects(again, { code: 'certificate_already_revoked' })
    t.assert.equal((await eventsOn(first.certificate.id)).length, 1)
  })

  test('another account’s certificate of the key goes along, and neither hears of the other', async (t: TestContext) => {
    const { node, administrator } = nodes
    const { store } = node
    const key = newKey()
    const ours = (await enrolled(key)).certificate
    // As there may be from before keys were known.
    const owner = account()
    await store.accounts.add(owner)
    const theirs = certificate(ours.authorityId, { accountId: owner.id, profile: 'device', bytes: ours.bytes })
    await store.certificates.reserve(theirs)
    await store.certificates.issue(theirs.id, theirs.bytes, bytes(32))
    await store.certifiedKeys.addCertificate(keyHash(spkiOf(key)), theirs.id)
    await revokeDeviceCertificate(node, administrator, ours.id, { ...ANY_DATE, reason: 'key_compromise' })
    t.assert.equal(await reasonOf(theirs.id), 'key_compromise')
    t.assert.deepEqual(await eventsOn(theirs.id), [])
    const [event, ...more] = await eventsOn(theirs.id, owner.id)
    t.assert.deepEqual([event?.actorKind, event?.actorId, more.length], ['platform', undefined, 0])
    t.assert.deepEqual(event?.details, { serialNumber: theirs.serialNumber, reason: 'key_compromise' })
  })

  test('what was about to be signed for it comes to nothing', async (t: TestContext) => {
    const { node } = nodes
    const key = newKey()
    const first = (await enrolled(key)).certificate
    let reserved: string | undefined
    const issuing = issueCertificate(node, {
      issuer: await signingWith(node, await issuerFor(node, 'device'), 'SHA-256'),
      profile: 'device',
      subject: name({ CN: 'late' }),
      publicKey: spkiOf(key),
      days: 1,
      accountId: applicant.accountId,
      actor: PLATFORM,
      async prepare({ id }) {
        reserved = id
        await revokeCertificate(node, first.id, 'key_compromise', PLATFORM)
      },
    })
    await t.assert.rejects(issuing, { code: 'public_key_refused' })
    t.assert.equal((await found(reserved ?? '')).status, 'failed')
  })

  test('two nodes that revoke at once revoke all of it once', async (t: TestContext) => {
    const { node, other } = nodes
    const key = newKey()
    const all = [await enrolled(key), await enrolled(key), await enrolled(key)].map((one) => one.certificate.id)
    const works = all.map((id, index) => revokeCertificate(index % 2 ? other : node, id, 'key_compromise', PLATFORM))
    const outcomes = await Promise.allSettled(works)
    t.assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') t.assert.equal(outcome.reason.code, 'certificate_already_revoked')
    for (const id of all) t.assert.deepEqual([await reasonOf(id), (await eventsOn(id)).length], ['key_compromise', 1])
  })

  test('who revokes it while a certificate of it is renewed waits for that, and not that for it', async (t: TestContext) => {
    const { node, other } = nodes
    const key = newKey()
    const { id, authorityId } = (await enrolled(key)).certificate
    const renewal = certificate(authorityId, { accountId: applicant.accountId })
    await node.store.transaction((own) => reserveForKey(own, renewal, spkiOf(key)))
    const issued = Promise.withResolvers<void>()
    const renewing = node.store.sharedTransaction(async ({ certificates }) => {
      await certificates.issue(renewal.id, bytes(64), bytes(32))
      issued.resolve()
      await pause(200)
      t.assert.equal((await certificates.hold(id))?.status, 'issued')
    })
    await issued.promise
    await Promise.all([renewing, revokeCertificate(other, id, 'key_compromise', PLATFORM)])
    for (const one of [id, renewal.id]) t.assert.equal(await reasonOf(one), 'key_compromise')
  })
})
