import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { allDone } from '../../src/domain/all-done.ts'
import { account, addSigning, auditEvent, certificate, NOW, signature } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('transactions', (database) => {
  test('what rejects leaves nothing, and the store goes on', async (t) => {
    const store = await database.open()
    const one = account()
    const work = store.transaction(async ({ accounts, auditEvents }) => {
      await accounts.add(one)
      await auditEvents.append(auditEvent())
      t.assert.deepEqual(await accounts.find(one.id), one)
      throw new Error('changed my mind')
    })
    await t.assert.rejects(work, { message: 'changed my mind' })
    t.assert.equal(await store.accounts.find(one.id), undefined)
    t.assert.equal(await store.auditEvents.countUnsealed(), 0)
    t.assert.equal(await store.transaction(async ({ accounts }) => (await accounts.list()).length), 0)
  })

  test('a conflict does not spoil the transaction around it', async (t) => {
    const store = await database.open()
    const { credential } = await addSigning(store)
    const taken = await store.certificates.find(credential.certificateId)
    if (!taken) throw new Error('no certificate')
    const second = certificate(taken.authorityId)
    await store.transaction(async ({ certificates }) => {
      await t.assert.rejects(certificates.reserve({ ...taken, id: randomUUID() }), { reason: 'conflict' })
      await certificates.reserve(second)
    })
    t.assert.deepEqual(await store.certificates.find(second.id), second)
  })

  test('what runs on when its transaction is over writes nothing', async (t) => {
    const store = await database.open()
    const [one, late] = [account(), account()]
    let runOn: (() => Promise<void>) | undefined
    await store.transaction(async ({ accounts }) => {
      await accounts.add(one)
      runOn = () => accounts.add(late)
    })
    await t.assert.rejects(async () => runOn?.())
    t.assert.deepEqual(await store.accounts.find(one.id), one)
    t.assert.equal(await store.accounts.find(late.id), undefined)
  })

  test('statements that are asked for side by side are one transaction', async (t) => {
    const store = await database.open()
    const [one, other] = [account(), account()]
    const twice = store.transaction(async ({ accounts }) => {
      await allDone([accounts.add(one), accounts.add(other), accounts.add(one)])
    })
    await t.assert.rejects(twice, { reason: 'conflict' })
    t.assert.equal(await store.accounts.find(other.id), undefined)
    await store.transaction(({ accounts }) => allDone([accounts.add(one), accounts.add(other)]))
    t.assert.deepEqual(await store.accounts.find(one.id), one)
    t.assert.deepEqual(await store.accounts.find(other.id), other)
  })

  test('a certificate that is held is not revoked before the transaction ends', async (t) => {
    const place = await database.place()
    const [store, other] = [await database.open(place), await database.open(place)]
    const { credential } = await addSigning(store)
    const { authorityId } = (await store.certificates.find(credential.certificateId ?? ''))!
    const one = certificate(authorityId)
    await store.certificates.reserve(one)
    await store.certificates.issue(one.id, one.bytes, new Uint8Array(32))
    const held = Promise.withResolvers<void>()
    const revoking = held.promise.then(() => other.certificates.revoke(one.id, { at: NOW, reason: 'superseded' }))
    await store.transaction(async ({ certificates }) => {
      t.assert.equal((await certificates.hold(one.id))?.status, 'issued')
      held.resolve()
      await pause(50)
      t.assert.equal((await certificates.find(one.id))?.status, 'issued')
    })
    t.assert.equal(await revoking, true)
    t.assert.equal((await store.certificates.find(one.id))?.status, 'revoked')
  })

  test('others see nothing until it is committed', async (t) => {
    const place = await database.place()
    const [store, other] = [await database.open(place), await database.open(place)]
    const one = account()
    await store.transaction(async ({ accounts }) => {
      await accounts.add(one)
      t.assert.equal(await store.accounts.find(one.id), undefined)
      t.assert.equal(await other.accounts.find(one.id), undefined)
    })
    t.assert.deepEqual(await store.accounts.find(one.id), one)
    t.assert.deepEqual(await other.accounts.find(one.id), one)
  })

  test('a transaction that would wait for itself is told so', async (t) => {
    const store = await database.open()
    const signing = await addSigning(store)
    const mistakes = [
      () => store.transaction(async () => {}),
      () => store.signatures.record(signature(signing), auditEvent()),
    ]
    if (database.engine === 'sqlite') mistakes.push(() => store.accounts.add(account()))
    for (const mistake of mistakes) {
      await t.assert.rejects(store.transaction(mistake), { message: /through the repositories that it is given/ })
    }
    await store.signatures.record(signature(signing), auditEvent())
  })

  test('a lock excludes the transactions of other stores until its own ends', async (t) => {
    const place = await database.place()
    const [store, other] = [await database.open(place), await database.open(place)]
    await t.assert.rejects(store.locks.tryTake('x'), { message: 'a lock needs a transaction' })
    const order: string[] = []
    const taken = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const first = store.transaction(async ({ locks }) => {
      await locks.take('first-start')
      taken.resolve()
      await asked.promise
      order.push('first ends')
    })
    await taken.promise
    // On SQLite already the beginning of the second transaction waits.
    if (database.engine === 'postgres') {
      t.assert.equal(await other.transaction(({ locks }) => locks.tryTake('first-start')), false)
    }
    const second = other.transaction(async ({ locks }) => {
      await locks.take('first-start')
      order.push('second takes')
    })
    await pause(50)
    asked.resolve()
    await Promise.all([first, second])
    t.assert.deepEqual(order, ['first ends', 'second takes'])
    t.assert.equal(await store.transaction(({ locks }) => locks.tryTake('first-start')), true)
  })

  test('of many that take one serial number or nickname at once, one gets it', async (t) => {
    const place = await database.place()
    const stores = [await database.open(place), await database.open(place)]
    const signing = await addSigning(stores[0] as (typeof stores)[0])
    const { authorityId } = (await stores[0]?.certificates.find(signing.credential.certificateId)) ?? {
      authorityId: '',
    }
    const attempts = Array.from({ length: 20 }, (_, n) => {
      const one = certificate(authorityId, { serialNumber: 'abc' })
      return stores[n % 2]?.certificates.reserve(one)
    })
    const outcomes = await Promise.allSettled(attempts)
    t.assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.assert.equal(outcome.reason.reason, 'conflict')
    }
  })

  test('transactions of two stores that read and then write lose nothing', async (t) => {
    const place = await database.place()
    const stores = [await database.open(place), await database.open(place)]
    await stores[0]?.settings.put('counter', '0')
    const add = (n: number) =>
      stores[n % 2]?.transaction(async ({ settings, locks }) => {
        await locks.take('counter')
        await settings.put('counter', `${Number(await settings.find('counter')) + 1}`)
      })
    await Promise.all(Array.from({ length: 40 }, (_, n) => add(n)))
    t.assert.equal(await stores[1]?.settings.find('counter'), '40')
  })
})
