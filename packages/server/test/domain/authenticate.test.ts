import { type TestContext, test } from 'node:test'
import { decodePemBlock } from '@countersign/codec'
import { authenticateApiKey, authenticateCertificate, requirePermission } from '../../src/domain/authenticate.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { serviceIdentity } from '../../src/domain/service-identity.ts'
import { startedWorld, type TestWorld } from '../test-world.ts'

const clientCertificate = ({ quickstart }: TestWorld): Uint8Array =>
  decodePemBlock(quickstart.certificate, 'CERTIFICATE')

async function lastAudit(world: TestWorld) {
  const events = await world.store.auditEvents.listUnsealed(1000)
  return events.filter(({ action }) => action === 'authentication.fail').at(-1)
}

async function refused(t: TestContext, world: TestWorld, fault: RegExp, presented = {}) {
  // Events of one millisecond have no order.
  world.wait(1 / 86_400)
  const asked = authenticateCertificate(world, {
    certificate: clientCertificate(world),
    authorized: true,
    ...presented,
  })
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { reason: string; code: string; cause: Error },
  )
  t.assert.ok(error, 'it was let in')
  t.assert.equal(error.reason, 'unauthenticated')
  t.assert.equal(error.code, 'AUTHORIZATION_ERROR')
  t.assert.equal(error.message, 'No authentication data provided')
  t.assert.match(error.cause.message, fault)
  t.assert.match(String((await lastAudit(world))?.details.reason), fault)
}

test('the quickstart certificate is its service user', async (t: TestContext) => {
  const world = await startedWorld(t)
  const principal = await authenticateCertificate(world, { certificate: clientCertificate(world), authorized: true })
  t.assert.equal(principal.user.id, world.quickstart.facts.service_user_id)
  t.assert.equal(principal.account.id, world.quickstart.facts.account_id)
  requirePermission(principal, 'SIGN_CTM_CONTENT')
  t.assert.throws(() => requirePermission(principal, 'MANAGE_AM_ACCOUNT'), { reason: 'forbidden' })
})

test('none, a stranger, one for another purpose, and one that TLS did not trust', async (t: TestContext) => {
  const world = await startedWorld(t)
  await refused(t, world, /no certificate/, { certificate: undefined })
  await refused(t, world, /none of this platform/, { certificate: Uint8Array.of(1, 2, 3) })
  const { certificate } = await serviceIdentity(world, 'tls')
  await refused(t, world, /none of this platform/, { certificate: certificate.bytes })
  await refused(t, world, /no path/, { authorized: false })
})

test('an expired certificate, and one that is not valid yet', async (t: TestContext) => {
  const world = await startedWorld(t)
  world.wait(-1)
  await refused(t, world, /not valid yet/)
  world.wait(399)
  await refused(t, world, /expired/)
})

test('a revoked certificate', async (t: TestContext) => {
  const world = await startedWorld(t)
  const holder = await authenticateCertificate(world, { certificate: clientCertificate(world), authorized: true })
  const { certificateId } = holder.clientAuthCertificate!
  await revokeCertificate(world, certificateId, 'key_compromise', { kind: 'platform' })
  await refused(t, world, /revoked/)
  t.assert.equal((await lastAudit(world))?.accountId, world.quickstart.facts.account_id)
})

test('a disabled certificate, a disabled user, an account that is not active', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { clientAuthCertificate, user, account } = await authenticateCertificate(world, {
    certificate: clientCertificate(world),
    authorized: true,
  })
  await world.store.clientAuthCertificates.setEnabled(clientAuthCertificate!.id, false)
  await refused(t, world, /certificate is disabled/)
  await world.store.clientAuthCertificates.setEnabled(clientAuthCertificate!.id, true)
  await world.store.users.update({ ...user, status: 'disabled' })
  await refused(t, world, /user is disabled/)
  await world.store.users.update(user)
  await world.store.accounts.update({ ...account, active: false })
  await refused(t, world, /account is not active/)
})

test('strangers can not fill the audit log: what is passed over is counted', async (t: TestContext) => {
  const world = await startedWorld(t)
  const knock = () =>
    authenticateCertificate(world, { certificate: undefined, authorized: false }).catch(() => undefined)
  for (let count = 0; count < 50; count++) await knock()
  world.wait(1 / 86_400)
  await knock()
  const failures = (await world.store.auditEvents.listUnsealed(1000)).filter(
    ({ action }) => action === 'authentication.fail',
  )
  t.assert.equal(failures.length, 11)
  t.assert.equal(failures.at(-1)?.details.passedOverBefore, 40)
})

test('a disabled certificate that is used on and on can not fill the audit log either', async (t: TestContext) => {
  const world = await startedWorld(t)
  const presented = { certificate: clientCertificate(world), authorized: true }
  const { clientAuthCertificate } = await authenticateCertificate(world, presented)
  await world.store.clientAuthCertificates.setEnabled(clientAuthCertificate!.id, false)
  const failures = async () =>
    (await world.store.auditEvents.listUnsealed(1000)).filter(({ action }) => action === 'authentication.fail')
  for (let count = 0; count < 30; count++)
    await t.assert.rejects(authenticateCertificate(world, presented), { code: 'AUTHORIZATION_ERROR' })
  t.assert.equal((await failures()).length, 10)
  await t.assert.rejects(authenticateCertificate(world, { certificate: undefined, authorized: false }))
  t.assert.equal((await failures()).length, 11, 'and it hides no stranger')
  world.wait(1 / 86_400)
  await t.assert.rejects(authenticateCertificate(world, presented))
  t.assert.equal((await failures()).at(-1)?.details.passedOverBefore, 20)
})

test('an API key is its user, until it is disabled or ends', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { service_api_key: key, service_user_id: userId } = world.quickstart.facts
  const { user, apiKey } = await authenticateApiKey(world, key)
  t.assert.equal(user.id, userId)
  for (const wrong of [
    undefined,
    '',
    'x',
    key.toUpperCase(),
    `${key}0`,
    key.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
  ])
    await t.assert.rejects(authenticateApiKey(world, wrong), { reason: 'unauthenticated', code: 'invalid_api_key' })
  await world.store.apiKeys.setEnabled(apiKey!.id, false)
  await t.assert.rejects(authenticateApiKey(world, key), { code: 'invalid_api_key' })
})

test('a user after its end, and an account that is not served yet or any more', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { users, accounts } = world.store
  const user = (await users.find(world.quickstart.facts.service_user_id))!
  const account = (await accounts.find(world.quickstart.facts.account_id))!
  const [before, after] = [-1, 1].map((days) => new Date(world.now().getTime() + days * 86_400_000))
  await users.update({ ...user, endsAt: before })
  await refused(t, world, /the user has ended/)
  await t.assert.rejects(authenticateApiKey(world, world.quickstart.facts.service_api_key), { code: 'invalid_api_key' })
  await users.update({ ...user, endsAt: after })
  for (const servicePeriod of [
    { from: new Date(0), to: before },
    { from: after!, to: undefined },
  ]) {
    await accounts.update({ ...account, servicePeriod })
    await refused(t, world, /the account is not active/)
  }
  await accounts.update({ ...account, servicePeriod: { from: before!, to: after } })
  await authenticateApiKey(world, world.quickstart.facts.service_api_key)
})
