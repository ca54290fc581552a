/** The only room where private keys are in the clear: made, unwrapped, and signed with. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomUUID,
  type SignKeyObjectInput,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { SignatureAlgorithm, Signer } from '@countersign/pki'
import type { DeviceKeyType } from '../domain/device-key-type.ts'
import type { DigestSigner, Keys, OpenedKey, PinBinding } from '../domain/keys.ts'
import { DEFAULT_ALGORITHM, type KeyType, type WrappedKey } from '../domain/private-key.ts'
import { atMost } from './at-most.ts'
import { KeyError } from './key-error.ts'
import type { MasterKey } from './master-key.ts'
import { openUnderPin, PIN_COST, type PinCost, wrapUnderPin } from './pin-wrap.ts'
import { sealUnder, unsealUnder } from './seal.ts'
import { type DigestSignature, signDigest } from './sign-digest.ts'

/** How many unwrapped keys are kept at hand. */
const CACHED_KEYS = 512
/** Each has 64 MiB and a thread of the four in the pool for a fifth of a second. */
const PINS_AT_ONCE = 2
const MOST_PINS_WAITING = 64
/** Primes take a thread of the four in the pool for up to seconds. */
const RSA_KEYS_AT_ONCE = 2
const MOST_RSA_KEYS_WAITING = 32

const generateKeyPairAsync = promisify(generateKeyPair) as (kind: string, options: object) => Promise<Pair<unknown>>
const signAsync = promisify<string | undefined, Uint8Array, SignKeyObjectInput | KeyObject, Buffer>(signWith)

export type KeysOptions = {
  readonly masterKey: MasterKey
  readonly now: () => Date
  /** What a try of a PIN costs; tests, which are about other things, make it cheap. */
  readonly pinCost?: PinCost
}

/** Keys under a master key. */
export function createKeys({ masterKey, now, pinCost: cost = PIN_COST }: KeysOptions): Keys {
  // In order of last use: Map keeps the order of insertion.
  const unwrapped = new Map<string, KeyObject>()
  const tryPin = atMost(PINS_AT_ONCE, MOST_PINS_WAITING, 'passwords and PINs are being tried')
  const makeRsaKey = atMost(RSA_KEYS_AT_ONCE, MOST_RSA_KEYS_WAITING, 'RSA keys are being made')

  function privateKey(key: WrappedKey): KeyObject {
    if (key.boundTo !== undefined) throw new KeyError('pin_needed', `the key ${key.id} opens by a PIN alone`)
    const known = unwrapped.get(key.id)
    if (known) {
      unwrapped.delete(key.id)
      unwrapped.set(key.id, known)
      return known
    }
    const opened = privateKeyOf(masterKey.unwrap(key.id, key.wrapped))
    unwrapped.set(key.id, opened)
    if (unwrapped.size > CACHED_KEYS) unwrapped.delete(unwrapped.keys().next().value as string)
    return opened
  }

  async function wrappedKey(type: KeyType, key: KeyObject, binding: PinBinding | undefined): Promise<WrappedKey> {
    const id = randomUUID()
    const wrapped = binding
      ? await bind(id, binding.credentialId, binding.pin, key)
      : exporting(key, (pkcs8) => masterKey.wrap(id, pkcs8))
    return {
      id,
      type,
      publicKey: exported(createPublicKey(key)),
      wrapped,
      boundTo: binding?.credentialId,
      createdAt: now(),
    }
  }

  /** The master key outside, the PIN inside: neither opens anything without the other. */
  async function bind(id: string, credentialId: string, pin: string, key: KeyObject): Promise<Uint8Array> {
    const context = contextOf(id, credentialId)
    const inner = await tryPin(() => exporting(key, (pkcs8) => wrapUnderPin(pkcs8, { pin, context, cost })))
    return masterKey.wrap(context, inner)
  }

  function openedKey(key: WrappedKey, opened: KeyObject): OpenedKey {
    const { id, boundTo } = key
    if (boundTo === undefined) throw new TypeError(`the key ${id} is bound to no PIN`)
    return {
      signer: (algorithm) => signerOf(key, algorithm, () => opened),
      digestSigner: (algorithm, saltLength) => digestSignerOf(key, { algorithm, saltLength }, () => opened),
      async rebind(pin) {
        return { ...key, wrapped: await bind(id, boundTo, pin, opened) }
      },
      seal(sealId, secret) {
        const context = sealContext(key, sealId)
        return exporting(opened, (pkcs8) => masterKey.wrap(context, sealUnder(secret, context, pkcs8)))
      },
    }
  }

  return {
    generate: async (type, binding) => wrappedKey(type, (await generatePair(type)).privateKey, binding),
    async generateForDevice(type) {
      const pair = await (type.startsWith('rsa_')
        ? makeRsaKey(() => generateDevicePair(type))
        : generateDevicePair(type))
      const plain = ({ buffer, byteOffset, length }: Buffer): Uint8Array => new Uint8Array(buffer, byteOffset, length)
      return { publicKey: plain(pair.publicKey), privateKey: plain(pair.privateKey) }
    },
    async import(pkcs8, binding) {
      const key = readPrivateKey(pkcs8)
      const type = key && typeOf(key)
      return type && wrappedKey(type, key, binding)
    },
    signer: (key, algorithm) => signerOf(key, algorithm, privateKey),
    digestSigner: (key, algorithm, saltLength) => digestSignerOf(key, { algorithm, saltLength }, privateKey),
    async open(key, pin) {
      if (key.boundTo === undefined) throw new TypeError(`the key ${key.id} is bound to no PIN`)
      const context = contextOf(key.id, key.boundTo)
      const inner = masterKey.unwrap(context, key.wrapped)
      const pkcs8 = await tryPin(() => openUnderPin(inner, { pin, context }))
      return pkcs8 && openedKey(key, privateKeyOf(pkcs8))
    },
    unseal(key, id, secret, sealed) {
      const context = sealContext(key, id)
      const pkcs8 = unsealUnder(secret, context, masterKey.unwrap(context, sealed))
      return pkcs8 && openedKey(key, privateKeyOf(pkcs8))
    },
    privateKeyBytes: (key) => new Uint8Array(privateKey(key).export({ format: 'der', type: 'pkcs8' })),
    check(key) {
      privateKey(key)
    },
    wrapSecret: (id, secret) => masterKey.wrap(id, secret),
    unwrapSecret: (id, wrapped) => masterKey.unwrap(id, wrapped),
    keyedHash: (purpose, bytes) => masterKey.keyedHash(purpose, bytes),
  }
}

const contextOf = (id: string, credentialId: string): string => `pin-bound key ${id} of credential ${credentialId}`

const sealContext = ({ id }: WrappedKey, sealId: string): string => `sealed key ${id} for ${sealId}`

/** The key object of PKCS#8, whose bytes are wiped. */
function privateKeyOf(pkcs8: Uint8Array): KeyObject {
  const bytes = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length)
  const opened = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  return opened
}

/** A private key that comes from outside; undefined when it is none, one that OpenSSL does not take, or not that of the public key in it. */
function readPrivateKey(pkcs8: Uint8Array): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
    // OpenSSL believes what stands beside the private key; a certificate of somebody else may be for that.
    const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
    return verifyWith(hash, PROBE, createPublicKey(key), signWith(hash, PROBE, key)) ? key : undefined
  } catch {
    return undefined
  }
}

const PROBE = new Uint8Array(32)

const CURVE_TYPES: Readonly<Record<string, KeyType>> = { prime256v1: 'p256', secp384r1: 'p384', secp521r1: 'p521' }

function typeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): KeyType | undefined {
  const { modulusLength, namedCurve = '' } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'ed25519') return 'ed25519'
  if (asymmetricKeyType === 'ec') return CURVE_TYPES[namedCurve]
  if (asymmetricKeyType !== 'rsa') return undefined
  return modulusLength === 2048 || modulusLength === 3072 || modulusLength === 4096 ? `rsa${modulusLength}` : undefined
}

/** What is made of PKCS#8, whose bytes are wiped afterwards. */
function exporting<T>(key: KeyObject, work: (pkcs8: Uint8Array) => T): T {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  const wipe = (): void => void pkcs8.fill(0)
  const made = work(pkcs8)
  if (made instanceof Promise) made.then(wipe, wipe)
  else wipe()
  return made
}

function signerOf(
  key: WrappedKey,
  algorithm: SignatureAlgorithm = DEFAULT_ALGORITHM[key.type],
  open: (key: WrappedKey) => KeyObject,
): Signer {
  requireSuitable(key, algorithm)
  const { hash, options, isShort } = plan(key.type, algorithm)
  return {
    algorithm,
    publicKey: key.publicKey,
    async sign(data) {
      const input = options ? { key: open(key), ...options } : open(key)
      const signature = isShort ? signWith(hash, data, input) : await signAsync(hash, data, input)
      return new Uint8Array(signature)
    },
  }
}

function digestSignerOf(key: WrappedKey, by: DigestSignature, open: (key: WrappedKey) => KeyObject): DigestSigner {
  requireSuitable(key, by.algorithm)
  return async (digest) => signDigest(open(key), by, digest)
}

function requireSuitable({ type }: WrappedKey, algorithm: SignatureAlgorithm): void {
  if (!suits(type, algorithm))
    throw new KeyError('unsuitable_algorithm', `a key of type ${type} can't sign ${algorithm}`)
}

/** Whether keys of a type can sign by an algorithm: ES* is any of the three curves, PS* and RS* RSA, EdDSA Ed25519. */
export function suits(type: KeyType, algorithm: SignatureAlgorithm): boolean {
  if (type === 'ed25519') return algorithm === 'EdDSA'
  return type.startsWith('rsa') ? /^[PR]S/.test(algorithm) : algorithm.startsWith('ES')
}

/**
 * What to hand to node:crypto. P-256 and Ed25519 take under 0.1 ms, less than the way to the thread pool and back;
 * everything slower goes there.
 */
function plan(
  type: KeyType,
  algorithm: SignatureAlgorithm,
): { hash: string | undefined; options: Omit<SignKeyObjectInput, 'key'> | undefined; isShort: boolean } {
  const hash = algorithm === 'EdDSA' ? undefined : `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('PS'))
    return {
      hash,
      options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
      isShort: false,
    }
  if (algorithm.startsWith('RS')) return { hash, options: { padding: constants.RSA_PKCS1_PADDING }, isShort: false }
  // The key alone says enough: Node signs a third slower when it has to look into an object.
  return { hash, options: undefined, isShort: type === 'p256' || type === 'ed25519' }
}

const CURVES = { p256: 'P-256', p384: 'P-384', p521: 'P-521' } as const

/** What node:crypto makes a pair of keys from. */
function parametersOf(type: KeyType | DeviceKeyType): readonly [kind: string, options: object] {
  if (type.startsWith('ml_dsa_')) return [type.replaceAll('_', '-'), {}]
  const name = type.replace('_', '') as KeyType
  if (name === 'ed25519') return [name, {}]
  if (name === 'rsa2048' || name === 'rsa3072' || name === 'rsa4096')
    return ['rsa', { modulusLength: Number(name.slice(3)) }]
  return ['ec', { namedCurve: CURVES[name] }]
}

type Pair<Key> = { readonly publicKey: Key; readonly privateKey: Key }

function generatePair(type: KeyType): Promise<Pair<KeyObject>> {
  const [kind, options] = parametersOf(type)
  return generateKeyPairAsync(kind, options) as Promise<Pair<KeyObject>>
}

/** As bytes: an object of Node's would have the key until a full collection of garbage, and many would hold up that. */
function generateDevicePair(type: DeviceKeyType): Promise<Pair<Buffer>> {
  const [kind, options] = parametersOf(type)
  return generateKeyPairAsync(kind, { ...options, ...DER }) as Promise<Pair<Buffer>>
}

const DER = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const

function exported(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }))
}
