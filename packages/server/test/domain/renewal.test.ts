/** What the platform renews by itself, with the clock moved. */
import { type TestContext, test } from 'node:test'
import { Certificate, commonName } from '@countersign/pki'
import { createCredential, renewCredentials } from '../../src/domain/create-credential.ts'
import { issuerFor } from '../../src/domain/issuer.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { renewServiceCertificates, serviceIdentity, serviceNames } from '../../src/domain/service-identity.ts'
import { startedWorld, type TestWorld, TLS_NAMES } from '../test-world.ts'

async function serials(world: TestWorld): Promise<Map<string, bigint>> {
  const entries = serviceNames().map(
    async (service) => [service, (await serviceIdentity(world, service)).certificate.serialNumber] as const,
  )
  return new Map(await Promise.all(entries))
}

test('nothing is renewed too early', async (t: TestContext) => {
  const world = await startedWorld(t)
  t.assert.deepEqual(await renewServiceCertificates(world, TLS_NAMES), [])
  world.wait(29)
  t.assert.deepEqual(await renewServiceCertificates(world, TLS_NAMES), [])
  world.wait(200)
  t.assert.equal(await renewCredentials(world), 0)
})

test('each service is renewed in its time, with a new key, and the old key is gone', async (t: TestContext) => {
  const world = await startedWorld(t)
  const before = await serviceIdentity(world, 'tls')
  world.wait(31)
  t.assert.deepEqual(
    await renewServiceCertificates(world, TLS_NAMES),
    serviceNames().filter((service) => service.startsWith('ocsp:')),
  )
  world.wait(30)
  const renewed = await renewServiceCertificates(world, TLS_NAMES)
  t.assert.ok(renewed.includes('tls') && !renewed.includes('time-stamping'))
  const after = await serviceIdentity(world, 'tls')
  t.assert.notDeepEqual(after.key.publicKey, before.key.publicKey)
  t.assert.ok(after.certificate.notAfter > before.certificate.notAfter)
  t.assert.equal(await world.store.privateKeys.find(before.key.id), undefined)
  t.assert.deepEqual(await renewServiceCertificates(world, TLS_NAMES), [])
})

test('the time-stamp authority takes a new key each year, while its certificate lasts for five', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { certificate } = await serviceIdentity(world, 'time-stamping')
  t.assert.ok(certificate.notAfter.getTime() - world.now().getTime() > 4.9 * 365 * 86_400_000)
  world.wait(366)
  t.assert.ok((await renewServiceCertificates(world, TLS_NAMES)).includes('time-stamping'))
  const after = await serviceIdentity(world, 'time-stamping')
  t.assert.notDeepEqual(after.certificate.publicKey.bytes, certificate.publicKey.bytes)
})

test('another name of the host is reason enough for another TLS certificate', async (t: TestContext) => {
  const world = await startedWorld(t)
  const names = { ...TLS_NAMES, dnsNames: ['trust.example.com', 'clientauth.trust.example.com'] }
  t.assert.deepEqual(await renewServiceCertificates(world, names), ['tls'])
  t.assert.deepEqual(await renewServiceCertificates(world, names), [])
})

test('a host name longer than a common name may be is certified without one', async (t: TestContext) => {
  const world = await startedWorld(t)
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`
  t.assert.deepEqual(await renewServiceCertificates(world, { dnsNames: [host, `clientauth.${host}`], addresses: [] }), [
    'tls',
  ])
  t.assert.equal(commonName((await serviceIdentity(world, 'tls')).certificate.subject), undefined)
})

test('a revoked certificate of a service is replaced', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { certificateId } = (await world.store.serviceCertificates.find('time-stamping'))!
  await revokeCertificate(world, certificateId, 'key_compromise', { kind: 'platform' })
  t.assert.deepEqual(await renewServiceCertificates(world, TLS_NAMES), ['time-stamping'])
})

test('nodes that renew at once renew once', async (t: TestContext) => {
  const world = await startedWorld(t)
  world.wait(61)
  const renewed = await Promise.all([1, 2, 3].map(() => renewServiceCertificates(world, TLS_NAMES)))
  t.assert.equal(renewed.flat().filter((service) => service === 'tls').length, 1)
})

test('what another node renewed is used within a minute', async (t: TestContext) => {
  const world = await startedWorld(t)
  const other: TestWorld = { ...world, store: { ...world.store } }
  world.wait(61)
  const before = await serials(world)
  await renewServiceCertificates(other, TLS_NAMES)
  world.wait(1 / 1440)
  const after = await serials(world)
  t.assert.notEqual(after.get('tls'), before.get('tls'))
})

test('a credential keeps its key and gets a new certificate before the old one ends', async (t: TestContext) => {
  const world = await startedWorld(t)
  const accountId = world.quickstart.facts.account_id
  const before = await world.store.credentials.list(accountId)
  world.wait(250)
  t.assert.equal(await renewCredentials(world), 3)
  t.assert.equal(await renewCredentials(world), 0)
  const after = await world.store.credentials.list(accountId)
  for (const [index, credential] of after.entries()) {
    t.assert.equal(credential.keyId, before[index]!.keyId)
    t.assert.notEqual(credential.certificateId, before[index]!.certificateId)
    const [old, fresh] = await Promise.all(
      [before[index]!, credential].map(async ({ certificateId }) =>
        Certificate.decode((await world.store.certificates.find(certificateId!))!.bytes),
      ),
    )
    t.assert.deepEqual(fresh!.publicKey.bytes, old!.publicKey.bytes)
    t.assert.ok(fresh!.notAfter > old!.notAfter)
  }
})

test('nodes that renew credentials at once give each one successor', async (t: TestContext) => {
  const world = await startedWorld(t)
  world.wait(250)
  const counts = await Promise.all([1, 2, 3].map(() => renewCredentials(world)))
  t.assert.equal(
    counts.reduce((sum, count) => sum + count),
    3,
  )
})

test('a credential whose certificate was revoked, that is suspended, or whose user is disabled gets no successor', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { account_id: accountId } = world.quickstart.facts
  const [first, second] = await world.store.credentials.listShared(accountId)
  const own = await world.store.credentials.findByNickname(accountId, 'quickstart')
  await revokeCertificate(world, first!.certificateId!, 'key_compromise', { kind: 'platform' })
  await world.store.credentials.update({ ...second!, status: 'suspended' })
  const holder = (await world.store.users.find(own!.userId!))!
  await world.store.users.update({ ...holder, status: 'disabled' })
  world.wait(250)
  t.assert.equal(await renewCredentials(world), 0)
})

test('no certificate outlives its authority, and an authority that has ended issues nothing', async (t: TestContext) => {
  const world = await startedWorld(t)
  const account = (await world.store.accounts.find(world.quickstart.facts.account_id))!
  const { certificate } = await issuerFor(world, 'content-signing')
  const create = async (nickname: string) =>
    createCredential(world, {
      account,
      nickname,
      key: await world.keys.generate('p256'),
      actor: { kind: 'platform' },
    })
  world.setTime(new Date(certificate.notAfter.getTime() - 86_400_000))
  const { certificateId } = await create('late')
  t.assert.deepEqual((await world.store.certificates.find(certificateId!))?.notAfter, certificate.notAfter)
  world.wait(2)
  await t.assert.rejects(create('too late'), { reason: 'unavailable' })
})
