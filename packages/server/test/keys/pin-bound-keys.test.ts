/** Keys that a PIN binds: what opens them, and what each piece that somebody may have does not. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { verifySignature } from '@countersign/pki'
import { DEFAULT_ALGORITHM, type KeyType, type WrappedKey } from '../../src/domain/private-key.ts'
import { KeyError } from '../../src/keys/key-error.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { openUnderPin, PIN_COST, wrapUnderPin } from '../../src/keys/pin-wrap.ts'

const now = () => new Date('2026-01-01T00:00:00Z')
const secret = new Uint8Array(32).fill(1)
const CHEAP = { memory: 64, passes: 1, lanes: 1 }
const keysUnder = (bytes: Uint8Array) => createKeys({ masterKey: masterKey(bytes), now, pinCost: CHEAP })
const keys = keysUnder(secret)
const data = new TextEncoder().encode('what is signed')
const binding = { credentialId: 'credential-1', pin: 'kf3m9x2ap7qd' }
const contextOf = ({ id, boundTo }: WrappedKey) => `pin-bound key ${id} of credential ${boundTo}`

for (const type of ['p256', 'p384', 'rsa2048', 'ed25519'] as const satisfies readonly KeyType[])
  test(`a ${type} key signs once its PIN opened it`, async (t: TestContext) => {
    const key = await keys.generate(type, binding)
    t.assert.equal(key.boundTo, 'credential-1')
    const opened = (await keys.open(key, binding.pin))!
    const algorithm = DEFAULT_ALGORITHM[type]
    const signature = await opened.signer().sign(data)
    t.assert.equal(await verifySignature(algorithm, key.publicKey, data, signature), true)
  })

test('another PIN opens nothing, and says nothing but that', async (t: TestContext) => {
  const key = await keys.generate('p256', binding)
  for (const pin of ['', 'kf3m9x2ap7qe', 'KF3M9X2AP7QD', `${binding.pin} `, binding.pin.repeat(100)])
    t.assert.equal(await keys.open(key, pin), undefined)
})

test('what the server has alone, database and master key, opens no key that a PIN binds', async (t: TestContext) => {
  const key = await keys.generate('ed25519', binding)
  // As the platform would use it: the key room refuses.
  t.assert.throws(() => keys.check(key), { code: 'pin_needed' })
  t.assert.throws(() => keys.privateKeyBytes(key), { code: 'pin_needed' })
  await t.assert.rejects(keys.signer(key).sign(data), { code: 'pin_needed' })
  // A row that says that no PIN binds it: it is wrapped for another context.
  t.assert.throws(() => keys.check({ ...key, boundTo: undefined }), { code: 'wrong_master_key' })
  // With the master key in hand, past the key room: what is under it is no key yet.
  const inner = Buffer.from(masterKey(secret).unwrap(contextOf(key), key.wrapped))
  const isKey = (bytes: Uint8Array): boolean => {
    try {
      return Boolean(createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' }))
    } catch {
      return false
    }
  }
  const begin = Buffer.from('302e020100300506032b6570', 'hex')
  t.assert.ok(isKey(keys.privateKeyBytes(await keys.generate('ed25519'))))
  for (let offset = 0; offset < inner.length; offset++) t.assert.equal(isKey(inner.subarray(offset)), false)
  t.assert.equal(inner.includes(begin), false)
})

test('the PIN without the master key, or with another one, opens nothing', async (t: TestContext) => {
  const key = await keys.generate('p256', binding)
  const other = keysUnder(new Uint8Array(32).fill(2))
  await t.assert.rejects(other.open(key, binding.pin), { code: 'wrong_master_key' })
})

test('a key moved to another credential, another id, or with a changed byte does not open', async (t: TestContext) => {
  const key = await keys.generate('p256', binding)
  const other = await keys.generate('p256', { ...binding, credentialId: 'credential-2' })
  for (const moved of [
    { ...key, boundTo: 'credential-2' },
    { ...key, id: other.id },
    { ...key, wrapped: other.wrapped },
  ])
    await t.assert.rejects(keys.open(moved, binding.pin), { code: 'wrong_master_key' })
  for (let index = 0; index < key.wrapped.length; index += 11) {
    const wrapped = key.wrapped.slice()
    wrapped[index] = (wrapped[index] as number) ^ 1
    await t.assert.rejects(keys.open({ ...key, wrapped }, binding.pin), KeyError)
  }
})

test('what lies under the master key holds to its cost, context and bytes', async (t: TestContext) => {
  const wrapped = await wrapUnderPin(data, { pin: 'a pin', context: 'a', cost: CHEAP })
  t.assert.deepEqual(await openUnderPin(wrapped, { pin: 'a pin', context: 'a' }), data)
  t.assert.equal(await openUnderPin(wrapped, { pin: 'a pin', context: 'b' }), undefined)
  for (let index = 7; index < wrapped.length; index++) {
    const changed = wrapped.slice()
    changed[index] = (changed[index] as number) ^ 1
    t.assert.equal(await openUnderPin(changed, { pin: 'a pin', context: 'a' }), undefined, `byte ${index}`)
  }
  // Another cost is another key, whoever wrote it there.
  const cheaper = wrapped.slice()
  cheaper[4] = 32
  t.assert.equal(await openUnderPin(cheaper, { pin: 'a pin', context: 'a' }), undefined)
  for (let length = 0; length < wrapped.length; length++) {
    const cut = wrapped.subarray(0, length)
    const outcome = await openUnderPin(cut, { pin: 'a pin', context: 'a' }).catch((error: unknown) => error)
    t.assert.ok(outcome === undefined || outcome instanceof KeyError, `${length} bytes`)
  }
})

test('each guess costs Argon2id as RFC 9106 has it: 64 MiB, three passes', async (t: TestContext) => {
  t.assert.deepEqual(PIN_COST, { memory: 65536, passes: 3, lanes: 4 })
  const real = createKeys({ masterKey: masterKey(secret), now })
  const key = await real.generate('p256', binding)
  const inner = Buffer.from(masterKey(secret).unwrap(contextOf(key), key.wrapped))
  t.assert.deepEqual([inner[0], inner.readUInt32BE(1), inner[5], inner[6]], [1, 65536, 3, 4])
  t.assert.ok(await real.open(key, binding.pin))
})

test('a new PIN is another wrapping of the same key, and the old one opens it no longer', async (t: TestContext) => {
  const key = await keys.generate('p256', binding)
  const rebound = await (await keys.open(key, binding.pin))!.rebind('another-pin-1')
  t.assert.deepEqual({ ...rebound, wrapped: key.wrapped }, key)
  t.assert.equal(await keys.open(rebound, binding.pin), undefined)
  const signature = await (await keys.open(rebound, 'another-pin-1'))!.signer('ES256').sign(data)
  t.assert.equal(await verifySignature('ES256', key.publicKey, data, signature), true)
})

test('an open key is sealed under a secret for one purpose, and opens by nothing less', async (t: TestContext) => {
  const key = await keys.generate('p256', binding)
  const [token, other] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))]
  const sealed = (await keys.open(key, binding.pin))!.seal('authorization-1', token)
  const signature = await keys.unseal(key, 'authorization-1', token, sealed)!.signer().sign(data)
  t.assert.equal(await verifySignature('ES256', key.publicKey, data, signature), true)
  t.assert.equal(keys.unseal(key, 'authorization-1', other, sealed), undefined)
  t.assert.throws(() => keys.unseal(key, 'authorization-2', token, sealed), { code: 'wrong_master_key' })
  t.assert.throws(() => keysUnder(new Uint8Array(32).fill(2)).unseal(key, 'authorization-1', token, sealed), KeyError)
  const second = await keys.generate('p256', { ...binding, credentialId: 'credential-2' })
  t.assert.throws(() => keys.unseal(second, 'authorization-1', token, sealed), { code: 'wrong_master_key' })
  for (let length = 0; length < sealed.length; length += 5)
    t.assert.throws(() => keys.unseal(key, 'authorization-1', token, sealed.subarray(0, length)), KeyError)
  t.assert.throws(() => keys.unseal(key, 'authorization-1', new Uint8Array(16), sealed), TypeError)
})

test('only a key that a PIN binds is opened by one', async (t: TestContext) => {
  const plain = await keys.generate('p256')
  t.assert.equal(plain.boundTo, undefined)
  await t.assert.rejects(keys.open(plain, binding.pin), TypeError)
})

test('a key that is brought signs as one that was made here, and what is no key of ours is refused', async (t: TestContext) => {
  for (const type of ['p256', 'p384', 'p521', 'rsa2048', 'ed25519'] as const) {
    const made = await keys.generate(type)
    const pkcs8 = keys.privateKeyBytes(made)
    const plain = (await keys.import(pkcs8))!
    t.assert.deepEqual([plain.type, plain.publicKey, plain.boundTo], [type, made.publicKey, undefined])
    const algorithm = DEFAULT_ALGORITHM[type]
    t.assert.ok(await verifySignature(algorithm, made.publicKey, data, await keys.signer(plain).sign(data)))
    const bound = (await keys.import(pkcs8, binding))!
    const signature = await (await keys.open(bound, binding.pin))!.signer().sign(data)
    t.assert.ok(await verifySignature(algorithm, made.publicKey, data, signature))
  }
  const of = ({ privateKey }: { privateKey: KeyObject }) =>
    new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
  for (const pkcs8 of [
    of(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
    of(generateKeyPairSync('rsa', { modulusLength: 1024 })),
    of(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })),
    of(generateKeyPairSync('x25519')),
    new Uint8Array(0),
    new Uint8Array(randomBytes(100)),
    new Uint8Array(await wrapUnderPin(data, { pin: 'x', context: 'x', cost: CHEAP })),
  ])
    t.assert.equal(await keys.import(pkcs8), undefined)
})

test('a key that comes with the public key of another is refused: a certificate may be for that one', async (t: TestContext) => {
  const [own, other] = [
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ]
  const point = ({ publicKey }: typeof own): Buffer => publicKey.export({ format: 'der', type: 'spki' }).subarray(-65)
  const pkcs8 = own.privateKey.export({ format: 'der', type: 'pkcs8' })
  pkcs8.set(point(other), pkcs8.indexOf(point(own)))
  t.assert.equal(await keys.import(pkcs8), undefined)
})
