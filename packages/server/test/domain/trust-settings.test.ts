import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { decodePem, encodePem } from '@countersign/codec'
import { PLATFORM } from '../../src/domain/record-event.ts'
import type { Store } from '../../src/domain/store.ts'
import { anchorCertificates } from '../../src/domain/trust-list.ts'
import {
  addTrustAnchors,
  removeTrustAnchor,
  trustLists,
  updatePublishedAnchors,
} from '../../src/domain/trust-settings.ts'
import { openStore } from '../../src/store/open-store.ts'
import { createTestAuthority } from '../http/test-authority.ts'
import { startedWorld } from '../test-world.ts'

const pemOf = async (name: string): Promise<string> => `${(await createTestAuthority(name)).certificate}\n`
const der = (pem: string): Uint8Array => new Uint8Array(decodePem(pem)[0]!.bytes)

async function trustEvents(store: Store): Promise<string[]> {
  const events = await store.auditEvents.listUnsealed(1_000)
  return events.flatMap(({ action, details }) =>
    action.startsWith('trust_anchor.') ? [`${action} ${details.subject}`] : [],
  )
}

test('the roots of the platform are always believed, about signers and times', async (t: TestContext) => {
  const world = await startedWorld(t)
  const root = (await world.store.authorities.findByPurpose('root'))!
  const { signers, timeStamps } = await trustLists(world)
  t.assert.deepEqual([signers, timeStamps], [[root.certificate], [root.certificate]])
})

test('anchors are added for one purpose, each once, with an audit event each, and are removed', async (t: TestContext) => {
  const world = await startedWorld(t)
  const [a, b] = [await pemOf('A'), await pemOf('B')]
  const first = await addTrustAnchors(world, PLATFORM, { purpose: 'signers', pem: a })
  t.assert.deepEqual(
    first.added.map(({ subject, source }) => [subject, source]),
    [['CN=A', 'added']],
  )
  world.wait(1 / 86_400)
  const second = await addTrustAnchors(world, PLATFORM, { purpose: 'signers', pem: a + b + b })
  t.assert.deepEqual(
    [second.added.map(({ subject }) => subject), second.known.map(({ subject }) => subject)],
    [['CN=B'], ['CN=A']],
  )
  const lists = await trustLists(world)
  t.assert.deepEqual(lists.signers.slice(1), [der(a), der(b)])
  t.assert.equal(lists.timeStamps.length, 1)
  t.assert.equal(await trustLists(world), lists)
  const removed = await removeTrustAnchor(world, PLATFORM, first.added[0]!.id)
  t.assert.equal(removed.subject, 'CN=A')
  t.assert.deepEqual((await trustLists(world)).signers.slice(1), [der(b)])
  await t.assert.rejects(removeTrustAnchor(world, PLATFORM, removed.id), { reason: 'not_found' })
  t.assert.deepEqual((await trustEvents(world.store)).sort(), [
    'trust_anchor.add CN=A',
    'trust_anchor.add CN=B',
    'trust_anchor.remove CN=A',
  ])
})

test('another process sees a change within seconds, and one that reads finds the same object while nothing changes', async (t: TestContext) => {
  const world = await startedWorld(t)
  const store = await openStore({ file: `${world.folder}/countersign.db` })
  t.after(() => store.close())
  const other = { ...world, store }
  const before = await trustLists(other)
  await addTrustAnchors(world, PLATFORM, { purpose: 'time-stamps', pem: await pemOf('TSA') })
  t.assert.equal((await trustLists(other)).timeStamps.length, 1)
  world.wait(3 / 86_400)
  const after = await trustLists(other)
  t.assert.equal(after.timeStamps.length, 2)
  t.assert.notEqual(after.key, before.key)
  world.wait(3 / 86_400)
  t.assert.equal(await trustLists(other), after)
})

test('an update brings what a published list has new, takes what it has no more, and leaves what was added by hand', async (t: TestContext) => {
  const world = await startedWorld(t)
  const [a, b, c, own] = [await pemOf('A'), await pemOf('B'), await pemOf('C'), await pemOf('Own')]
  await addTrustAnchors(world, PLATFORM, { purpose: 'signers', pem: own + c })
  await updatePublishedAnchors(world, PLATFORM, [{ purpose: 'signers', pem: a + b }])
  const [update] = await updatePublishedAnchors(world, PLATFORM, [{ purpose: 'signers', pem: b + c }])
  t.assert.deepEqual(
    [update!.added, update!.removed.map(({ subject }) => subject), update!.before, update!.after],
    [[], ['CN=A'], 4, 3],
  )
  t.assert.deepEqual(
    (await world.store.trustAnchors.list()).map(({ subject, source }) => `${subject} ${source}`).sort(),
    ['CN=B c2pa', 'CN=C added', 'CN=Own added'],
  )
})

test('one certificate at fault, and nothing is changed', async (t: TestContext) => {
  const world = await startedWorld(t)
  const authority = await createTestAuthority('CA')
  const leaf = (await authority.issue('leaf')).certificate
  const good = `${authority.certificate}\n`
  for (const [pem, sentence] of [
    [`${good}${leaf}\n`, /^Certificate 2 \(CN=leaf\) is of no authority/],
    ['', /^There is no certificate in PEM\.$/],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n', /^This is not PEM/],
    [encodePem('CERTIFICATE', new Uint8Array(20)), /^Certificate 1 can't be read/],
    [encodePem('CERTIFICATE', new Uint8Array(20_000)), /has 20000 bytes/],
    [encodePem('PRIVATE KEY', new Uint8Array(20)), /no certificate/],
    [good.repeat(251), /^There are 251 certificates; at most 250 are taken\.$/],
    ['x'.repeat(2 ** 20 + 1), /longer than/],
  ] as const) {
    const refusal = { name: 'Refusal', reason: 'invalid', code: 'invalid_certificate', message: sentence }
    await t.assert.rejects(addTrustAnchors(world, PLATFORM, { purpose: 'signers', pem }), refusal)
    const lists = [
      { purpose: 'time-stamps' as const, pem: good },
      { purpose: 'signers' as const, pem },
    ]
    await t.assert.rejects(updatePublishedAnchors(world, PLATFORM, lists), refusal)
  }
  t.assert.deepEqual(await world.store.trustAnchors.list(), [])
  t.assert.deepEqual(await trustEvents(world.store), [])
})

test('a failure on the way leaves neither anchor nor event', async (t: TestContext) => {
  const world = await startedWorld(t)
  const failing: Store = {
    ...world.store,
    transaction: (work) =>
      world.store.transaction(async (repositories) => {
        await work(repositories)
        throw new Error('power cut')
      }),
  }
  const adding = addTrustAnchors({ ...world, store: failing }, PLATFORM, { purpose: 'signers', pem: await pemOf('A') })
  await t.assert.rejects(adding, /power cut/)
  t.assert.deepEqual([await world.store.trustAnchors.list(), await trustEvents(world.store)], [[], []])
})

test('every certificate of the lists that C2PA publishes is taken', (t: TestContext) => {
  const folder = new URL('../../../../../shared/c2pa-corpus/trust/', import.meta.url)
  if (!existsSync(folder)) return t.skip('../shared/c2pa-corpus is absent, and with it the published lists')
  const lengths = ['C2PA-TRUST-LIST.pem', 'C2PA-TSA-TRUST-LIST.pem'].map(
    (name) => anchorCertificates(readFileSync(new URL(name, folder), 'utf8')).length,
  )
  t.assert.deepEqual(lengths, [30, 22])
})
