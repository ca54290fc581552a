import { type TestContext, test } from 'node:test'
import { name } from '@countersign/pki'
import { failInterrupted } from '../../src/domain/fail-interrupted.ts'
import { issueCertificate } from '../../src/domain/issue-certificate.ts'
import { issuerFor } from '../../src/domain/issuer.ts'
import { startedWorld } from '../test-world.ts'

const MINUTES = 1 / (24 * 60)

test('what was reserved and never issued is marked as failed after a while, once, and in the audit log', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { certificates, auditEvents } = world.store
  const { account_id: accountId } = world.quickstart.facts
  const issuer = await issuerFor(world, 'device')
  const request = {
    issuer,
    profile: 'device',
    subject: name({ CN: 'A device' }),
    publicKey: (await world.keys.generate('p256')).publicKey,
    days: 30,
    accountId,
    actor: { kind: 'platform' },
  } as const
  const issued = await issueCertificate(world, request)
  const signer = { ...issuer.signer, sign: () => Promise.reject(new Error('the lights went out')) }
  // More than are marked at once.
  for (let index = 0; index < 102; index++)
    await t.assert.rejects(issueCertificate(world, { ...request, issuer: { ...issuer, signer } }), /lights/)
  const left = await certificates.listReserved(new Date(world.now().getTime() + 1), 1000)
  t.assert.equal(left.length, 102)

  world.wait(4 * MINUTES)
  t.assert.equal(await failInterrupted(world), 0)
  world.wait(2 * MINUTES)
  t.assert.equal(await failInterrupted(world), 102)
  t.assert.equal(await failInterrupted(world), 0)
  const [first] = left
  t.assert.deepEqual(await certificates.find(first!.id), { ...first, status: 'failed' })
  t.assert.equal((await certificates.find(issued.id))?.status, 'issued')
  const events = (await auditEvents.listUnsealed(1000)).filter(({ status }) => status === 'failed')
  t.assert.deepEqual(events.map(({ resourceId }) => resourceId).sort(), left.map(({ id }) => id).sort())
  const event = events.find(({ resourceId }) => resourceId === first!.id)
  t.assert.deepEqual([event?.action, event?.accountId, event?.actorKind], ['certificate.issue', accountId, 'platform'])
  t.assert.deepEqual([event?.details.serialNumber, event?.details.reason], [first!.serialNumber, 'interrupted'])
})

test('who was only slow can’t finish a certificate that was given up', async (t: TestContext) => {
  const world = await startedWorld(t)
  const issuer = await issuerFor(world, 'device')
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    world.wait(6 * MINUTES)
    t.assert.equal(await failInterrupted(world), 1)
    return issuer.signer.sign(data)
  }
  const issuing = issueCertificate(world, {
    issuer: { ...issuer, signer: { ...issuer.signer, sign } },
    profile: 'device',
    subject: name({ CN: 'A device' }),
    publicKey: (await world.keys.generate('p256')).publicKey,
    days: 30,
    actor: { kind: 'platform' },
  })
  await t.assert.rejects(issuing, /no longer reserved/)
})
