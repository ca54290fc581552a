import { closeSync, openSync } from 'node:fs'
import { Kysely, sql } from 'kysely'
import type { Repositories, Store } from '../domain/store.ts'
import { accounts } from './account.ts'
import { apiKeys } from './api-key.ts'
import { auditEvents } from './audit-event.ts'
import { authorities } from './authority.ts'
import { batches } from './batch.ts'
import { certificates } from './certificate.ts'
import { certificateApprovals } from './certificate-approval.ts'
import { certificateEndings } from './certificate-ending.ts'
import { certificateRequests } from './certificate-request.ts'
import { certifiedKeys } from './certified-key.ts'
import { clientAuthCertificates } from './client-auth-certificate.ts'
import { credentials } from './credential.ts'
import type { Connections, Database } from './database.ts'
import { devices } from './device.ts'
import { deviceCertificates } from './device-certificate.ts'
import { deviceCertificateProfiles } from './device-certificate-profile.ts'
import { deviceProfiles } from './device-profile.ts'
import { divisions } from './division.ts'
import { downloads } from './download.ts'
import { endings } from './ending.ts'
import { enrollmentProfiles } from './enrollment-profile.ts'
import { enrollmentRights } from './enrollment-right.ts'
import { Breath } from './gathered.ts'
import { GroupCommit, GroupFault } from './group-commit.ts'
import { idempotencyKeys } from './idempotency-key.ts'
import { locks, NO_LOCKS } from './lock.ts'
import { mails } from './mail.ts'
import { type Engine, migrate, requireSchema } from './migrate.ts'
import { outsideCertificates } from './outside-certificate.ts'
import { passwordTokens } from './password-token.ts'
import { pooledKeys } from './pooled-key.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { transactOnPostgres } from './postgres-transaction.ts'
import type { StatementTexts } from './prepared.ts'
import { privateKeys } from './private-key.ts'
import { revocationChanges } from './revocation.ts'
import { revocationLists } from './revocation-list.ts'
import { roles } from './role.ts'
import { serviceCertificates } from './service-certificate.ts'
import { sessions } from './session.ts'
import { settings } from './setting.ts'
import { signInAttempts } from './sign-in-attempts.ts'
import {
  commitSignaturesToPostgres,
  commitSignaturesToSqlite,
  insertSignatures,
  type RecordedSignature,
  signatures,
} from './signature.ts'
import { signatureActivations } from './signature-activation.ts'
import { sqliteReadDialect, sqliteSearchDialect, sqliteWriteDialect } from './sqlite-dialect.ts'
import { totps } from './totp.ts'
import { insideTransaction, refuseInsideTransaction } from './transaction-scope.ts'
import { trustAnchors } from './trust-anchor.ts'
import { users } from './user.ts'
import { webhookDeliveries, webhooks } from './webhook.ts'

/** Which database: a SQLite file, made when it is not there, or a PostgreSQL one. */
export type StoreOptions =
  | { readonly file: string }
  | {
      readonly url: string
      /** How many connections at most; 10 unless said otherwise. */
      readonly connections?: number
      /** Is told of an idle connection that is lost, which is replaced at its next use. */
      readonly onError?: (error: Error) => void
    }

/** A group of signature records that share a commit: at most so many that their statement stays small. */
const GROUP = 128

/** How many searches PostgreSQL does at once for one process. */
const SEARCHES = 3

/** Works that share a transaction: at most so many that those who come after them don't wait for long. */
const SHARED = 32

/** Opens the store and brings its schema up to date; unless there may be none yet, an empty database stays as it is. */
export async function openStore(options: StoreOptions, mayBeEmpty = true): Promise<Store> {
  const { engine, read, write, search, transaction, commitSignatures } = connect(options)
  const texts: StatementTexts = new Map()
  const connections: Connections = {
    read,
    write,
    search,
    engine,
    texts,
    breath: new Breath(setImmediate),
    look: (query) => read.executeQuery(query),
    run: (query) => write.executeQuery(query),
  }
  const close = async (): Promise<void> => {
    await write.destroy()
    await search.destroy()
    if (read !== write) await read.destroy()
  }
  try {
    if (!mayBeEmpty) await requireSchema(write, engine)
    await migrate(write, engine)
    // Connections open at their first use, and a driver that was never used cannot be closed.
    await sql`select 1`.execute(read)
  } catch (error) {
    await close()
    throw error
  }

  const group = new GroupCommit(commitSignatures, GROUP)
  const transact = <T>(work: (repositories: Repositories) => Promise<T>): Promise<T> =>
    transaction((own, run) => {
      const breath = new Breath(process.nextTick)
      const inside = { read: own, write: own, engine, texts, breath, look: run, run }
      return insideTransaction(() => work(repositories(inside, engine)))
    })
  const sharing = new GroupCommit<SharedWork>(
    (works) =>
      transact(async (own) => {
        const outcomes = await Promise.allSettled(works.map((work) => work(own)))
        const failed = outcomes.find((outcome) => outcome.status === 'rejected')
        if (failed)
          throw new GroupFault(
            outcomes.map(({ status }) => status === 'rejected'),
            failed.reason,
          )
      }),
    SHARED,
  )
  return {
    ...repositories(connections, engine),
    signatures: signatures(connections, async (signature, event) => {
      refuseInsideTransaction()
      await group.add({ signature, event })
    }),
    locks: NO_LOCKS,
    async transaction(work) {
      refuseInsideTransaction()
      return transact(work)
    },
    async sharedTransaction(work) {
      refuseInsideTransaction()
      let result: { readonly of: Awaited<ReturnType<typeof work>> } | undefined
      await sharing.add(async (own) => {
        result = { of: await work(own) }
      })
      if (!result) throw new TypeError('a transaction is committed once its work is done')
      return result.of
    },
    async overwriteDeleted() {
      if (engine === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(write)
    },
    async ping() {
      await sql`select 1`.execute(read)
      if (read !== write) await sql`select 1`.execute(write)
    },
    close,
  }
}

type SharedWork = (repositories: Repositories) => Promise<void>

type Connected = Required<Pick<Connections, 'engine' | 'read' | 'write' | 'search'>> & {
  readonly transaction: <T>(work: (transaction: Kysely<Database>, run: Connections['run']) => Promise<T>) => Promise<T>
  readonly commitSignatures: (recorded: readonly RecordedSignature[]) => Promise<void>
}

function connect(options: StoreOptions): Connected {
  if ('url' in options) {
    const { url, connections = 10, onError = () => {} } = options
    const { dialect, pool } = postgresDialect(url, { connections, onError })
    const write = new Kysely<Database>({ dialect })
    const transaction: Connected['transaction'] = (work) => transactOnPostgres(pool, work)
    const commitSignatures: Connected['commitSignatures'] = (recorded) => commitSignaturesToPostgres(write, recorded)
    // Few of their own: searches that take long keep no other request from the database.
    const searching = postgresDialect(url, { connections: SEARCHES, onError })
    const search = new Kysely<Database>({ dialect: searching.dialect })
    return { engine: 'postgres', read: write, write, search, transaction, commitSignatures }
  }
  // The file is made here so that only its owner may read it; SQLite gives its companions the same mode.
  closeSync(openSync(options.file, 'a', 0o600))
  const { dialect, transact } = sqliteWriteDialect(options.file)
  const read = new Kysely<Database>({ dialect: sqliteReadDialect(options.file) })
  const write = new Kysely<Database>({ dialect })
  const search = new Kysely<Database>({ dialect: sqliteSearchDialect(options.file) })
  const commitSignatures: Connected['commitSignatures'] = (recorded) =>
    commitSignaturesToSqlite(write, transact, recorded)
  const transaction: Connected['transaction'] = (work) =>
    write.transaction().execute((own) => work(own, (query) => own.executeQuery(query)))
  return { engine: 'sqlite', read, write, search, transaction, commitSignatures }
}

function repositories(connections: Connections, engine: Engine): Repositories {
  return {
    accounts: accounts(connections),
    users: users(connections),
    roles: roles(connections),
    apiKeys: apiKeys(connections),
    sessions: sessions(connections),
    signInAttempts: signInAttempts(connections),
    totps: totps(connections),
    passwordTokens: passwordTokens(connections),
    clientAuthCertificates: clientAuthCertificates(connections),
    downloads: downloads(connections),
    privateKeys: privateKeys(connections),
    pooledKeys: pooledKeys(connections, engine),
    authorities: authorities(connections),
    certificates: certificates(connections, engine),
    certifiedKeys: certifiedKeys(connections),
    certificateEndings: certificateEndings(connections),
    revocationLists: revocationLists(connections),
    revocationChanges: revocationChanges(connections),
    outsideCertificates: outsideCertificates(connections),
    credentials: credentials(connections),
    divisions: divisions(connections),
    deviceProfiles: deviceProfiles(connections, engine),
    devices: devices(connections),
    deviceCertificates: deviceCertificates(connections, engine),
    deviceCertificateProfiles: deviceCertificateProfiles(connections),
    enrollmentProfiles: enrollmentProfiles(connections, engine),
    enrollmentRights: enrollmentRights(connections),
    certificateRequests: certificateRequests(connections),
    certificateApprovals: certificateApprovals(connections),
    idempotencyKeys: idempotencyKeys(connections),
    serviceCertificates: serviceCertificates(connections),
    signatures: signatures(connections, (signature, event) =>
      insertSignatures(connections.write, [{ signature, event }]),
    ),
    signatureActivations: signatureActivations(connections),
    auditEvents: auditEvents(connections, engine),
    settings: settings(connections),
    trustAnchors: trustAnchors(connections),
    mails: mails(connections),
    endings: endings(connections),
    webhooks: webhooks(connections),
    webhookDeliveries: webhookDeliveries(connections),
    batches: batches(connections, engine),
    locks: locks(connections),
  }
}
