/** Keys of users, opened by PINs: how many may be wrong, who is told what, and what the audit log has. */

import { type TestContext, test } from 'node:test'
import { verifySignature } from '@countersign/pki'
import type { Principal } from '../../src/domain/authenticate.ts'
import { authorizeKey } from '../../src/domain/authorize-key.ts'
import { createCredential } from '../../src/domain/create-credential.ts'
import type { Credential } from '../../src/domain/credential.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import { Refusal } from '../../src/domain/refusal.ts'
import { usableCredential } from '../../src/domain/signing-credential.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { eventsOf } from '../store/events-of.ts'
import { startedWorld, type TestWorld } from '../test-world.ts'

const PIN = 'kf3m9x2ap7qd'
const DATA = new TextEncoder().encode('what is signed')

type Bench = {
  readonly world: TestWorld
  readonly principal: Principal
  readonly credential: Credential
  /** What the key says, or the sentence with which it was refused. */
  try(pin: string | undefined, world?: TestWorld): Promise<string>
  /** The audit log's actions and reasons about the credential, sorted: the clock stands still here. */
  events(): Promise<string[]>
}

async function bench(t: TestContext): Promise<Bench> {
  const world = await startedWorld(t)
  const { store, keys, now, quickstart } = world
  const account = (await store.accounts.find(quickstart.facts.account_id))!
  const user = (await store.users.find(quickstart.facts.service_user_id))!
  const id = uuidV7(now())
  const key = await keys.generate('p256', { credentialId: id, pin: PIN })
  const credential = await createCredential(world, {
    id,
    account,
    userId: user.id,
    nickname: 'desk',
    key,
    actor: PLATFORM,
  })
  const principal = { user, account }
  return {
    world,
    principal,
    credential,
    async try(pin, at = world) {
      const usable = await usableCredential(at, principal, 'desk')
      try {
        const signer = (await authorizeKey(at, principal, usable, pin)).signer('ES256')
        return String(await verifySignature('ES256', key.publicKey, DATA, await signer.sign(DATA)))
      } catch (error) {
        if (error instanceof Refusal) return error.message
        throw error
      }
    },
    async events() {
      const events = (await eventsOf(store.auditEvents, account.id, 500)).filter(({ resourceId }) => resourceId === id)
      return events
        .map(({ action, status, details }) => [action, status, details.reason].filter(Boolean).join(' '))
        .filter((text) => text !== 'credential.create success')
        .sort()
    },
  }
}

test('the right PIN opens the key, and four wrong ones in a row are forgotten by it', async (t: TestContext) => {
  const { try: attempt, events, world, credential } = await bench(t)
  for (let round = 0; round < 3; round++) {
    for (const pin of ['1', '2', '3', '4']) t.assert.equal(await attempt(pin), 'The PIN is invalid.')
    t.assert.equal(await attempt(PIN), 'true')
  }
  t.assert.equal((await world.store.credentials.find(credential.id))?.pinAttempts, 0)
  t.assert.deepEqual(await events(), Array(12).fill('credential.use failed the PIN is wrong'))
})

test('five wrong PINs lock it, the right one does not help any more, and it is all in the audit log', async (t: TestContext) => {
  const { try: attempt, events } = await bench(t)
  for (const pin of ['1', '2', '3', '4', '5']) t.assert.equal(await attempt(pin), 'The PIN is invalid.')
  t.assert.equal(await attempt('6'), 'The PIN is locked.')
  t.assert.equal(await attempt(PIN), 'The PIN is locked.')
  t.assert.deepEqual(await events(), [
    'credential.lock success',
    ...Array(2).fill('credential.use failed the PIN is locked'),
    ...Array(5).fill('credential.use failed the PIN is wrong'),
  ])
})

test('no PIN is no attempt', async (t: TestContext) => {
  const { try: attempt, events, world, credential } = await bench(t)
  for (const none of [undefined, ''])
    t.assert.equal(await attempt(none), 'Missing (or invalid type) string parameter PIN.')
  t.assert.equal((await world.store.credentials.find(credential.id))?.pinAttempts, 0)
  t.assert.deepEqual(await events(), Array(2).fill('credential.use failed no PIN was sent'))
})

test('of a hundred guesses at once, on several nodes, five are tried', async (t: TestContext) => {
  const { try: attempt, world } = await bench(t)
  let opened = 0
  const counting = (): TestWorld => ({
    ...world,
    store: { ...world.store, credentials: { ...world.store.credentials } },
    keys: {
      ...world.keys,
      open(...known) {
        opened++
        return world.keys.open(...known)
      },
    },
  })
  const nodes = [counting(), counting(), counting()]
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, index) => attempt(`guess-${index}`, nodes[index % nodes.length])),
  )
  t.assert.equal(opened, 5)
  t.assert.equal(outcomes.filter((outcome) => outcome === 'The PIN is invalid.').length, 5)
  t.assert.equal(outcomes.includes('true'), false)
  t.assert.equal(await attempt(PIN), 'The PIN is locked.')
})

test('one PIN that many requests send at once is one attempt', async (t: TestContext) => {
  const { try: attempt, world, credential, events } = await bench(t)
  t.assert.deepEqual(new Set(await Promise.all(Array.from({ length: 40 }, () => attempt(PIN)))), new Set(['true']))
  t.assert.equal((await world.store.credentials.find(credential.id))?.pinAttempts, 0)
  const wrong = await Promise.all(Array.from({ length: 40 }, () => attempt('wrong')))
  t.assert.deepEqual(new Set(wrong), new Set(['The PIN is invalid.']))
  t.assert.equal((await events()).length, 1)
})

test('an attempt that could not be made is none', async (t: TestContext) => {
  const { try: attempt, world, credential } = await bench(t)
  const busy: TestWorld = {
    ...world,
    store: { ...world.store, credentials: { ...world.store.credentials } },
    keys: {
      ...world.keys,
      open: () => Promise.reject(new Refusal('unavailable', 'temporarily_unavailable', 'Too many.')),
    },
  }
  for (let index = 0; index < 9; index++) t.assert.equal(await attempt(PIN, busy), 'Too many.')
  t.assert.equal((await world.store.credentials.find(credential.id))?.pinAttempts, 0)
})

test('nobody opens the key of another, whoever asks', async (t: TestContext) => {
  const { world, principal, credential } = await bench(t)
  const key = (await world.store.privateKeys.find(credential.keyId))!
  const other = { ...principal, user: { ...principal.user, id: uuidV7(world.now()) } }
  await t.assert.rejects(authorizeKey(world, other, { credential, key }, PIN), TypeError)
  await t.assert.rejects(usableCredential(world, other, 'desk'), { message: 'Invalid parameter credentialID.' })
  const moved = { credential: { ...credential, id: uuidV7(world.now()) }, key }
  await t.assert.rejects(authorizeKey(world, principal, moved, PIN), TypeError)
})
