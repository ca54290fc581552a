/** The only room where private keys are in the clear: made, unwrapped, and signed with. */
import {
  constants,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  randomUUID,
  type SignKeyObjectInput,
  sign as signWith,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { SignatureAlgorithm } from '@countersign/pki'
import type { Keys } from '../domain/keys.ts'
import { DEFAULT_ALGORITHM, type KeyType, type WrappedKey } from '../domain/private-key.ts'
import { KeyError } from './key-error.ts'
import type { MasterKey } from './master-key.ts'

/** How many unwrapped keys are kept at hand. */
const CACHED_KEYS = 512

const generateKeyPairAsync = promisify(generateKeyPair)
const signAsync = promisify<string | undefined, Uint8Array, SignKeyObjectInput | KeyObject, Buffer>(signWith)

/** Keys under a master key. */
export function createKeys({ masterKey, now }: { readonly masterKey: MasterKey; readonly now: () => Date }): Keys {
  // In order of last use: Map keeps the order of insertion.
  const unwrapped = new Map<string, KeyObject>()

  function privateKey(key: WrappedKey): KeyObject {
    const known = unwrapped.get(key.id)
    if (known) {
      unwrapped.delete(key.id)
      unwrapped.set(key.id, known)
      return known
    }
    const pkcs8 = masterKey.unwrap(key.id, key.wrapped)
    const opened = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
    pkcs8.fill(0)
    unwrapped.set(key.id, opened)
    if (unwrapped.size > CACHED_KEYS) unwrapped.delete(unwrapped.keys().next().value as string)
    return opened
  }

  return {
    async generate(type) {
      const pair = await generatePair(type)
      const id = randomUUID()
      const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
      const wrapped = masterKey.wrap(id, pkcs8)
      pkcs8.fill(0)
      return { id, type, publicKey: exported(pair.publicKey), wrapped, createdAt: now() }
    },
    signer(key, algorithm = DEFAULT_ALGORITHM[key.type]) {
      if (!suits(key.type, algorithm))
        throw new KeyError('unsuitable_algorithm', `a key of type ${key.type} can't sign ${algorithm}`)
      const { hash, options, isShort } = plan(key.type, algorithm)
      return {
        algorithm,
        publicKey: key.publicKey,
        async sign(data) {
          const input = options ? { key: privateKey(key), ...options } : privateKey(key)
          const signature = isShort ? signWith(hash, data, input) : await signAsync(hash, data, input)
          return new Uint8Array(signature)
        },
      }
    },
    privateKeyBytes: (key) => new Uint8Array(privateKey(key).export({ format: 'der', type: 'pkcs8' })),
    check(key) {
      privateKey(key)
    },
    wrapSecret: (id, secret) => masterKey.wrap(id, secret),
    unwrapSecret: (id, wrapped) => masterKey.unwrap(id, wrapped),
  }
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

function generatePair(type: KeyType): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  if (type === 'ed25519') return generateKeyPairAsync('ed25519')
  if (type === 'rsa2048' || type === 'rsa3072' || type === 'rsa4096')
    return generateKeyPairAsync('rsa', { modulusLength: Number(type.slice(3)) })
  return generateKeyPairAsync('ec', { namedCurve: CURVES[type] })
}

function exported(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }))
}
