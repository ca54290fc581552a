/** A platform after its first start on one database, with two nodes and a clock that the test moves. */
import type { Principal } from '../../src/domain/authenticate.ts'
import { firstStart } from '../../src/domain/first-start.ts'
import type { World } from '../../src/domain/world.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { createPasswords } from '../../src/keys/password-hash.ts'
import type { TestDatabase } from '../store/test-database.ts'
import { CHEAP_PASSWORDS, PKI_URL, TLS_NAMES } from '../test-world.ts'

export type TwoNodes = {
  readonly node: World
  readonly other: World
  readonly administrator: Principal
  readonly service: Principal
  readonly enrollmentProfileId: string
}

export async function twoNodes(database: TestDatabase, now: () => Date): Promise<TwoNodes> {
  const place = await database.place()
  const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
  const open = async (): Promise<World> => ({
    store: await database.open(place),
    keys,
    passwords: createPasswords(CHEAP_PASSWORDS),
    now,
    pkiUrl: PKI_URL,
  })
  const node = await open()
  let enrollmentProfileId = ''
  await firstStart(node, {
    domain: 'countersign.localhost',
    tlsNames: TLS_NAMES,
    hashPassword: async () => '$argon2id$',
    deliver: async ({ facts }) => {
      enrollmentProfileId = facts.enrollment_profile_id
    },
  })
  const account = (await node.store.accounts.list())[0]!
  const users = await node.store.users.list(account.id)
  const principal = (wanted: 'standard' | 'service'): Principal => ({
    account,
    user: users.find(({ kind }) => kind === wanted)!,
  })
  return {
    node,
    other: await open(),
    administrator: principal('standard'),
    service: principal('service'),
    enrollmentProfileId,
  }
}
