import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { deliverDueMails, queueMail } from '../../src/domain/deliver-mail.ts'
import type { Store } from '../../src/domain/store.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { onBothDatabases } from './test-database.ts'

const content = { to: 'desk@example.com', subject: 'Hello', text: 'What only the reader is told' }
const NOBODY = new Date(0)

onBothDatabases('mail', (database) => {
  let store: Store
  let time = Date.parse('2026-03-04T05:06:07.891Z')
  const now = (): Date => new Date(time)
  const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
  before(async () => {
    store = await database.open()
  })
  const queue = () => store.transaction((repositories) => queueMail({ keys, now }, repositories, undefined, content))

  test('is nowhere in the files once it went out: under the master key it would bring PINs', async (t: TestContext) => {
    const place = await database.place()
    if (!('file' in place)) return t.skip('what PostgreSQL keeps of deleted rows is its own')
    const own = await database.open(place)
    for (const _ of [1, 2, 3])
      await own.transaction((repositories) => queueMail({ keys, now }, repositories, undefined, content))
    await database.raw(place, 'pragma wal_checkpoint(truncate)')
    await own.transaction((repositories) => queueMail({ keys, now }, repositories, undefined, content))
    const waiting = await own.mails.listDue(now(), 10)
    const where = async (): Promise<string[]> => {
      const names = (await readdir(dirname(place.file))).filter((name) => name.startsWith(basename(place.file)))
      const files = await Promise.all(names.map((name) => readFile(join(dirname(place.file), name))))
      return names.filter((_, index) => waiting.some(({ wrapped }) => files[index]?.includes(Buffer.from(wrapped))))
    }
    t.assert.deepEqual(await where(), ['countersign.db', 'countersign.db-wal'])
    await deliverDueMails(
      { store: own, keys, now },
      async () => {},
      () => undefined,
    )
    t.assert.deepEqual(await where(), [])
  })

  test('is wrapped while it waits, goes out once and leaves an event', async (t: TestContext) => {
    await queue()
    const [waiting] = await store.mails.listDue(now(), 10)
    t.assert.ok(waiting)
    t.assert.ok(!Buffer.from(waiting.wrapped).toString('latin1').includes('only the reader'))
    t.assert.deepEqual(await store.mails.find(waiting.id), waiting)

    const sent: unknown[] = []
    const world = { store, keys, now }
    const deliver = async (mail: unknown): Promise<void> => void sent.push(mail)
    const outcomes = await Promise.all([1, 2, 3].map(() => deliverDueMails(world, deliver, () => undefined)))
    t.assert.deepEqual(sent, [{ ...content, id: waiting.id, createdAt: now() }])
    t.assert.equal(
      outcomes.reduce((sum, { delivered }) => sum + delivered, 0),
      1,
    )
    t.assert.equal(await store.mails.find(waiting.id), undefined)
    const event = (await store.auditEvents.listUnsealed(10)).find(({ resourceId }) => resourceId === waiting.id)
    t.assert.deepEqual([event?.action, event?.status], ['mail.deliver', 'success'])
  })

  test('that no server takes is tried less and less often, and given up after five days', async (t: TestContext) => {
    const world = { store, keys, now }
    const begun = time
    await queue()
    const [{ id } = { id: '' }] = await store.mails.listDue(now(), 10)
    const attempts: number[] = []
    const refuse = async (): Promise<void> => {
      attempts.push((time - begun) / 60_000)
      throw new Error('421 not now')
    }
    for (; time < begun + 7 * 86_400_000; time += 300_000) await deliverDueMails(world, refuse, () => undefined)
    t.assert.deepEqual(attempts.slice(0, 5), [0, 5, 15, 35, 75])
    t.assert.equal(attempts.at(-1)! - attempts.at(-2)!, 360)
    t.assert.ok(attempts.at(-1)! <= 5 * 24 * 60 && attempts.at(-1)! > 4 * 24 * 60)
    t.assert.equal(await store.mails.find(id), undefined)
    const event = (await store.auditEvents.listUnsealed(100)).find(({ resourceId }) => resourceId === id)
    t.assert.deepEqual([event?.status, event?.details], ['failed', { attempts: attempts.length }])
  })

  test('of a node that died while it sent is sent later by another', async (t: TestContext) => {
    await queue()
    const [mail] = await store.mails.listDue(now(), 10)
    t.assert.ok(mail)
    t.assert.equal(await store.mails.begin(mail, new Date(time + 300_000)), true)
    t.assert.equal(await store.mails.begin(mail, new Date(time + 300_000)), false)
    t.assert.deepEqual(await store.mails.listDue(now(), 10), [])
    time += 300_000
    const sent: string[] = []
    await deliverDueMails(
      { store, keys, now },
      async ({ id }) => void sent.push(id),
      () => undefined,
    )
    t.assert.deepEqual(sent, [mail.id])
    t.assert.deepEqual(await store.mails.listDue(new Date(8.64e15), 10), [])
  })

  test('waits for the next start where the platform is about to stop', async (t: TestContext) => {
    await queue()
    const refuse = async (): Promise<void> => t.assert.fail('it was sent')
    await deliverDueMails({ store, keys, now }, refuse, () => undefined, AbortSignal.abort())
    const [mail] = await store.mails.listDue(now(), 10)
    t.assert.equal(mail?.attempts, 0)
    await store.mails.remove(mail!.id)
  })

  test('of a transaction that failed is never sent', async (t: TestContext) => {
    const work = store.transaction(async (repositories) => {
      await queueMail({ keys, now }, repositories, undefined, content)
      throw new Error('no')
    })
    await t.assert.rejects(work, /no/)
    t.assert.deepEqual(await store.mails.listDue(now(), 10), [])
    t.assert.deepEqual(await store.mails.listDue(NOBODY, 10), [])
  })
})
