import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '../../src/domain/store.ts'
import { Breath, gathered } from '../../src/store/gathered.ts'
import { account, addSigning, auditEvent, certificate } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('shared transactions', (database) => {
  test('works that come at the same time are committed together, each with its own result', async (t) => {
    const store = await database.open()
    const { credential } = await addSigning(store)
    const authorityId = (await store.certificates.find(credential.certificateId ?? ''))?.authorityId ?? ''
    const before = await store.auditEvents.countUnsealed()
    const reserved = Array.from({ length: 40 }, () => certificate(authorityId))
    const results = await Promise.all(
      reserved.map((one) =>
        store.sharedTransaction(async ({ certificates, auditEvents }) => {
          await certificates.reserve(one)
          await auditEvents.append(auditEvent())
          return one.id
        }),
      ),
    )
    t.assert.deepEqual(
      results,
      reserved.map(({ id }) => id),
    )
    for (const one of reserved) t.assert.deepEqual(await store.certificates.find(one.id), one)
    t.assert.equal(await store.auditEvents.countUnsealed(), before + 40)
  })

  test('one that fails leaves nothing, and the others are done without it', async (t) => {
    const store = await database.open()
    const [first, failing, last] = [account(), account(), account()]
    const works = [first, failing, last].map((one) =>
      store.sharedTransaction(async ({ accounts, auditEvents }) => {
        await auditEvents.append(auditEvent())
        await accounts.add(one)
        if (one === failing) throw new Error('not this one')
      }),
    )
    const outcomes = await Promise.allSettled(works)
    t.assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    t.assert.deepEqual(await store.accounts.find(first.id), first)
    t.assert.equal(await store.accounts.find(failing.id), undefined)
    t.assert.deepEqual(await store.accounts.find(last.id), last)
    t.assert.equal(await store.auditEvents.countUnsealed(), 2)
  })

  test('who fails has the others run once more, together, and not each by itself', async (t) => {
    const store = await database.open()
    const transactions = new Set<unknown>()
    const works = Array.from({ length: 32 }, (_, index) =>
      store.sharedTransaction(async (repositories) => {
        transactions.add(repositories)
        await repositories.auditEvents.append(auditEvent())
        if (index % 16 === 3) throw new Error('not this one')
      }),
    )
    const outcomes = await Promise.allSettled(works)
    t.assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 2)
    t.assert.equal(await store.auditEvents.countUnsealed(), 30)
    // All of them, all but those that failed, and each of these.
    t.assert.equal(transactions.size, 4)
  })

  test('a serial number that two of them take is given to one', async (t) => {
    const store = await database.open()
    const { credential } = await addSigning(store)
    const authorityId = (await store.certificates.find(credential.certificateId ?? ''))?.authorityId ?? ''
    const one = certificate(authorityId)
    const outcomes = await Promise.allSettled(
      [one, { ...one, id: randomUUID() }].map((twin) =>
        store.sharedTransaction(({ certificates }) => certificates.reserve(twin)),
      ),
    )
    t.assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  })

  test('transactions that share the same locks take them in one order', async (t) => {
    const place = await database.place()
    const [store, other, third] = [await database.open(place), await database.open(place), await database.open(place)]
    const [first, between, last] = [`x:${randomUUID()}`, `m:${randomUUID()}`, `y:${randomUUID()}`]
    let works = 0
    const takeAll = (of: Store, names: readonly string[]): Promise<unknown> =>
      Promise.all(
        names.map((name) =>
          of.sharedTransaction(async ({ locks }) => {
            works++
            await locks.take(name)
          }),
        ),
      )
    const taken = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const holding = third.transaction(async ({ locks }) => {
      await locks.take(between)
      taken.resolve()
      await ended.promise
    })
    await taken.promise
    // The first of each is in a transaction of its own.
    const all = [
      takeAll(store, [randomUUID(), first, between, last]),
      takeAll(other, [randomUUID(), last, between, first]),
    ]
    await pause(100)
    ended.resolve()
    await Promise.all([...all, holding])
    // One that waits for the other would be broken up, and run again.
    t.assert.equal(works, 8)
  })

  test('a reserved certificate is issued once, whoever else is issued in the same statement', async (t) => {
    const store = await database.open()
    const { credential } = await addSigning(store)
    const authorityId = (await store.certificates.find(credential.certificateId ?? ''))?.authorityId ?? ''
    const [one, other] = [certificate(authorityId), certificate(authorityId)]
    await store.transaction(async ({ certificates }) => {
      await certificates.reserve(one)
      await certificates.reserve(other)
    })
    const bytes = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
    const issue = (id: string, byte: number): Promise<boolean> =>
      store.sharedTransaction(({ certificates }) => certificates.issue(id, bytes(byte), bytes(byte)))
    t.assert.deepEqual(await Promise.all([issue(one.id, 1), issue(other.id, 2), issue(randomUUID(), 3)]), [
      true,
      true,
      false,
    ])
    t.assert.equal(await issue(one.id, 4), false)
    t.assert.deepEqual((await store.certificates.find(one.id))?.bytes, bytes(1))
    t.assert.deepEqual((await store.certificates.find(other.id))?.fingerprint, bytes(2))
  })
})

test('what is asked for in the same breath is done at once, and a failure is that of all who asked', async (t: TestContext) => {
  const groups: (readonly number[])[] = []
  const half = gathered(new Breath(process.nextTick), async (numbers: readonly number[]) => {
    groups.push(numbers)
    if (numbers.includes(13)) throw new Error('unlucky')
    return numbers.map((number) => number / 2)
  })
  const later = async (number: number): Promise<number> => {
    await undefined
    await undefined
    return half(number)
  }
  t.assert.deepEqual(await Promise.all([half(2), later(4), half(6)]), [1, 2, 3])
  t.assert.deepEqual(groups, [[2, 6, 4]])
  const outcomes = await Promise.allSettled([half(1), half(13)])
  t.assert.ok(outcomes.every(({ status }) => status === 'rejected'))
  t.assert.equal(await half(8), 4)
})

test('what has a turn comes after all that has an earlier one, whoever asks first', async (t: TestContext) => {
  const done: string[] = []
  const noting = async (names: readonly string[]): Promise<readonly string[]> => {
    done.push(...names)
    return names
  }
  const breath = new Breath(process.nextTick)
  const [lock, key, row, passcode] = [4, 1, 0, 3].map((turn) => gathered(breath, noting, turn))
  await Promise.all([lock!('lock'), key!('key'), row!('row'), passcode!('passcode'), lock!('another lock')])
  t.assert.deepEqual(done, ['row', 'key', 'passcode', 'lock', 'another lock'])
})
