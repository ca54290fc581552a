import { type SqlBool, sql } from 'kysely'
import type { EnrollmentProof, EnrollmentRight, EnrollmentRights } from '../domain/enrollment-right.ts'
import { ACCOUNT_COLUMNS, type AccountRow, toAccount } from './account.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'
import { inOrder, TURNS } from './gathered.ts'
import { columnsOf, rowOf } from './joined-row.ts'

/** A row of `enrollment_rights`. */
export type EnrollmentRightRow = {
  readonly id: string
  readonly account_id: string
  readonly enrollment_profile_id: string
  readonly kind: EnrollmentProof['kind']
  readonly name: string
  readonly description: string
  readonly passcode_beginning: string | null
  readonly passcode_length: number | null
  readonly passcode_hash: Uint8Array | null
  readonly certificate_id: string | null
  readonly status: EnrollmentRight['status']
  readonly usage_limit: number | null
  readonly number_of_usage: number
  readonly starts_at: number | null
  readonly ends_at: number | null
  /** JSON. */
  readonly registered_values: string
  /** JSON. */
  readonly allowed_networks: string
  readonly created_at: number
  readonly created_by: string | null
}

const COLUMNS = [
  'id',
  'account_id',
  'enrollment_profile_id',
  'kind',
  'name',
  'description',
  'passcode_beginning',
  'passcode_length',
  'passcode_hash',
  'certificate_id',
  'status',
  'usage_limit',
  'number_of_usage',
  'starts_at',
  'ends_at',
  'registered_values',
  'allowed_networks',
  'created_at',
  'created_by',
] as const satisfies readonly (keyof EnrollmentRightRow)[]

function toRight(row: EnrollmentRightRow): EnrollmentRight {
  return {
    id: row.id,
    accountId: row.account_id,
    enrollmentProfileId: row.enrollment_profile_id,
    name: row.name,
    description: row.description,
    proof: toProof(row),
    status: row.status,
    usageLimit: row.usage_limit ?? undefined,
    numberOfUsage: row.number_of_usage,
    startsAt: row.starts_at === null ? undefined : new Date(row.starts_at),
    endsAt: row.ends_at === null ? undefined : new Date(row.ends_at),
    registeredValues: JSON.parse(row.registered_values) as EnrollmentRight['registeredValues'],
    allowedNetworks: JSON.parse(row.allowed_networks) as readonly string[],
    createdAt: new Date(row.created_at),
    createdBy: row.created_by ?? undefined,
  }
}

function toProof(row: EnrollmentRightRow): EnrollmentProof {
  if (row.kind === 'authentication_certificate')
    return { kind: 'authentication_certificate', certificateId: row.certificate_id ?? '' }
  return {
    kind: 'passcode',
    beginning: row.passcode_beginning ?? '',
    length: row.passcode_length ?? 0,
    hash: row.passcode_hash ?? undefined,
  }
}

function toRow(right: EnrollmentRight): EnrollmentRightRow {
  const { proof } = right
  const passcode = proof.kind === 'passcode' ? proof : undefined
  return {
    id: right.id,
    account_id: right.accountId,
    enrollment_profile_id: right.enrollmentProfileId,
    kind: proof.kind,
    name: right.name,
    description: right.description,
    passcode_beginning: passcode?.beginning ?? null,
    passcode_length: passcode?.length ?? null,
    passcode_hash: passcode?.hash ?? null,
    certificate_id: proof.kind === 'authentication_certificate' ? proof.certificateId : null,
    status: right.status,
    usage_limit: right.usageLimit ?? null,
    number_of_usage: right.numberOfUsage,
    starts_at: right.startsAt?.getTime() ?? null,
    ends_at: right.endsAt?.getTime() ?? null,
    registered_values: JSON.stringify(right.registeredValues),
    allowed_networks: JSON.stringify(right.allowedNetworks),
    created_at: right.createdAt.getTime(),
    created_by: right.createdBy ?? null,
  }
}

/** The enrollment rights of a database. */
export function enrollmentRights({ read, write, run, breath }: Connections): EnrollmentRights {
  const holders = async (condition: ReturnType<typeof sql<SqlBool>>) => {
    const { rows } = await sql<Record<string, unknown>>`
      select ${columnsOf('enrollment_rights', COLUMNS)}, ${columnsOf('accounts', ACCOUNT_COLUMNS)}
      from enrollment_rights
      join accounts on accounts.id = enrollment_rights.account_id
      where ${condition}
      order by enrollment_rights.created_at, enrollment_rights.id`.execute(read)
    return rows.map((row) => ({
      right: toRight(rowOf<EnrollmentRightRow>('enrollment_rights', COLUMNS, row)),
      account: toAccount(rowOf<AccountRow>('accounts', ACCOUNT_COLUMNS, row)),
    }))
  }

  const use = inOrder(
    breath,
    async ({ id, time }: { readonly id: string; readonly time: number }) => {
      // One statement: of two that come at once, the second sees what the first has counted.
      const query = sql`
        update enrollment_rights set number_of_usage = number_of_usage + 1
        where id = ${id} and status = 'active'
          and (usage_limit is null or number_of_usage < usage_limit)
          and (starts_at is null or starts_at <= ${time})
          and (ends_at is null or ends_at >= ${time})`
      return (await run(query.compile(write))).numAffectedRows === 1n
    },
    TURNS.enrollmentRights,
  )

  return {
    async find(id) {
      const row = await read.selectFrom('enrollment_rights').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toRight(row)
    },
    async findByPasscodeHash(hash) {
      return (await holders(sql`enrollment_rights.passcode_hash = ${hash}`))[0]
    },
    listOfCertificate: (certificateId) => holders(sql`enrollment_rights.certificate_id = ${certificateId}`),
    async list({ enrollmentProfileId, kind, offset, limit }) {
      const query = read
        .selectFrom('enrollment_rights')
        .where('enrollment_profile_id', '=', enrollmentProfileId)
        .where('kind', '=', kind)
        .where('status', '!=', 'deleted')
      const counted = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
      const rows = await query.selectAll().orderBy('created_at').orderBy('id').limit(limit).offset(offset).execute()
      return { total: Number(counted.total), records: rows.map(toRight) }
    },
    async add(right) {
      const query = write.insertInto('enrollment_rights').values(toRow(right))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'enrollment right', 'id')
    },
    async update(right) {
      const { id, number_of_usage: _, ...row } = toRow(right)
      const query = write.updateTable('enrollment_rights').set(row).where('id', '=', id)
      refuseMissing(await query.executeTakeFirst(), 'enrollment right')
    },
    use: (id, at) => use({ id, time: at.getTime() }),
  }
}
