/** A world of its own for a test: real store and keys in a temporary folder, and a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { firstStart, type Quickstart } from '../src/domain/first-start.ts'
import type { Store } from '../src/domain/store.ts'
import type { World } from '../src/domain/world.ts'
import { createKeys } from '../src/keys/keys.ts'
import { masterKey } from '../src/keys/master-key.ts'
import { createPasswords, type PasswordCost } from '../src/keys/password-hash.ts'
import { openStore } from '../src/store/open-store.ts'

export type TestWorld = World & {
  readonly folder: string
  readonly quickstart: Quickstart
  /** Authorities that were said to have revoked. */
  readonly revokers: string[]
  /** Moves the clock. */
  wait(days: number): void
  setTime(at: Date): void
}

export const TLS_NAMES = {
  dnsNames: ['countersign.localhost', 'clientauth.countersign.localhost', 'localhost'],
  addresses: [Uint8Array.of(127, 0, 0, 1)],
}
/** What Argon2 costs is not what most tests are about. */
export const CHEAP_PASSWORDS: PasswordCost = { memory: 64, passes: 1, parallelism: 1 }
/** What a PIN costs is not what these tests are about. */
const CHEAP = { memory: 64, passes: 1, lanes: 1 }
export const PKI_URL = 'http://127.0.0.1:8080'

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a store in a folder of its own. */
export async function temporaryStore(t: TestContext): Promise<{ readonly store: Store; readonly folder: string }> {
  const folder = temporaryFolder(t)
  const store = await openStore({ file: join(folder, 'countersign.db') })
  t.after(() => store.close())
  return { store, folder }
}

/** A world after its first start. The clock begins at the real time, since OpenSSL judges by that. */
export async function startedWorld(t: TestContext): Promise<TestWorld> {
  const { store, folder } = await temporaryStore(t)
  let time = Date.now()
  const now = (): Date => new Date(time)
  const revokers: string[] = []
  const world: World = {
    store,
    keys: createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now, pinCost: CHEAP }),
    passwords: createPasswords(CHEAP_PASSWORDS),
    now,
    pkiUrl: PKI_URL,
    onRevocation: (authorityId) => void revokers.push(authorityId),
  }
  let quickstart: Quickstart | undefined
  const outcome = await firstStart(world, {
    domain: 'countersign.localhost',
    tlsNames: TLS_NAMES,
    // What Argon2 costs is not what these tests are about.
    hashPassword: async () => '$argon2id$',
    deliver: async (delivered) => {
      quickstart = delivered
    },
  })
  if (outcome !== 'made' || !quickstart) throw new Error(`the first start was ${outcome}`)
  return {
    ...world,
    folder,
    quickstart,
    revokers,
    wait(days) {
      time += days * 86_400_000
    },
    setTime(at) {
      time = at.getTime()
    },
  }
}
