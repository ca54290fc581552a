import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import type { SignatureActivation } from '../../src/domain/signature-activation.ts'
import type { Store } from '../../src/domain/store.ts'
import { bytes, NOW } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const END = new Date(NOW.getTime() + 300_000)
const at = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds)

function activation(changes: Partial<SignatureActivation> = {}): SignatureActivation {
  return {
    id: randomUUID(),
    secretHash: bytes(32),
    userId: randomUUID(),
    credentialId: randomUUID(),
    wrappingHash: bytes(32),
    hashAlgorithm: 'sha384',
    hashes: [bytes(48), bytes(48)],
    remaining: 2,
    sealedKey: bytes(200),
    authorizedAt: NOW,
    endsAt: END,
    signedAt: undefined,
    extendedAt: undefined,
    ...changes,
  }
}

onBothDatabases('signature activations', (database) => {
  let store: Store
  before(async () => {
    store = await database.open()
  })

  async function added(changes: Partial<SignatureActivation> = {}): Promise<SignatureActivation> {
    const one = activation(changes)
    await store.signatureActivations.add(one)
    return one
  }
  const find = ({ secretHash }: SignatureActivation) => store.signatureActivations.findBySecretHash(secretHash)

  test('one comes back as it went in, by the hash of its secret', async (t) => {
    const one = await added()
    t.assert.deepEqual(await find(one), one)
    const other = await added({ hashAlgorithm: undefined, sealedKey: undefined, hashes: [bytes(32)], remaining: 7 })
    t.assert.deepEqual(await find(other), other)
    t.assert.equal(await store.signatureActivations.findBySecretHash(bytes(32)), undefined)
    await t.assert.rejects(store.signatureActivations.add(activation({ secretHash: one.secretHash })), {
      reason: 'conflict',
    })
  })

  test('one of twenty who take it at once gets it, and the key goes with the last signature', async (t) => {
    const one = await added()
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.signatureActivations.take(one.id, 2, at(5))))
    t.assert.equal(taken.filter(Boolean).length, 1)
    t.assert.deepEqual(await find(one), { ...one, remaining: 0, signedAt: at(5), sealedKey: undefined })
    t.assert.equal(await store.signatureActivations.extend(one.id, at(6)), undefined)
  })

  test('what was taken for fewer signatures keeps the key for the next of the chain', async (t) => {
    const one = await added({ remaining: 5 })
    t.assert.equal(await store.signatureActivations.take(one.id, 2, at(5)), true)
    t.assert.deepEqual(await find(one), { ...one, remaining: 3, signedAt: at(5) })
    const left = await Promise.all(Array.from({ length: 20 }, () => store.signatureActivations.extend(one.id, at(6))))
    t.assert.deepEqual(
      left.filter((count) => count !== undefined),
      [3],
    )
    t.assert.equal((await find(one))?.sealedKey, undefined)
  })

  test('whether it is taken or extended first, the other comes too late or counts it', async (t) => {
    for (let run = 0; run < 10; run++) {
      const one = await added({ remaining: 3 })
      const [taken, left] = await Promise.all([
        store.signatureActivations.take(one.id, 2, at(5)),
        store.signatureActivations.extend(one.id, at(5)),
      ])
      t.assert.equal(left, taken ? 1 : 3)
    }
  })

  test('nobody takes more than was given, or anything after the end', async (t) => {
    const one = await added()
    t.assert.equal(await store.signatureActivations.take(one.id, 3, at(5)), false)
    t.assert.equal(await store.signatureActivations.take(one.id, 1, END), false)
    t.assert.equal(await store.signatureActivations.extend(one.id, END), undefined)
    t.assert.equal(await store.signatureActivations.take(randomUUID(), 1, at(5)), false)
    t.assert.deepEqual(await find(one), one)
  })

  test('keys are forgotten at the end, and activations some time after', async (t) => {
    const [old, ended, open] = [
      await added({ endsAt: at(-2_000) }),
      await added({ endsAt: at(0) }),
      await added({ endsAt: at(1) }),
    ] as const
    await store.signatureActivations.forget(NOW, at(-1_000))
    t.assert.equal(await find(old), undefined)
    t.assert.deepEqual(await find(ended), { ...ended, sealedKey: undefined })
    t.assert.deepEqual(await find(open), open)
  })
})
