import { type CreateTableBuilder, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from './database.ts'
import { foundation } from './migrations/0001-foundation.ts'
import { trustAnchors } from './migrations/0002-trust-anchors.ts'
import { accountDetails } from './migrations/0003-account-details.ts'
import { apiKeyLimits } from './migrations/0004-api-key-limits.ts'
import { mails } from './migrations/0005-mails.ts'
import { auditLog } from './migrations/0006-audit-log.ts'
import { endingWarnings } from './migrations/0007-ending-warnings.ts'
import { roles } from './migrations/0008-roles.ts'
import { webhooks } from './migrations/0009-webhooks.ts'
import { downloads } from './migrations/0010-downloads.ts'
import { webhookRotation } from './migrations/0011-webhook-rotation.ts'
import { credentials } from './migrations/0012-credentials.ts'
import { signIn } from './migrations/0013-sign-in.ts'
import { platformRoles } from './migrations/0014-platform-roles.ts'
import { makerEnds } from './migrations/0015-maker-ends.ts'
import { customRoles } from './migrations/0016-custom-roles.ts'
import { signatureActivations } from './migrations/0017-signature-activations.ts'
import { managers } from './migrations/0018-managers.ts'
import { fewerAuditIndexes } from './migrations/0019-fewer-audit-indexes.ts'
import { signaturesByCredential } from './migrations/0020-signatures-by-credential.ts'
import { deviceTrust } from './migrations/0021-device-trust.ts'
import { contentSigningCertificates } from './migrations/0022-content-signing-certificates.ts'
import { deviceCertificates } from './migrations/0023-device-certificates.ts'
import { certificateRequestActors } from './migrations/0024-certificate-request-actors.ts'
import { certifiedKeys } from './migrations/0025-certified-keys.ts'
import { certificateApprovals } from './migrations/0027-certificate-approvals.ts'
import { deviceProfiles } from './migrations/0028-device-profiles.ts'
import { enrollmentRights } from './migrations/0029-enrollment-rights.ts'
import { pooledKeys } from './migrations/0030-pooled-keys.ts'
import { batches } from './migrations/0031-batches.ts'
import { certificatesAtScale } from './migrations/0032-certificates-at-scale.ts'
import { enrollmentLimits } from './migrations/0032-enrollment-limits.ts'
import { devicesAtScale } from './migrations/0033-devices-at-scale.ts'
import { enrollmentMethods } from './migrations/0034-enrollment-methods.ts'
import { revokedCertificates } from './migrations/0035-revoked-certificates.ts'
import { revocationListsAnew } from './migrations/0036-revocation-lists-anew.ts'
import { rightMakers } from './migrations/0037-right-makers.ts'
import { keyCertificates } from './migrations/0038-key-certificates.ts'
import { revokedCertificatesOfAccounts } from './migrations/0039-revoked-certificates-of-accounts.ts'
import { reservedCertificates } from './migrations/0040-reserved-certificates.ts'
import { compromisedKeys } from './migrations/0041-compromised-keys.ts'
import { endsOfRevokedCertificates } from './migrations/0042-ends-of-revoked-certificates.ts'

/** The databases that the store runs on. */
export type Engine = 'sqlite' | 'postgres'

/** Column types that are the same on both databases: text by its bytes, 64-bit integers (times in milliseconds), bytes. */
export type ColumnTypes = {
  readonly engine: Engine
  readonly text: RawBuilder<unknown>
  readonly integer: RawBuilder<unknown>
  readonly bytes: RawBuilder<unknown>
  /** Begins a table; on SQLite one that holds values to the types of their columns. */
  readonly table: <Name extends string>(name: Name) => CreateTableBuilder<Name, never>
}

/** A step of the schema. Once released it never changes. */
export type Migration = (database: Transaction<Database>, types: ColumnTypes) => Promise<void>

const MIGRATIONS: readonly (readonly [name: string, migration: Migration])[] = [
  ['0001-foundation', foundation],
  ['0002-trust-anchors', trustAnchors],
  ['0003-account-details', accountDetails],
  ['0004-api-key-limits', apiKeyLimits],
  ['0005-mails', mails],
  ['0006-audit-log', auditLog],
  ['0007-ending-warnings', endingWarnings],
  ['0008-roles', roles],
  ['0009-webhooks', webhooks],
  ['0010-downloads', downloads],
  ['0011-webhook-rotation', webhookRotation],
  ['0012-credentials', credentials],
  ['0013-sign-in', signIn],
  ['0014-platform-roles', platformRoles],
  ['0015-maker-ends', makerEnds],
  ['0016-custom-roles', customRoles],
  ['0017-signature-activations', signatureActivations],
  ['0018-managers', managers],
  ['0019-fewer-audit-indexes', fewerAuditIndexes],
  ['0020-signatures-by-credential', signaturesByCredential],
  ['0021-device-trust', deviceTrust],
  ['0022-content-signing-certificates', contentSigningCertificates],
  ['0023-device-certificates', deviceCertificates],
  ['0024-certificate-request-actors', certificateRequestActors],
  ['0025-certified-keys', certifiedKeys],
  ['0027-certificate-approvals', certificateApprovals],
  ['0028-device-profiles', deviceProfiles],
  ['0029-enrollment-rights', enrollmentRights],
  ['0030-pooled-keys', pooledKeys],
  ['0031-batches', batches],
  ['0032-certificates-at-scale', certificatesAtScale],
  ['0032-enrollment-limits', enrollmentLimits],
  ['0033-devices-at-scale', devicesAtScale],
  ['0034-enrollment-methods', enrollmentMethods],
  ['0035-revoked-certificates', revokedCertificates],
  ['0036-revocation-lists-anew', revocationListsAnew],
  ['0037-right-makers', rightMakers],
  ['0038-key-certificates', keyCertificates],
  ['0039-revoked-certificates-of-accounts', revokedCertificatesOfAccounts],
  ['0040-reserved-certificates', reservedCertificates],
  ['0041-compromised-keys', compromisedKeys],
  ['0042-ends-of-revoked-certificates', endsOfRevokedCertificates],
]

/** The database was to have a schema already, and has none. */
export class NoSchemaError extends Error {
  constructor() {
    super('the database is empty')
    this.name = 'NoSchemaError'
  }
}

/** Throws a NoSchemaError for a database that nothing was ever made in. */
export async function requireSchema(database: Kysely<Database>, engine: Engine): Promise<void> {
  const { rows } =
    engine === 'postgres'
      ? await sql`select 1 where to_regclass('migrations') is not null`.execute(database)
      : await sql`select 1 from sqlite_master where name = 'migrations'`.execute(database)
  if (rows.length === 0) throw new NoSchemaError()
}

/** Brings the schema up to date, whole or not at all. Nodes that start together wait for one another. */
export async function migrate(database: Kysely<Database>, engine: Engine): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    // On SQLite the transaction itself is the lock: it begins by taking the right to write.
    if (engine === 'postgres') {
      await sql`select pg_advisory_xact_lock(${LOCK})`.execute(transaction)
      // Steps of the schema go through whole tables.
      await sql`set local enable_seqscan = on`.execute(transaction)
    }
    const types = columnTypes(transaction, engine)
    await types
      .table('migrations')
      .ifNotExists()
      .addColumn('name', types.text, (column) => column.primaryKey())
      .execute()
    const applied = new Set(
      (await transaction.selectFrom('migrations').select('name').execute()).map(({ name }) => name),
    )
    const unknown = [...applied].find((name) => !MIGRATIONS.some(([known]) => known === name))
    if (unknown) throw new Error(`a newer version of Countersign has changed the database (${unknown}): run that one`)
    for (const [name, migration] of MIGRATIONS) {
      if (applied.has(name)) continue
      await migration(transaction, types)
      await transaction.insertInto('migrations').values({ name }).execute()
    }
  })
}

/** Any number that no other program on the same database takes a lock on: "countersign" on a telephone, cut to 32 bits. */
const LOCK = 268683774

function columnTypes(database: Transaction<Database>, engine: Engine): ColumnTypes {
  const { schema } = database
  if (engine === 'postgres') {
    const text = sql`text collate "C"`
    return { engine, text, integer: sql`bigint`, bytes: sql`bytea`, table: (name) => schema.createTable(name) }
  }
  const table: ColumnTypes['table'] = (name) => schema.createTable(name).modifyEnd(sql`strict`)
  return { engine, text: sql`text`, integer: sql`integer`, bytes: sql`blob`, table }
}
