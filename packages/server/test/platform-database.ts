/** The database of a platform after its first start, without anything that runs. */
import { join } from 'node:path'
import { sealAuditEvents } from '../src/domain/audit-chain.ts'
import { firstStart } from '../src/domain/first-start.ts'
import { createKeys } from '../src/keys/keys.ts'
import { masterKey } from '../src/keys/master-key.ts'
import { createPasswords } from '../src/keys/password-hash.ts'
import { openStore } from '../src/store/open-store.ts'
import { PKI_URL, TLS_NAMES } from './test-world.ts'

/** Makes `countersign.db` in a folder, every event of it sealed. */
export async function makePlatformDatabase(folder: string): Promise<void> {
  const store = await openStore({ file: join(folder, 'countersign.db') })
  const now = (): Date => new Date()
  const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
  const outcome = await firstStart(
    { store, keys, passwords: createPasswords(), now, pkiUrl: PKI_URL, onRevocation: () => undefined },
    {
      domain: 'countersign.localhost',
      tlsNames: TLS_NAMES,
      hashPassword: async () => '$argon2id$',
      deliver: async () => undefined,
    },
  )
  if (outcome !== 'made') throw new Error(`the first start was ${outcome}`)
  await sealAuditEvents(store)
  await store.close()
}
