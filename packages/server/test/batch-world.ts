/** A platform's rules on a store of the test's choice, with a profile for batches; for tests of how they are worked on. */
import { newApiKey } from '../src/domain/api-key.ts'
import type { Principal } from '../src/domain/authenticate.ts'
import type { Batch, BatchRequest, BatchSettings } from '../src/domain/batch.ts'
import { newEnrollmentProfileId } from '../src/domain/enrollment-profile.ts'
import { firstStart } from '../src/domain/first-start.ts'
import { receiveBatch } from '../src/domain/receive-batch.ts'
import type { Store } from '../src/domain/store.ts'
import type { World } from '../src/domain/world.ts'
import { createKeys } from '../src/keys/keys.ts'
import { masterKey } from '../src/keys/master-key.ts'
import { createPasswords } from '../src/keys/password-hash.ts'
import { certificationRequest } from './http/operations.ts'
import { CHEAP_PASSWORDS, PKI_URL, TLS_NAMES } from './test-world.ts'

/** The rules on a store, whichever process they run in. */
export function worldOn(store: Store, now: () => Date = () => new Date()): World {
  const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
  return { store, keys, passwords: createPasswords(CHEAP_PASSWORDS), now, pkiUrl: PKI_URL }
}

/** Makes the first start, and a profile; who asks is the service user, by an API key. */
export async function startForBatches(world: World) {
  const { store } = world
  const made = await firstStart(world, {
    domain: 'countersign.localhost',
    tlsNames: TLS_NAMES,
    hashPassword: async () => '$argon2id$',
    deliver: async () => undefined,
  })
  const [account] = await store.accounts.list()
  const user = account && (await store.users.list(account.id)).find(({ kind }) => kind === 'service')
  const [first] = account
    ? (await store.enrollmentProfiles.list({ accountId: account.id, offset: 0, limit: 1 })).records
    : []
  if (made !== 'made' || !account || !user || !first) throw new Error(`the first start was ${made}`)
  const enrollmentProfileId = newEnrollmentProfileId(new Date())
  const name = enrollmentProfileId
  await store.enrollmentProfiles.add({ ...first, id: enrollmentProfileId, name, enrollmentMethods: ['BATCH'] })
  const { csr } = await certificationRequest()

  async function asker(): Promise<Principal & Required<Pick<Principal, 'apiKey'>>> {
    const { apiKey } = newApiKey(new Date(), { userId: user!.id, name: 'batches' })
    await store.apiKeys.add(apiKey)
    return { user: user!, account: account!, apiKey }
  }

  async function send(principal: Principal, count: number): Promise<Batch> {
    return receiveBatch(world, principal, undefined, upload(count))
  }

  async function* upload(count: number): AsyncGenerator<readonly BatchRequest[], BatchSettings, void> {
    yield Array.from({ length: count }, (_, index) => ({
      line: index + 2,
      csr,
      keyType: undefined,
      encryptionCertificate: undefined,
      attributes: [{ id: 'subject.common_name', value: `device ${index}` }],
      deviceAttributes: [],
    }))
    const files = { certificateFormat: 'pem', includesChain: false } as const
    return { enrollmentProfileId, name: undefined, ...files, serverKeys: undefined }
  }

  /** Of how many requests there are certificates, and which; every certificate of the profile is one of them. */
  async function certified(id: string): Promise<readonly string[]> {
    const results = await store.batches.listResults(id, 0, 10_000)
    return results.flatMap(({ certificate }) => certificate?.id ?? [])
  }

  const issued = async (): Promise<number> => {
    const query = { accountId: account.id, enrollmentProfileId, at: world.now(), offset: 0, limit: 1 }
    return (await store.deviceCertificates.list(query)).total
  }

  return { account, user, asker, send, upload, certified, issued }
}
