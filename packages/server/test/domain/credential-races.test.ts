/** Credentials that several change at once, on both databases: what the later one did stands. */
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Principal } from '../../src/domain/authenticate.ts'
import { renewCredential, renewCredentials } from '../../src/domain/create-credential.ts'
import { firstStart } from '../../src/domain/first-start.ts'
import { revokeCredential, setCredentialSuspended } from '../../src/domain/manage-credentials.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import type { World } from '../../src/domain/world.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { createPasswords } from '../../src/keys/password-hash.ts'
import { onBothDatabases, type TestDatabase } from '../store/test-database.ts'
import { PKI_URL, TLS_NAMES } from '../test-world.ts'

/** A platform after its first start. */
async function startedWorld(database: TestDatabase): Promise<World> {
  const store = await database.open()
  const now = () => new Date()
  const keys = createKeys({
    masterKey: masterKey(new Uint8Array(32).fill(3)),
    now,
    pinCost: { memory: 64, passes: 1, lanes: 1 },
  })
  const world: World = { store, keys, passwords: createPasswords(), now, pkiUrl: PKI_URL }
  await firstStart(world, {
    domain: 'countersign.localhost',
    tlsNames: TLS_NAMES,
    hashPassword: async () => '$argon2id$',
    deliver: async () => {},
  })
  return world
}

onBothDatabases('a credential that is renewed', (database) => {
  test('and suspended meanwhile stays suspended', async (t: TestContext) => {
    const world = await startedWorld(database)
    const { store } = world
    const account = (await store.accounts.list())[0]!
    const user = (await store.users.list(account.id)).find(({ kind }) => kind === 'standard')!
    const administrator: Principal = { account, user }
    const credential = (await store.credentials.findByNickname(account.id, 'quickstart-ec'))!
    const certificate = (await store.certificates.find(credential.certificateId!))!

    // Renewing has read the credential, and takes its time before it writes.
    let hasRead: (() => void) | undefined
    const reading = new Promise<void>((resolve) => {
      hasRead = resolve
    })
    const slow: World = {
      ...world,
      store: {
        ...store,
        transaction: (work) =>
          store.transaction((repositories) =>
            work({
              ...repositories,
              credentials: {
                ...repositories.credentials,
                async find(id) {
                  const found = await repositories.credentials.find(id)
                  hasRead?.()
                  await pause(300)
                  return found
                },
              },
            }),
          ),
      },
    }
    const renewing = renewCredential(slow, { credential, certificate, actor: PLATFORM })
    await reading
    await Promise.all([renewing, setCredentialSuspended(world, administrator, credential.id, true)])
    const after = (await store.credentials.find(credential.id))!
    t.assert.equal(after.status, 'suspended')
    t.assert.notEqual(after.certificateId, credential.certificateId)
  })
  test('and revoked meanwhile gets no certificate that counts', async (t: TestContext) => {
    const world = await startedWorld(database)
    const { store } = world
    const account = (await store.accounts.list())[0]!
    const user = (await store.users.list(account.id)).find(({ kind }) => kind === 'standard')!
    const credential = (await store.credentials.findByNickname(account.id, 'quickstart-ec'))!
    const certificate = (await store.certificates.find(credential.certificateId!))!
    await revokeCredential(world, { account, user }, credential.id, 'key_compromise')
    // What renews had looked at it before.
    t.assert.equal(await renewCredential(world, { credential, certificate, actor: PLATFORM }), false)
    const after = (await store.credentials.find(credential.id))!
    t.assert.deepEqual([after.status, after.certificateId], ['revoked', certificate.id])
  })

  test('and revoked then has no certificate that counts, the ones before among them', async (t: TestContext) => {
    const world = await startedWorld(database)
    const { store } = world
    const account = (await store.accounts.list())[0]!
    const user = (await store.users.list(account.id)).find(({ kind }) => kind === 'standard')!
    const other = (await store.credentials.findByNickname(account.id, 'quickstart-rsa'))!
    const credential = (await store.credentials.findByNickname(account.id, 'quickstart-ec'))!
    const certificate = (await store.certificates.find(credential.certificateId!))!
    const later = new Date(certificate.notBefore.getTime() + 300 * 86_400_000)
    await renewCredentials({ ...world, now: () => later })
    const renewed = (await store.credentials.find(credential.id))!
    t.assert.notEqual(renewed.certificateId, certificate.id)
    const told: string[] = []
    const onRevocation = (authorityId: string): void => void told.push(authorityId)
    await revokeCredential({ ...world, onRevocation }, { account, user }, credential.id, 'key_compromise')
    for (const id of [certificate.id, renewed.certificateId!]) {
      const { status, revocation } = (await store.certificates.find(id))!
      t.assert.deepEqual([status, revocation?.reason], ['revoked', 'key_compromise'])
    }
    t.assert.ok(told.includes(certificate.authorityId))
    t.assert.equal((await store.certificates.find(other.certificateId!))?.status, 'issued')
  })
})
