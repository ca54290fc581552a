import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { SignatureQuery } from '../../src/domain/signature.ts'
import { GroupCommit } from '../../src/store/group-commit.ts'
import { addSigning, auditEvent, bytes, NOW, signature, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('signature records', (database) => {
  test('hundreds at once all stand, each with its event', async (t) => {
    const store = await database.open()
    const signing = await addSigning(store)
    const records = Array.from({ length: 300 }, () => signature(signing))
    await Promise.all(records.map((record) => store.signatures.record(record, auditEvent({ resourceId: record.id }))))
    for (const record of records) t.assert.deepEqual(await store.signatures.find(record.id), record)
    const events = await store.auditEvents.listUnsealed(1000)
    t.assert.deepEqual(new Set(events.map(({ resourceId }) => resourceId)), new Set(records.map(({ id }) => id)))
  })

  test('one that cannot be written fails alone, and leaves no event', async (t) => {
    const store = await database.open()
    const signing = await addSigning(store)
    const records = Array.from({ length: 9 }, () => signature(signing))
    const wrong = { ...signature(signing), credentialId: randomUUID() }
    const outcomes = await Promise.allSettled(
      [...records.slice(0, 4), wrong, ...records.slice(4)].map((record) =>
        store.signatures.record(record, auditEvent()),
      ),
    )
    t.assert.deepEqual(
      outcomes.map(({ status }) => status === 'fulfilled'),
      [true, true, true, true, false, true, true, true, true, true],
    )
    t.assert.equal((await store.signatures.list(signing.account.id, 99)).length, 9)
    t.assert.equal(await store.auditEvents.countUnsealed(), 9)
  })

  test('those of a credential are walked from the newest, by what is asked for', async (t) => {
    const store = await database.open()
    const signing = await addSigning(store)
    const other = await addSigning(store)
    const colleague = user(signing.account.id, { friendlyName: 'Colleague' })
    await store.users.add(colleague)
    const at = (day: number) => new Date(NOW.getTime() + day * 86_400_000)
    const records = Array.from({ length: 600 }, (_, index) => ({
      ...signature(signing),
      createdAt: at(Math.floor(index / 10)),
      ...(index % 3 === 0 && { userId: colleague.id }),
      ...(index % 7 === 0 && { asset: undefined, signedHash: bytes(48), address: undefined }),
    }))
    await Promise.all([...records, signature(other)].map((record) => store.signatures.record(record, auditEvent())))
    const newest = records.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
    const { id: credentialId } = signing.credential
    const walked = async (query: Partial<SignatureQuery>) =>
      (await Array.fromAsync(store.signatures.walk({ credentialId, ...query }))).map(({ signature }) => signature)
    t.assert.deepEqual(await walked({}), newest)
    t.assert.deepEqual(
      await walked({ userId: colleague.id }),
      newest.filter(({ userId }) => userId === colleague.id),
    )
    t.assert.deepEqual(
      await walked({ from: at(10), until: at(12) }),
      newest.filter(({ createdAt }) => createdAt >= at(10) && createdAt < at(12)),
    )
    const [first, second] = [records[0]!, records[1]!]
    t.assert.deepEqual(await walked({ hash: first.signedHash! }), [first])
    t.assert.deepEqual(await walked({ hash: second.asset!.inputHash }), [second])
    t.assert.deepEqual(await walked({ hash: second.asset!.outputHash, until: at(30) }), [second])
    t.assert.deepEqual(await walked({ manifestLabel: second.asset!.manifestLabel }), [second])
    t.assert.deepEqual(await walked({ hash: bytes(32) }), [])
    for await (const { userName, signature: found } of store.signatures.walk({ credentialId }))
      t.assert.equal(userName, found.userId === colleague.id ? 'Colleague' : signing.user.friendlyName)
  })

  test('a search goes on past what one step looks at', async (t) => {
    const store = await database.open()
    const signing = await addSigning(store)
    const records = Array.from({ length: 9_001 }, (_, index) => ({
      ...signature(signing),
      createdAt: new Date(NOW.getTime() + index),
    }))
    await Promise.all(records.map((record) => store.signatures.record(record, auditEvent())))
    const wanted = [records[0]!, records[5_000]!, records[9_000]!]
    for (const record of wanted) {
      const query = { credentialId: signing.credential.id, manifestLabel: record.asset!.manifestLabel }
      const found = await Array.fromAsync(store.signatures.walk(query))
      t.assert.deepEqual(
        found.map(({ signature }) => signature.id),
        [record.id],
      )
    }
  })

  test('a record within a transaction goes with it', async (t) => {
    const store = await database.open()
    const signing = await addSigning(store)
    const work = store.transaction(async ({ signatures }) => {
      await signatures.record(signature(signing), auditEvent())
      throw new Error('no')
    })
    await t.assert.rejects(work, { message: 'no' })
    t.assert.deepEqual(await store.signatures.list(signing.account.id, 9), [])
    t.assert.equal(await store.auditEvents.countUnsealed(), 0)
  })
})

test('what comes of a group is in the next one, with what waited for it', async (t) => {
  const groups: (readonly number[])[] = []
  const group = new GroupCommit<number>(async (values) => {
    groups.push(values)
    if (groups.length === 1) waiting.push(group.add(3))
  }, 3)
  const waiting: Promise<void>[] = []
  await group.add(1).then(() => group.add(2))
  await Promise.all(waiting)
  t.assert.deepEqual(groups, [[1], [3, 2]])
})

test('a group is what waits together, and none is answered before its own is written', async (t) => {
  const groups: (readonly number[])[] = []
  const gates: (() => void)[] = []
  const group = new GroupCommit<number>(async (values) => {
    groups.push(values)
    await new Promise<void>((resolve) => gates.push(resolve))
  }, 3)
  const answered: number[] = []
  const add = (value: number) => group.add(value).then(() => answered.push(value))
  const turn = async () => {
    for (let step = 0; step < 3; step++) await new Promise(setImmediate)
  }
  const all = [add(1), add(2)]
  await turn()
  all.push(add(3), add(4), add(5), add(6))
  await turn()
  t.assert.deepEqual([groups, answered], [[[1, 2]], []])
  gates.shift()?.()
  await turn()
  t.assert.deepEqual(
    [groups.at(-1), answered],
    [
      [3, 4, 5],
      [1, 2],
    ],
  )
  gates.shift()?.()
  await turn()
  gates.shift()?.()
  await Promise.all(all)
  t.assert.deepEqual(answered, [1, 2, 3, 4, 5, 6])
})
