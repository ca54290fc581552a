import { type RawBuilder, sql } from 'kysely'
import type {
  ApprovalWish,
  CertificateApproval,
  CertificateApprovals,
  CertificateRequestQuery,
  ListedCertificateRequest,
} from '../domain/certificate-approval.ts'
import { COUNTED_CERTIFICATES } from '../domain/device-certificate.ts'
import { CERTIFICATE_REQUEST_COLUMNS, type CertificateRequestRow, toCertificateRequest } from './certificate-request.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'
import { columnsOf, rowOf } from './joined-row.ts'

/** A row of `certificate_approvals`. */
export type CertificateApprovalRow = {
  readonly id: string
  readonly account_id: string
  readonly enrollment_profile_id: string
  readonly device_identifier: string | null
  readonly certificate_id: string | null
  readonly actor_kind: CertificateApproval['actor']['kind']
  readonly actor_id: string
  readonly method: CertificateApproval['method']
  readonly status: CertificateApproval['status']
  readonly key_generation: CertificateApproval['keyGeneration']
  readonly key_type: CertificateApproval['keyType']
  /** JSON. */
  readonly wish: string
  readonly decided_by: string | null
  readonly decided_at: number | null
  readonly reason: string | null
  readonly created_at: number
  readonly ends_at: number
}

function toApproval(row: CertificateApprovalRow): CertificateApproval {
  const wish = JSON.parse(row.wish) as ApprovalWish
  return {
    id: row.id,
    accountId: row.account_id,
    enrollmentProfileId: row.enrollment_profile_id,
    deviceIdentifier: row.device_identifier ?? undefined,
    certificateId: row.certificate_id ?? undefined,
    actor: { kind: row.actor_kind, id: row.actor_id },
    method: row.method,
    status: row.status,
    keyGeneration: row.key_generation,
    keyType: row.key_type,
    wish: { ...wish, csr: wish.csr, registeredValues: wish.registeredValues },
    decision:
      row.decided_by === null || row.decided_at === null
        ? undefined
        : { userId: row.decided_by, at: new Date(row.decided_at), reason: row.reason ?? undefined },
    createdAt: new Date(row.created_at),
    endsAt: new Date(row.ends_at),
  }
}

/** What of an approval changes. */
const changingColumns = ({ status, certificateId, decision, endsAt }: CertificateApproval) => ({
  status,
  certificate_id: certificateId ?? null,
  decided_by: decision?.userId ?? null,
  decided_at: decision?.at.getTime() ?? null,
  reason: decision?.reason ?? null,
  ends_at: endsAt.getTime(),
})

/** As literals, so that SQLite sees that the partial index has them. */
const OPEN = sql<boolean>`certificate_id is null and status in ('PENDING_APPROVAL', 'APPROVED')`

/** The requests of a database that somebody has to approve. */
export function certificateApprovals({ read, write, search = read }: Connections): CertificateApprovals {
  return {
    async find(id) {
      const row = await read.selectFrom('certificate_approvals').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toApproval(row)
    },
    async add(approval) {
      const query = write.insertInto('certificate_approvals').values({
        id: approval.id,
        account_id: approval.accountId,
        enrollment_profile_id: approval.enrollmentProfileId,
        device_identifier: approval.deviceIdentifier ?? null,
        actor_kind: approval.actor.kind,
        actor_id: approval.actor.id,
        method: approval.method,
        key_generation: approval.keyGeneration,
        key_type: approval.keyType,
        wish: JSON.stringify(approval.wish),
        created_at: approval.createdAt.getTime(),
        ...changingColumns(approval),
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'certificate request', 'id')
    },
    async change(approval, from) {
      const query = write
        .updateTable('certificate_approvals')
        .set(changingColumns(approval))
        .where('id', '=', approval.id)
        .where('status', '=', from)
        .where('certificate_id', 'is', null)
      return Number((await query.executeTakeFirst()).numUpdatedRows) > 0
    },
    async listEnded(before, limit) {
      const query = read
        .selectFrom('certificate_approvals')
        .selectAll()
        .where(OPEN)
        .where('ends_at', '<=', before.getTime())
      return (await query.orderBy('ends_at').limit(limit).execute()).map(toApproval)
    },
    async findRequest(accountId, id) {
      const [found] = await described(read, [id])
      return found && (found.request ?? found.approval)?.accountId === accountId ? found : undefined
    },
    async listRequests(query) {
      const parts = matchingRequests(query)
      const most = Math.max(COUNTED_CERTIFICATES, query.offset + query.limit + 1)
      const counted = await sql<{ readonly total: number | string }>`
        select count(*) as total from (${sql.join(
          parts.map((part) => sql`select 1 as one from (${part} limit ${most}) as part`),
          sql` union all `,
        )}) as counted`.execute(search)
      // Each part is cut by its index's own order: to put a million in order takes a second.
      const { rows } = await sql<{ readonly id: string }>`
        select id from (${sql.join(
          parts.map(
            (part) => sql`select id, created_at from (
              ${part} order by created_at desc, id desc limit ${query.offset + query.limit}) as part`,
          ),
          sql` union all `,
        )}) as found order by created_at desc, id desc limit ${query.limit} offset ${query.offset}`.execute(search)
      const total = Math.min(Number(counted.rows[0]?.total ?? 0), most)
      const ids = rows.map(({ id }) => id)
      return { total, isTotalExact: total < most, records: await described(search, ids) }
    },
  }
}

/** Those that nobody had to approve, and those that somebody has to: each is one of the two. */
function matchingRequests(query: CertificateRequestQuery): readonly RawBuilder<unknown>[] {
  const { accountId, status, deviceIdentifier } = query
  const both = [
    sql`account_id = ${accountId}`,
    ...(query.enrollmentProfileId === undefined ? [] : [sql`enrollment_profile_id = ${query.enrollmentProfileId}`]),
    ...(query.actorId === undefined ? [] : [sql`actor_id = ${query.actorId}`]),
    ...(query.createdFrom ? [sql`created_at >= ${query.createdFrom.getTime()}`] : []),
    ...(query.createdUntil ? [sql`created_at < ${query.createdUntil.getTime()}`] : []),
  ]
  const device = (condition: RawBuilder<unknown>): readonly RawBuilder<unknown>[] =>
    deviceIdentifier === undefined ? [] : [condition]
  const issued = sql.join(
    [
      ...both,
      sql`status = 'AUTO_APPROVED'`,
      ...device(
        sql`device_id = (select id from devices where account_id = ${accountId} and identifier = ${deviceIdentifier})`,
      ),
    ],
    sql` and `,
  )
  const approved = sql.join(
    [
      ...both,
      ...(status === undefined ? [] : [sql`status = ${status}`]),
      ...device(sql`device_identifier = ${deviceIdentifier}`),
    ],
    sql` and `,
  )
  return [
    ...(status === undefined || status === 'AUTO_APPROVED'
      ? [sql`select id, created_at from certificate_requests where ${issued}`]
      : []),
    ...(status === 'AUTO_APPROVED' ? [] : [sql`select id, created_at from certificate_approvals where ${approved}`]),
  ]
}

type RequestRow = Record<string, unknown> & { readonly profile_name: string; readonly device_identifier: string | null }

/** The requests of these ids, in their order. */
async function described(
  search: Connections['read'],
  ids: readonly string[],
): Promise<readonly ListedCertificateRequest[]> {
  if (ids.length === 0) return []
  const requested = await sql<RequestRow>`
    select ${columnsOf('certificate_requests', CERTIFICATE_REQUEST_COLUMNS)},
      enrollment_profiles.name as profile_name, devices.identifier as device_identifier
    from certificate_requests
    join enrollment_profiles on enrollment_profiles.id = certificate_requests.enrollment_profile_id
    left join devices on devices.id = certificate_requests.device_id
    where certificate_requests.id in (${sql.join(ids)})`.execute(search)
  const approvals = await sql<CertificateApprovalRow & { readonly profile_name: string }>`
    select certificate_approvals.*, enrollment_profiles.name as profile_name from certificate_approvals
    join enrollment_profiles on enrollment_profiles.id = certificate_approvals.enrollment_profile_id
    where certificate_approvals.id in (${sql.join(ids)})`.execute(search)
  const requestOf = new Map(requested.rows.map((row) => [row.certificate_requests__id, row]))
  const approvalOf = new Map(approvals.rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const [row, approval] = [requestOf.get(id), approvalOf.get(id)]
    const either = row ?? approval
    return either
      ? [
          {
            request:
              row &&
              toCertificateRequest(
                rowOf<CertificateRequestRow>('certificate_requests', CERTIFICATE_REQUEST_COLUMNS, row),
              ),
            approval: approval && toApproval(approval),
            enrollmentProfileName: either.profile_name,
            deviceIdentifier: either.device_identifier ?? undefined,
          },
        ]
      : []
  })
}
