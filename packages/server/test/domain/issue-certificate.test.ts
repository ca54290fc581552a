import { type TestContext, test } from 'node:test'
import { Certificate, name } from '@countersign/pki'
import { type IssueRequest, issueCertificate } from '../../src/domain/issue-certificate.ts'
import { issuerFor } from '../../src/domain/issuer.ts'
import { startedWorld, type TestWorld } from '../test-world.ts'

async function requestOf(world: TestWorld, more: Partial<IssueRequest> = {}): Promise<IssueRequest> {
  return {
    issuer: await issuerFor(world, 'client-auth'),
    profile: 'client-auth',
    subject: name({ CN: 'A client' }),
    publicKey: (await world.keys.generate('p256')).publicKey,
    days: 30,
    actor: { kind: 'platform' },
    ...more,
  }
}

const later = (world: TestWorld): Date => new Date(world.now().getTime() + 60_000)

test('a certificate is stored, found by its fingerprint and its serial, and audited', async (t: TestContext) => {
  const world = await startedWorld(t)
  world.wait(1)
  const certificate = await issueCertificate(world, await requestOf(world))
  const decoded = Certificate.decode(certificate.bytes)
  t.assert.equal(decoded.serialNumber.toString(16), certificate.serialNumber)
  const { certificates, auditEvents } = world.store
  t.assert.equal((await certificates.findByFingerprint(certificate.fingerprint!))?.id, certificate.id)
  t.assert.equal(
    (await certificates.findBySerialNumber(certificate.authorityId, certificate.serialNumber))?.status,
    'issued',
  )
  const event = (await auditEvents.listUnsealed(1000)).at(-1)
  t.assert.equal(event?.action, 'certificate.issue')
  t.assert.equal(event?.resourceId, certificate.id)
  t.assert.equal(event?.details.serialNumber, certificate.serialNumber)
})

test('what a lint finds wrong is refused before anything is stored or signed', async (t: TestContext) => {
  const world = await startedWorld(t)
  const issuer = await issuerFor(world, 'tls-server')
  let signatures = 0
  const watched = {
    ...issuer,
    signer: {
      ...issuer.signer,
      sign: (data: Uint8Array) => {
        signatures++
        return issuer.signer.sign(data)
      },
    },
  }
  // A TLS server certificate without a name of a server.
  const request = await requestOf(world, { issuer: watched, profile: 'tls-server' })
  await t.assert.rejects(issueCertificate(world, request), { reason: 'invalid', code: 'certificate_not_conforming' })
  t.assert.equal(signatures, 0)
  t.assert.deepEqual(await world.store.certificates.listReserved(later(world), 10), [])
})

test('a public key that is none is refused', async (t: TestContext) => {
  const world = await startedWorld(t)
  for (const publicKey of [new Uint8Array(), Uint8Array.of(0x30, 0), new Uint8Array(91)])
    await t.assert.rejects(issueCertificate(world, await requestOf(world, { publicKey })), { reason: 'invalid' })
})

test('a crash after the serial was taken leaves what was to be signed, and no certificate', async (t: TestContext) => {
  const world = await startedWorld(t)
  const issuer = await issuerFor(world, 'client-auth')
  const failing = {
    ...issuer,
    signer: { ...issuer.signer, sign: () => Promise.reject(new Error('the token is gone')) },
  }
  await t.assert.rejects(issueCertificate(world, await requestOf(world, { issuer: failing })), /the token is gone/)
  const [reserved, ...more] = await world.store.certificates.listReserved(later(world), 10)
  t.assert.deepEqual(more, [])
  t.assert.equal(reserved?.status, 'reserved')
  t.assert.equal(reserved?.fingerprint, undefined)
  t.assert.equal(reserved?.bytes[0], 0x30)
})

test('what belongs to a certificate is stored with it or not at all', async (t: TestContext) => {
  const world = await startedWorld(t)
  const record: IssueRequest['record'] = async ({ settings }) => {
    await settings.put('with the certificate', 'yes')
    throw new Error('no room left')
  }
  await t.assert.rejects(issueCertificate(world, await requestOf(world, { record })), /no room left/)
  t.assert.equal(await world.store.settings.find('with the certificate'), undefined)
  t.assert.equal((await world.store.certificates.listReserved(later(world), 10)).length, 1)
})

test('many at once have serials of their own', async (t: TestContext) => {
  const world = await startedWorld(t)
  const request = await requestOf(world)
  const issued = await Promise.all(Array.from({ length: 40 }, () => issueCertificate(world, request)))
  t.assert.equal(new Set(issued.map(({ serialNumber }) => serialNumber)).size, 40)
})
