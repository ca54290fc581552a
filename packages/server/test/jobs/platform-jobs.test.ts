import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { decodePemBlock } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { sealAuditEvents } from '../../src/domain/audit-chain.ts'
import { revocationList } from '../../src/domain/revocation-list.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { serviceIdentity } from '../../src/domain/service-identity.ts'
import { createPlatformJobs } from '../../src/jobs/platform-jobs.ts'
import { startedWorld, TLS_NAMES } from '../test-world.ts'

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await condition()); await delay(5))
    if (Date.now() > end) throw new Error('waited too long')
}

test('a renewed TLS certificate is shown without a restart, revocations are published, events are sealed', async (t: TestContext) => {
  // Hooks run in their order: the store is closed by one of startedWorld's, and no job may be at it then.
  let stop = async (): Promise<void> => undefined
  t.after(() => stop())
  const world = await startedWorld(t)
  const shownTls = await serviceIdentity(world, 'tls')
  const shown: bigint[] = []
  const jobs = createPlatformJobs({
    world,
    tlsNames: TLS_NAMES,
    shownTls,
    showTls: async ({ certificate }) => void shown.push(certificate.serialNumber),
    sealAuditEvents: () => sealAuditEvents(world.store),
    deliverMail: async () => undefined,
    deliverWebhooks: async () => undefined,
    onError: (job, error) => t.assert.fail(`${job}: ${error}`),
  })
  jobs.start()
  stop = jobs.stop
  await until(async () => (await world.store.auditEvents.countUnsealed()) === 0)
  t.assert.deepEqual(shown, [])

  world.wait(61)
  jobs.runSoon('renew service certificates')
  await until(() => shown.length > 0)
  t.assert.deepEqual(shown, [(await serviceIdentity(world, 'tls')).certificate.serialNumber])
  t.assert.notEqual(shown[0], shownTls.certificate.serialNumber)

  // What was authorised is over: the key that waits for it goes.
  const at = world.now()
  const activation = { id: 'one', userId: 'a', credentialId: 'b', wrappingHash: new Uint8Array(32), hashes: [] }
  const times = { authorizedAt: at, endsAt: at, signedAt: undefined, extendedAt: undefined }
  const secretHash = new Uint8Array(32)
  const { signatureActivations } = world.store
  const sealed = { ...activation, ...times, secretHash, hashAlgorithm: undefined, remaining: 1, sealedKey: secretHash }
  await signatureActivations.add(sealed)
  jobs.runSoon('forget signature activations')
  await until(async () => (await signatureActivations.findBySecretHash(secretHash))?.sealedKey === undefined)
  t.assert.ok(await signatureActivations.findBySecretHash(secretHash))
  world.wait(2)
  jobs.runSoon('forget signature activations')
  await until(async () => (await signatureActivations.findBySecretHash(secretHash)) === undefined)

  // A key of a request means something for a day.
  const { idempotencyKeys } = world.store
  const used = { id: 'used', fingerprint: secretHash, resourceId: 'one', isSettled: true, heldUntil: at, endsAt: at }
  await idempotencyKeys.hold(used, at)
  jobs.runSoon('forget idempotency keys')
  await until(async () => (await idempotencyKeys.find('used')) === undefined)

  const { number } = await revocationList(world, 'client-auth')
  const client = decodePemBlock(world.quickstart.certificate, 'CERTIFICATE')
  const issued = await world.store.certificates.findByFingerprint(digest('sha256', client))
  await revokeCertificate(world, issued!.id, 'superseded', { kind: 'platform' })
  jobs.revoked()
  await until(async () => (await revocationList(world, 'client-auth')).number > number)
})
