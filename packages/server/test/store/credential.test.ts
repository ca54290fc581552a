import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import { MOST_PIN_ATTEMPTS } from '../../src/domain/credential.ts'
import type { Store } from '../../src/domain/store.ts'
import { addSigning, NOW, wrappedKey } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('credentials', (database) => {
  let store: Store
  let other: Store
  before(async () => {
    const place = await database.place()
    store = await database.open(place)
    other = await database.open(place)
  })

  async function added(): Promise<string> {
    return (await addSigning(store)).credential.id
  }
  const attemptsOf = async (id: string) => (await store.credentials.find(id))?.pinAttempts

  test('nobody has more than five attempts, on however many nodes at once', async (t) => {
    const id = await added()
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? store : other).credentials.beginPinAttempt(id)),
    )
    t.assert.equal(outcomes.filter((outcome) => outcome === 'begun').length, MOST_PIN_ATTEMPTS)
    // None of them is known to be wrong yet.
    t.assert.equal(outcomes.filter((outcome) => outcome === 'busy').length, 35)
    const failures = await Promise.all([1, 2, 3, 4, 5].map(() => other.credentials.endPinAttempt(id, 'wrong')))
    t.assert.equal(Math.max(...failures), 5)
    t.assert.equal(await store.credentials.beginPinAttempt(id), 'locked')
    t.assert.equal(await attemptsOf(id), 5)
    await store.credentials.forgetPinAttempts(id)
    t.assert.equal(await other.credentials.beginPinAttempt(id), 'begun')
  })

  test('a right PIN begins anew, but for those that are still being tried', async (t) => {
    const id = await added()
    const { credentials } = store
    for (let wrong = 1; wrong <= 3; wrong++) {
      await credentials.beginPinAttempt(id)
      t.assert.equal(await credentials.endPinAttempt(id, 'wrong'), wrong)
    }
    await credentials.beginPinAttempt(id)
    await credentials.beginPinAttempt(id)
    t.assert.equal(await credentials.endPinAttempt(id, 'right'), 0)
    t.assert.equal(await attemptsOf(id), 1)
    t.assert.equal(await credentials.endPinAttempt(id, 'wrong'), 1)
    t.assert.equal(await attemptsOf(id), 1)
  })

  test('an attempt that was none is none', async (t) => {
    const id = await added()
    await store.credentials.beginPinAttempt(id)
    await store.credentials.endPinAttempt(id, 'undone')
    t.assert.equal(await attemptsOf(id), 0)
  })

  test('what is forgotten while a PIN is tried counts from what comes after', async (t) => {
    const id = await added()
    const { credentials } = store
    for (let begun = 0; begun < 2; begun++) await credentials.beginPinAttempt(id)
    await credentials.forgetPinAttempts(id)
    t.assert.equal(await credentials.endPinAttempt(id, 'right'), 0)
    t.assert.equal(await attemptsOf(id), 0)
    t.assert.equal(await credentials.endPinAttempt(id, 'wrong'), 1)
    t.assert.equal(await attemptsOf(id), 1)
    t.assert.equal(await credentials.endPinAttempt(id, 'undone'), 1)
  })

  test('a change of the credential leaves the attempts as they are', async (t) => {
    const id = await added()
    const before = (await store.credentials.find(id))!
    await store.credentials.beginPinAttempt(id)
    const request = Uint8Array.of(1, 2, 3)
    await store.credentials.update({ ...before, status: 'requested', certificateId: undefined, request })
    const after = { ...before, status: 'requested', certificateId: undefined, request, pinAttempts: 1 }
    t.assert.deepEqual(await store.credentials.find(id), after)
    await t.assert.rejects(store.credentials.forgetPinAttempts(randomUUID()), { code: 'credential_not_found' })
  })

  test('a key is wrapped anew only by who knows the wrapping that counts', async (t) => {
    const key = { ...wrappedKey(), boundTo: randomUUID() }
    await store.privateKeys.add(key)
    const [first, second] = [wrappedKey().wrapped, wrappedKey().wrapped]
    t.assert.equal(await store.privateKeys.rewrap({ ...key, wrapped: first }, key), true)
    t.assert.equal(await other.privateKeys.rewrap({ ...key, wrapped: second }, key), false)
    t.assert.deepEqual(await store.privateKeys.find(key.id), { ...key, wrapped: first })
  })

  test('a certificate of an authority elsewhere comes back as it went in', async (t) => {
    const { account } = await addSigning(store)
    const certificate = {
      id: randomUUID(),
      accountId: account.id,
      chain: '-----BEGIN CERTIFICATE-----\n',
      notBefore: NOW,
      notAfter: new Date(NOW.getTime() + 1),
      createdAt: NOW,
    }
    await store.outsideCertificates.add(certificate)
    t.assert.deepEqual(await other.outsideCertificates.find(certificate.id), certificate)
    t.assert.equal(await store.outsideCertificates.find(randomUUID()), undefined)
    await t.assert.rejects(store.outsideCertificates.add(certificate), { reason: 'conflict' })
  })
})
