/** A world of its own for a test: real store and keys in a temporary folder, and a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { decodeBase64, encodeBase64 } from '@countersign/codec'
import { firstStart, type Quickstart } from '../src/domain/first-start.ts'
import type { Store } from '../src/domain/store.ts'
import type { World } from '../src/domain/world.ts'
import { createKeys } from '../src/keys/keys.ts'
import { masterKey } from '../src/keys/master-key.ts'
import { createPasswords, type PasswordCost } from '../src/keys/password-hash.ts'
import { openStore } from '../src/store/open-store.ts'
import { copyMade } from './made-once.ts'

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
export const CHEAP_PINS = { memory: 64, passes: 1, lanes: 1 }
export const PKI_URL = 'http://127.0.0.1:8080'

const DATABASE_FILE = 'countersign.db'

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a store in a folder of its own. */
export async function temporaryStore(t: TestContext): Promise<{ readonly store: Store; readonly folder: string }> {
  const folder = temporaryFolder(t)
  await copyMade('schema', folder)
  return { store: await openStoreIn(t, folder), folder }
}

async function openStoreIn(t: Pick<TestContext, 'after'>, folder: string): Promise<Store> {
  const store = await openStore({ file: join(folder, DATABASE_FILE) })
  t.after(() => store.close())
  return store
}

/** What a world's first start leaves beside its database. */
const FIRST_START_FILE = 'first-start.json'

/** A world after its first start. The clock begins at the time of that, which is real, since OpenSSL judges by it. */
export async function startedWorld(t: TestContext): Promise<TestWorld> {
  const folder = temporaryFolder(t)
  if (!(await copyMade('world', folder))) await makeWorld(folder)
  return openWorld(t, folder)
}

/** The same by a first start of its own in any case. */
export async function firstStartedWorld(t: TestContext): Promise<TestWorld> {
  const folder = temporaryFolder(t)
  await makeWorld(folder)
  return openWorld(t, folder)
}

/** Makes the database of a world and its first start in a folder. */
export async function makeWorld(folder: string): Promise<void> {
  const store = await openStore({ file: join(folder, DATABASE_FILE) })
  const at = new Date()
  const outcome = await firstStart(
    worldOf(store, () => at),
    {
      domain: 'countersign.localhost',
      tlsNames: TLS_NAMES,
      // What Argon2 costs is not what these tests are about.
      hashPassword: async () => '$argon2id$',
      deliver: async ({ clientP12, ...quickstart }) => {
        const text = JSON.stringify({ at, quickstart, clientP12: encodeBase64(clientP12) })
        await writeFile(join(folder, FIRST_START_FILE), text)
      },
    },
  )
  await store.close()
  if (outcome !== 'made') throw new Error(`the first start was ${outcome}`)
}

function worldOf(store: Store, now: () => Date): World {
  return {
    store,
    keys: createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now, pinCost: CHEAP_PINS }),
    passwords: createPasswords(CHEAP_PASSWORDS),
    now,
    pkiUrl: PKI_URL,
  }
}

async function openWorld(t: TestContext, folder: string): Promise<TestWorld> {
  const made = JSON.parse(await readFile(join(folder, FIRST_START_FILE), 'utf8'))
  let time = Date.parse(made.at)
  const revokers: string[] = []
  return {
    ...worldOf(await openStoreIn(t, folder), () => new Date(time)),
    onRevocation: (authorityId) => void revokers.push(authorityId),
    folder,
    quickstart: { ...made.quickstart, clientP12: decodeBase64(made.clientP12) },
    revokers,
    wait(days) {
      time += days * 86_400_000
    },
    setTime(at) {
      time = at.getTime()
    },
  }
}
