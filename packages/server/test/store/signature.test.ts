import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { GroupCommit } from '../../src/store/group-commit.ts'
import { addSigning, auditEvent, signature } from './noun.ts'
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

test('a group is what waits together, and none is answered before its own is written', async (t) => {
  const groups: (readonly number[])[] = []
  const gates: (() => void)[] = []
  const group = new GroupCommit<number>(async (values) => {
    groups.push(values)
    await new Promise<void>((resolve) => gates.push(resolve))
  }, 3)
  const answered: number[] = []
  const add = (value: number) => group.add(value).then(() => answered.push(value))
  const turn = () => new Promise(setImmediate)
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
