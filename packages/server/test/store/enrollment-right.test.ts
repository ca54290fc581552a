import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Account } from '../../src/domain/account.ts'
import type { EnrollmentProfile } from '../../src/domain/enrollment-profile.ts'
import type { EnrollmentRight } from '../../src/domain/enrollment-right.ts'
import { establishDeviceTrust } from '../../src/domain/establish-device-trust.ts'
import type { Store } from '../../src/domain/store.ts'
import type { World } from '../../src/domain/world.ts'
import type { StoreOptions } from '../../src/store/open-store.ts'
import {
  account,
  addIssued,
  auditEvent,
  authority,
  bytes,
  certificate,
  enrollmentRight,
  NOW,
  wrappedKey,
} from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('enrollment rights', (database) => {
  let store: Store
  let owner: Account
  let profile: EnrollmentProfile
  let place: StoreOptions
  before(async () => {
    place = await database.place()
    store = await database.open(place)
    ;({ owner, profile } = await newProfile())
  })

  async function newProfile(): Promise<{ readonly owner: Account; readonly profile: EnrollmentProfile }> {
    const owner = account()
    await store.accounts.add(owner)
    return { owner, profile: await establishDeviceTrust({ store, now: () => NOW } as World, owner) }
  }

  const passcode = (changes: Partial<EnrollmentRight> = {}): EnrollmentRight =>
    enrollmentRight({ accountId: owner.id, enrollmentProfileId: profile.id }, { createdAt: NOW, ...changes })
  const later = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds)

  test('a passcode is found by its id and by its hash, and changes all but what it was used for', async (t) => {
    const right = passcode({
      usageLimit: 3,
      startsAt: NOW,
      endsAt: later(1),
      registeredValues: [{ field: 'subject.common_name', values: ['a'] }],
      allowedNetworks: ['192.0.2.0/24'],
      createdBy: randomUUID(),
    })
    const { enrollmentRights: rights } = store
    await rights.add(right)
    t.assert.deepEqual(await rights.find(right.id), right)
    t.assert.equal(await rights.find(randomUUID()), undefined)
    const hash = right.proof.kind === 'passcode' ? right.proof.hash! : bytes(32)
    t.assert.deepEqual(await rights.findByPasscodeHash(hash), { right, account: owner })
    t.assert.equal(await rights.findByPasscodeHash(bytes(32)), undefined)
    await t.assert.rejects(rights.add(passcode({ proof: right.proof })), { reason: 'conflict' })
    t.assert.equal(await rights.use(right.id, NOW), true)
    const proof = { kind: 'passcode', beginning: '23456', length: 20, hash: undefined } as const
    await rights.update({ ...right, proof, status: 'deleted', usageLimit: undefined, numberOfUsage: 0 })
    const deleted = await rights.find(right.id)
    t.assert.deepEqual(deleted, { ...right, proof, status: 'deleted', usageLimit: undefined, numberOfUsage: 1 })
    t.assert.equal(await rights.findByPasscodeHash(hash), undefined)
    await t.assert.rejects(rights.update(passcode()), { reason: 'not_found' })
  })

  test('what proves it may be a certificate, of several profiles', async (t) => {
    const key = wrappedKey()
    await store.privateKeys.add(key)
    const issuer = authority(key.id, { purpose: 'device' })
    await store.authorities.add(issuer)
    const issued = await addIssued(store, certificate(issuer.id, { accountId: owner.id, profile: 'device' }))
    const proof = { kind: 'authentication_certificate', certificateId: issued.id } as const
    const [one, other] = [passcode({ proof }), passcode({ proof, createdAt: later(1) })]
    await store.enrollmentRights.add(other)
    await store.enrollmentRights.add(one)
    t.assert.deepEqual(
      (await store.enrollmentRights.listOfCertificate(issued.id)).map(({ right }) => right),
      [one, other],
    )
    t.assert.deepEqual(await store.enrollmentRights.listOfCertificate(randomUUID()), [])
  })

  test('a list has those of one profile and kind that were not deleted, a page at a time', async (t) => {
    const { profile: own } = await newProfile()
    const made = [0, 1, 2].map((at) => passcode({ enrollmentProfileId: own.id, createdAt: later(at) }))
    for (const right of made.toReversed()) await store.enrollmentRights.add(right)
    const deleted = passcode({ enrollmentProfileId: own.id, status: 'deleted' })
    await store.enrollmentRights.add(deleted)
    const list = (kind: EnrollmentRight['proof']['kind'], offset: number, limit: number) =>
      store.enrollmentRights.list({ enrollmentProfileId: own.id, kind, offset, limit })
    t.assert.deepEqual(await list('passcode', 0, 10), { total: 3, records: made })
    t.assert.deepEqual(await list('passcode', 1, 1), { total: 3, records: made.slice(1, 2) })
    t.assert.deepEqual(await list('authentication_certificate', 0, 10), { total: 0, records: [] })
  })

  test('it counts while it is active, within its time and its limit', async (t) => {
    const { enrollmentRights: rights } = store
    const used = async (changes: Partial<EnrollmentRight>, at = NOW): Promise<boolean> => {
      const right = passcode(changes)
      await rights.add(right)
      const isUsed = await rights.use(right.id, at)
      t.assert.equal((await rights.find(right.id))?.numberOfUsage, (changes.numberOfUsage ?? 0) + (isUsed ? 1 : 0))
      return isUsed
    }
    t.assert.equal(await used({}), true)
    t.assert.equal(await used({ status: 'disabled' }), false)
    t.assert.equal(await used({ status: 'deleted' }), false)
    t.assert.equal(await used({ usageLimit: 2, numberOfUsage: 1 }), true)
    t.assert.equal(await used({ usageLimit: 2, numberOfUsage: 2 }), false)
    t.assert.equal(await used({ startsAt: NOW, endsAt: NOW }), true)
    t.assert.equal(await used({ startsAt: later(1) }), false)
    t.assert.equal(await used({ endsAt: later(-1) }), false)
    t.assert.equal(await rights.use(randomUUID(), NOW), false)
  })

  test('two nodes that use it at once don’t pass its limit, and what is taken back is not counted', async (t) => {
    const right = passcode({ usageLimit: 5 })
    await store.enrollmentRights.add(right)
    const other = await database.open(place)
    const uses = Array.from({ length: 12 }, (_, index) =>
      (index % 2 ? other : store).transaction(async ({ enrollmentRights }) => {
        const isUsed = await enrollmentRights.use(right.id, NOW)
        // Each third is refused by something else.
        if (index % 3 === 0) throw new Error('refused')
        return isUsed
      }),
    )
    const outcomes = await Promise.allSettled(uses)
    const counted = outcomes.filter((one) => one.status === 'fulfilled' && one.value).length
    t.assert.equal(counted, 5)
    t.assert.equal((await store.enrollmentRights.find(right.id))?.numberOfUsage, 5)
  })

  test('two nodes that use several at once, in any order, don’t wait for each other', async (t) => {
    const rights = Array.from({ length: 3 }, () => passcode())
    for (const right of rights) await store.enrollmentRights.add(right)
    const [first, between, last] = rights.map(({ id }) => id) as [string, string, string]
    const [other, third] = [await database.open(place), await database.open(place)]
    let works = 0
    const useAll = (of: Store, ids: readonly string[]): Promise<unknown> =>
      Promise.all(
        ids.map((id) =>
          of.sharedTransaction(async ({ enrollmentRights }) => {
            works++
            await enrollmentRights.use(id, NOW)
          }),
        ),
      )
    const used = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const holding = third.transaction(async ({ enrollmentRights }) => {
      await enrollmentRights.use(between, NOW)
      used.resolve()
      await ended.promise
    })
    await used.promise
    // The first of each is in a transaction of its own.
    const all = [
      useAll(store, [randomUUID(), first, between, last]),
      useAll(other, [randomUUID(), last, between, first]),
    ]
    await pause(100)
    ended.resolve()
    await Promise.all([...all, holding])
    // One that waits for the other would be broken up, and run again.
    t.assert.equal(works, 8)
    t.assert.deepEqual(
      (await Promise.all(rights.map(({ id }) => store.enrollmentRights.find(id)))).map((one) => one?.numberOfUsage),
      [2, 3, 2],
    )
  })

  test('who made one before that was kept is known as far as the audit log says it', async (t) => {
    const before = await database.place()
    const old = await database.open(before)
    const ours = account()
    await old.accounts.add(ours)
    const { id: enrollmentProfileId } = await establishDeviceTrust({ store: old, now: () => NOW } as World, ours)
    const of = { accountId: ours.id, enrollmentProfileId }
    const [known, forgotten] = [enrollmentRight(of), enrollmentRight(of)]
    for (const right of [known, forgotten]) await old.enrollmentRights.add(right)
    const maker = randomUUID()
    const made = { accountId: ours.id, actorId: maker, actorKind: 'user', resourceType: 'enrollment_passcode' } as const
    const said = (action: string, resourceId: string) =>
      old.auditEvents.append(auditEvent({ ...made, action: `enrollment_passcode.${action}`, resourceId }))
    await said('create', known.id)
    await said('update', forgotten.id)
    await database.raw(before, 'alter table enrollment_rights drop column created_by')
    await database.raw(before, "delete from migrations where name = '0037-right-makers'")
    const { enrollmentRights } = await database.open(before)
    t.assert.equal((await enrollmentRights.find(known.id))?.createdBy, maker)
    t.assert.equal((await enrollmentRights.find(forgotten.id))?.createdBy, undefined)
  })
})
