/** Remote signing on several nodes, of which one may die: what was authorised once is signed once at most, and nothing leaves that is not recorded. */
import { createHash } from 'node:crypto'
import { before, test } from 'node:test'
import { verifySignature } from '@countersign/pki'
import type { Principal } from '../../src/domain/authenticate.ts'
import { authorizeSignatures, extendAuthorization } from '../../src/domain/authorize-signatures.ts'
import { createCredential } from '../../src/domain/create-credential.ts'
import { firstStart, type Quickstart } from '../../src/domain/first-start.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import { signHashes } from '../../src/domain/sign-hashes.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import type { World } from '../../src/domain/world.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { createPasswords } from '../../src/keys/password-hash.ts'
import { onBothDatabases } from '../store/test-database.ts'
import { CHEAP_PASSWORDS, PKI_URL, TLS_NAMES } from '../test-world.ts'

const PIN = 'kf3m9x2ap7qd'
const ES256 = '1.2.840.10045.4.3.2'
const NAMES = { hashes: 'hash', hashAlgorithm: 'hashAlgo' } as const
const DATA = Buffer.from('what is signed')
const HASH = new Uint8Array(createHash('sha256').update(DATA).digest())
const CHEAP = { memory: 64, passes: 1, lanes: 1 }
const now = (): Date => new Date()

onBothDatabases('signing hashes', (database) => {
  let nodes: readonly [World, World]
  let principal: Principal
  let publicKey: Uint8Array

  before(async () => {
    const place = await database.place()
    const node = async (): Promise<World> => ({
      store: await database.open(place),
      keys: createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now, pinCost: CHEAP }),
      passwords: createPasswords(CHEAP_PASSWORDS),
      now,
      pkiUrl: PKI_URL,
    })
    nodes = [await node(), await node()]
    const [world] = nodes
    let quickstart: Quickstart | undefined
    await firstStart(world, {
      domain: 'countersign.localhost',
      tlsNames: TLS_NAMES,
      hashPassword: async () => '$argon2id$',
      deliver: async (delivered) => {
        quickstart = delivered
      },
    })
    const account = (await world.store.accounts.find(quickstart!.facts.account_id))!
    const user = (await world.store.users.find(quickstart!.facts.service_user_id))!
    principal = { user, account }
    const id = uuidV7(now())
    const key = await world.keys.generate('p256', { credentialId: id, pin: PIN })
    publicKey = key.publicKey
    await createCredential(world, { id, account, userId: user.id, nickname: 'node', key, actor: PLATFORM })
  })

  const authorized = async (signatures = 1): Promise<string> => {
    const wanted = { credentialId: 'node', signatures, hashes: [HASH], hashAlgo: undefined, pin: PIN, address: '::1' }
    return (await authorizeSignatures(nodes[0], principal, wanted, NAMES)).sad
  }
  const request = (sad: string) => ({
    ...{ credentialId: 'node', sad, hashes: [HASH], signAlgo: ES256, signAlgoParams: undefined, hashAlgo: undefined },
    address: '::1',
  })
  const sign = async (world: World, sad: string): Promise<string> => {
    try {
      const [signature] = await signHashes(world, principal, request(sad), NAMES)
      return String(signature && (await verifySignature('ES256', publicKey, DATA, signature)))
    } catch (error) {
      return (error as Error).message
    }
  }
  const recorded = async (): Promise<number> =>
    (await nodes[0].store.signatures.list(principal.account.id, 1_000)).length

  test('what one node authorised another one signs', async (t) => {
    t.assert.equal(await sign(nodes[1], await authorized()), 'true')
  })

  test('of many requests on two nodes at once one is signed', async (t) => {
    for (let run = 0; run < 3; run++) {
      const sad = await authorized()
      const before = await recorded()
      const said = await Promise.all(Array.from({ length: 16 }, (_, index) => sign(nodes[index % 2] as World, sad)))
      t.assert.deepEqual(said.filter((text) => text === 'true').length, 1)
      t.assert.deepEqual(new Set(said), new Set(['true', 'Invalid parameter SAD']))
      t.assert.equal(await recorded(), before + 1)
    }
  })

  test('signing on one node and extending on another at once leave as many signatures as were authorised', async (t) => {
    for (let run = 0; run < 5; run++) {
      const sad = await authorized(2)
      const extend = async (from: string): Promise<string | undefined> => {
        const wanted = { credentialId: 'node', sad: from, hashes: [HASH], hashAlgo: undefined, address: '::1' }
        return extendAuthorization(nodes[1], principal, wanted, NAMES).then(
          ({ sad: next }) => next,
          () => undefined,
        )
      }
      const before = await recorded()
      const [, next] = await Promise.all([sign(nodes[0], sad), extend(sad)])
      for (let last = next; last !== undefined; last = await extend(last)) await sign(nodes[0], last)
      // The one that was given up for another may be lost; none is won.
      const made = (await recorded()) - before
      t.assert.equal(made, 2)
    }
  })

  test('a node that dies after it took what was authorised leaves nothing to be taken', async (t) => {
    const sad = await authorized()
    const before = await recorded()
    const dying: World = {
      ...nodes[0],
      keys: {
        ...nodes[0].keys,
        unseal: () => {
          throw new Error('the power is gone')
        },
      },
    }
    t.assert.equal(await sign(dying, sad), 'the power is gone')
    t.assert.equal(await sign(nodes[1], sad), 'Invalid parameter SAD')
    t.assert.equal(await recorded(), before)
  })

  test('a signature that is not recorded does not leave', async (t) => {
    const sad = await authorized()
    const full: World = {
      ...nodes[0],
      store: {
        ...nodes[0].store,
        signatures: {
          ...nodes[0].store.signatures,
          record: async () => {
            throw new Error('the disk is full')
          },
        },
      },
    }
    t.assert.equal(await sign(full, sad), 'the disk is full')
  })
})
