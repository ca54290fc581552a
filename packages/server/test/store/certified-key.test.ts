import { randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import { authority as newAuthority } from '../../../pki/test/issuing.ts'
import type { IssuedCertificate } from '../../src/domain/certificate.ts'
import { keyHash, reserveForKey } from '../../src/domain/certified-key.ts'
import type { Store } from '../../src/domain/store.ts'
import { eventsOf } from './events-of.ts'
import { account, authority, bytes, certificate, NOW, wrappedKey } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const REFUSED = { reason: 'invalid', code: 'public_key_refused' }

/** Two accounts and an authority that has nothing to do with either. */
async function addOwners(store: Store): Promise<{ ours: string; theirs: string; authorityId: string }> {
  const [ours, theirs, key] = [account(), account(), wrappedKey()]
  for (const owner of [ours, theirs]) await store.accounts.add(owner)
  await store.privateKeys.add(key)
  const issuer = authority(key.id)
  await store.authorities.add(issuer)
  return { ours: ours.id, theirs: theirs.id, authorityId: issuer.id }
}

onBothDatabases('certified keys', (database) => {
  let store: Store
  let ours: string
  let theirs: string
  let authorityId: string
  before(async () => {
    store = await database.open()
    const owners = await addOwners(store)
    ours = owners.ours
    theirs = owners.theirs
    authorityId = owners.authorityId
  })

  const reserve = (publicKey: Uint8Array, accountId: string | undefined): Promise<IssuedCertificate> => {
    const reserved = certificate(authorityId, { accountId })
    return store.transaction(async (own) => {
      await reserveForKey(own, reserved, publicKey)
      return reserved
    })
  }

  test('a key is of the account that had it first, for as many certificates as that wants', async (t: TestContext) => {
    const key = bytes(91)
    const reserved = await reserve(key, ours)
    await reserve(key, ours)
    t.assert.deepEqual(await store.certificates.find(reserved.id), reserved)
    for (const other of [theirs, undefined]) await t.assert.rejects(reserve(key, other), REFUSED)
    t.assert.deepEqual(await store.certifiedKeys.find(keyHash(key)), {
      hash: keyHash(key),
      accountId: ours,
      compromisedAt: undefined,
      certificateId: reserved.id,
    })
    const own = bytes(91)
    await reserve(own, undefined)
    await t.assert.rejects(reserve(own, ours), REFUSED)
  })

  test('all certificates of a key are known, however many are made at once', async (t: TestContext) => {
    const key = bytes(91)
    const reserved = Array.from({ length: 5 }, () => certificate(authorityId, { accountId: ours }))
    await Promise.all(reserved.map((one) => store.sharedTransaction((own) => reserveForKey(own, one, key))))
    await reserve(bytes(91), ours)
    const all = reserved.map(({ id }) => id).sort()
    const { certifiedKeys } = store
    t.assert.deepEqual(await certifiedKeys.listCertificates(keyHash(key), '', 10), all)
    t.assert.deepEqual(await certifiedKeys.listCertificates(keyHash(key), all[1]!, 2), all.slice(2, 4))
    t.assert.deepEqual(await certifiedKeys.listCertificates(keyHash(bytes(91)), '', 10), [])
  })

  test('nothing is recorded of what is refused', async (t: TestContext) => {
    const [key, reserved] = [bytes(91), certificate(authorityId, { accountId: ours })]
    await reserve(key, theirs)
    await t.assert.rejects(
      store.transaction((own) => reserveForKey(own, reserved, key)),
      REFUSED,
    )
    t.assert.equal(await store.certificates.find(reserved.id), undefined)
    // Nor is a key somebody's whose certificate came to nothing.
    const taken = bytes(91)
    const twin = await reserve(bytes(91), ours)
    await t.assert.rejects(store.transaction((own) => reserveForKey(own, twin, taken)))
    t.assert.equal(await store.certifiedKeys.find(keyHash(taken)), undefined)
  })

  test('of several accounts that bring one key at once, one gets it', async (t: TestContext) => {
    for (let round = 0; round < 10; round++) {
      const key = bytes(91)
      const outcomes = await Promise.allSettled(
        [ours, theirs, ours, theirs, theirs, ours].map((accountId) => reserve(key, accountId)),
      )
      const owners = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.accountId : undefined))
      t.assert.equal(new Set(owners).size, 2)
      t.assert.equal(owners.filter((owner) => owner !== undefined).length, 3)
    }
  })

  test('a key that others know is refused to everybody, its own account too, and stays known since then', async (t: TestContext) => {
    const key = bytes(91)
    await reserve(key, ours)
    await store.certifiedKeys.compromise(keyHash(key), NOW)
    await store.certifiedKeys.compromise(keyHash(key), new Date(NOW.getTime() + 1))
    for (const accountId of [ours, theirs, undefined]) await t.assert.rejects(reserve(key, accountId), REFUSED)
    t.assert.deepEqual((await store.certifiedKeys.find(keyHash(key)))?.compromisedAt, NOW)
  })

  test('the keys of certificates from before are known, the first account’s and the compromised ones', async (t: TestContext) => {
    const place = await database.place()
    const old = await database.open(place)
    const owners = await addOwners(old)
    const { certificate: real } = await newAuthority('Real')
    const { certificate: known } = await newAuthority('Known')
    const rows: readonly Partial<IssuedCertificate>[] = [
      { accountId: owners.ours, bytes: real.bytes },
      { accountId: owners.theirs, bytes: real.bytes },
      { accountId: owners.theirs, bytes: known.bytes },
      { accountId: owners.ours, bytes: bytes(500) },
    ]
    const ids = rows.map((_, index) => `0${index}${randomUUID()}`)
    for (const [index, row] of rows.entries()) {
      const id = ids[index]!
      await old.certificates.reserve(certificate(owners.authorityId, { ...row, id }))
      await old.certificates.issue(id, row.bytes!, bytes(32))
      if (row.bytes === known.bytes) await old.certificates.revoke(id, { at: NOW, reason: 'key_compromise' })
    }
    await old.certificates.reserve(certificate(owners.authorityId, { accountId: owners.ours }))
    await database.raw(place, 'drop table certified_keys; drop table key_certificates')
    await database.raw(place, "delete from migrations where name in ('0025-certified-keys', '0038-key-certificates')")
    const { certifiedKeys } = await database.open(place)
    const of = (key: { readonly bytes: Uint8Array }) => certifiedKeys.listCertificates(keyHash(key.bytes), '', 10)
    t.assert.deepEqual(await of(real.publicKey), ids.slice(0, 2))
    t.assert.deepEqual(await of(known.publicKey), [ids[2]])
    t.assert.equal((await certifiedKeys.find(keyHash(real.publicKey.bytes)))?.accountId, owners.ours)
    const found = await certifiedKeys.find(keyHash(known.publicKey.bytes))
    t.assert.deepEqual([found?.accountId, found?.compromisedAt], [owners.theirs, NOW])
  })

  test('what still counts of a key that others have is revoked with the newer schema', async (t: TestContext) => {
    const place = await database.place()
    const old = await database.open(place)
    const owners = await addOwners(old)
    const issued = async (publicKey: Uint8Array): Promise<IssuedCertificate> => {
      const one = certificate(owners.authorityId, { accountId: owners.ours, crlPartition: 3 })
      await old.transaction(async (own) => {
        await reserveForKey(own, one, publicKey)
        await own.certificates.issue(one.id, one.bytes, bytes(32))
      })
      return one
    }
    const [known, secret] = [bytes(91), bytes(91)]
    const all = [
      await issued(known),
      await issued(known),
      await issued(known),
      await issued(known),
      await issued(secret),
    ]
    const reasons = ['key_compromise', 'superseded', 'certificate_hold'] as const
    for (const [index, reason] of reasons.entries()) await old.certificates.revoke(all[index]!.id, { at: NOW, reason })
    await old.certifiedKeys.compromise(keyHash(known), NOW)
    await database.raw(place, `delete from migrations where name = '0041-compromised-keys'`)

    const { certificates, revocationChanges, auditEvents } = await database.open(place)
    const now = await Promise.all(all.map(({ id }) => certificates.find(id)))
    t.assert.deepEqual(
      now.map((one) => one?.revocation?.reason),
      ['key_compromise', 'superseded', 'key_compromise', 'key_compromise', undefined],
    )
    t.assert.deepEqual(now[0]?.revocation?.at, NOW)
    const at = now[3]!.revocation!.at
    const changes = (await revocationChanges.listSince(at, 9)).filter(
      ({ authorityId: id }) => id === owners.authorityId,
    )
    t.assert.deepEqual(
      new Set(changes.map(({ serialNumber, partition }) => [serialNumber, partition].join())),
      new Set([all[2], all[3]].map((one) => [one?.serialNumber, 3].join())),
    )
    const events = await eventsOf(auditEvents, owners.ours, 9)
    t.assert.deepEqual(new Set(events.map(({ resourceId }) => resourceId)), new Set([all[2]?.id, all[3]?.id]))
    for (const { action, actorKind, details } of events)
      t.assert.deepEqual([action, actorKind, details.reason], ['certificate.revoke', 'platform', 'key_compromise'])
  })
})
