import { CompiledQuery, type Kysely, type QueryCreator, sql } from 'kysely'
import type { AuditEvent } from '../domain/audit-event.ts'
import type { SignatureRecord, Signatures, SignedAsset } from '../domain/signature.ts'
import { toAuditEventRow } from './audit-event.ts'
import type { Connections, Database } from './database.ts'
import { walkSignatures } from './signature-walk.ts'
import type { Transact } from './sqlite-dialect.ts'

/** A row of `signatures`. */
export type SignatureRow = {
  readonly id: string
  readonly account_id: string
  readonly user_id: string
  readonly credential_id: string
  readonly certificate_id: string
  readonly address: string | null
  readonly input_hash: Uint8Array | null
  readonly output_hash: Uint8Array | null
  readonly manifest_label: string | null
  readonly format: string | null
  readonly size: number | null
  readonly signed_hash: Uint8Array | null
  readonly created_at: number
}

function toSignature(row: SignatureRow): SignatureRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    credentialId: row.credential_id,
    certificateId: row.certificate_id,
    address: row.address ?? undefined,
    asset: toAsset(row),
    signedHash: row.signed_hash ?? undefined,
    createdAt: new Date(row.created_at),
  }
}

function toAsset(row: SignatureRow): SignedAsset | undefined {
  const { input_hash: inputHash, output_hash: outputHash, manifest_label: manifestLabel, format, size } = row
  if (inputHash === null || outputHash === null || manifestLabel === null || format === null || size === null)
    return undefined
  return { inputHash, outputHash, manifestLabel, format, size }
}

function toRow(signature: SignatureRecord): SignatureRow {
  const { asset } = signature
  return {
    id: signature.id,
    account_id: signature.accountId,
    user_id: signature.userId,
    credential_id: signature.credentialId,
    certificate_id: signature.certificateId,
    address: signature.address ?? null,
    input_hash: asset?.inputHash ?? null,
    output_hash: asset?.outputHash ?? null,
    manifest_label: asset?.manifestLabel ?? null,
    format: asset?.format ?? null,
    size: asset?.size ?? null,
    signed_hash: signature.signedHash ?? null,
    created_at: signature.createdAt.getTime(),
  }
}

/** A record and its audit event. */
export type RecordedSignature = { readonly signature: SignatureRecord; readonly event: AuditEvent }

/** Writes records and their audit events, in the transaction that `write` is. */
export async function insertSignatures(write: Kysely<Database>, recorded: readonly RecordedSignature[]): Promise<void> {
  await insertRecords(write, recorded).execute()
  await insertEvents(write, recorded).execute()
}

/** Writes them in a transaction of their own: in one statement, and so in one way to the server and back. */
export async function commitSignaturesToPostgres(
  write: Kysely<Database>,
  recorded: readonly RecordedSignature[],
): Promise<void> {
  await insertEvents(
    write.with('records', (database) => insertRecords(database, recorded)),
    recorded,
  ).execute()
}

/** The text of both statements by the number of records: to write it takes longer than to run it. */
const statementTexts = new Map<number, { readonly records: string; readonly events: string }>()

/** Writes them in a transaction of their own: in one message to the writing thread. */
export async function commitSignaturesToSqlite(
  write: Kysely<Database>,
  transact: Transact,
  recorded: readonly RecordedSignature[],
): Promise<void> {
  const known = statementTexts.get(recorded.length)
  const texts = known ?? {
    records: insertRecords(write, recorded).compile().sql,
    events: insertEvents(write, recorded).compile().sql,
  }
  if (!known) statementTexts.set(recorded.length, texts)
  const values = (rows: readonly object[]): unknown[] => rows.flatMap((row) => Object.values(row))
  await transact([
    CompiledQuery.raw(texts.records, values(recorded.map(({ signature }) => toRow(signature)))),
    CompiledQuery.raw(texts.events, values(recorded.map(({ event }) => toAuditEventRow(event)))),
  ])
}

function insertRecords(write: QueryCreator<Database>, recorded: readonly RecordedSignature[]) {
  return write.insertInto('signatures').values(recorded.map(({ signature }) => toRow(signature)))
}

function insertEvents(write: QueryCreator<Database>, recorded: readonly RecordedSignature[]) {
  return write.insertInto('audit_events').values(recorded.map(({ event }) => toAuditEventRow(event)))
}

/** The records of signatures of a database; `record` is how one is written. */
export function signatures({ read }: Connections, record: Signatures['record']): Signatures {
  return {
    async find(id) {
      const row = await read.selectFrom('signatures').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toSignature(row)
    },
    async list(accountId, limit, before) {
      let query = read.selectFrom('signatures').selectAll().where('account_id', '=', accountId)
      if (before) query = query.where(sql<boolean>`(created_at, id) < (${before.createdAt.getTime()}, ${before.id})`)
      const rows = query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit)
      return (await rows.execute()).map(toSignature)
    },
    walk: (query) => walkSignatures(read, query, toSignature),
    record,
  }
}
